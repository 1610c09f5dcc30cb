import { GitSopsError } from '../../errors.ts';
import type { MetadataTree } from '../format.ts';
import { type Base, insertMetadata, metadataMember, replaceMetadata } from '../json/metadata-block.ts';
import { treeOfObject } from '../json/metadata-node.ts';
import { type JsonObject, type JsonScalar, scanJson } from '../json/scan.ts';
import { decodeText } from '../source-text.ts';
import { applySplices } from '../splice.ts';

/** sops's JSON object around a binary file: `data`, and `sops` with the metadata. */
export interface Envelope extends Base {
  readonly data: JsonScalar & { readonly kind: 'string' };
  readonly metadata: MetadataTree;
}

/** What sops writes for an empty file, but for the metadata. */
const bare = '{\n\t"data": ""\n}\n';

/**
 * Null for a file that is no envelope: then it is plaintext, whatever it looks like.
 * @throws GitSopsError `invalid-binary` for one with further entries, which would be lost
 */
export function readEnvelope(source: Uint8Array): Envelope | null {
  const object = readObject(source);
  if (object === null) return null;
  const { text, root } = object;
  const data = root.members.find(({ key }) => key === 'data')?.value;
  const sops = metadataMember(root)?.value;
  if (data?.kind !== 'string' || sops?.kind !== 'object') return null;
  const metadata = treeOfObject(sops);
  const { mac } = metadata;
  if (typeof mac !== 'string') return null;
  const other = root.members.find(({ key, value }) => value !== data && key !== 'sops');
  if (other !== undefined) {
    const { line, column } = other.value;
    throw new GitSopsError('invalid-binary', { line, column, detail: 'it has entries besides data and sops' });
  }
  return { text, root, data, metadata };
}

/** The envelope's text: in sops's own layout, or in that of the envelope that it follows. */
export function writeEnvelope(data: string, metadata: MetadataTree, like: Envelope | null): string {
  const token = `"${data}"`;
  if (like !== null) {
    const { start, end } = like.data;
    return applySplices(like.text, [{ start, end, text: token }, replaceMetadata(like, metadata)]);
  }
  const at = bare.indexOf('""');
  const metadataSplice = insertMetadata(bare, scanJson(bare), metadata, null);
  return applySplices(bare, [{ start: at, end: at + 2, text: token }, metadataSplice]);
}

function readObject(source: Uint8Array): { text: string; root: JsonObject } | null {
  if (!inBraces(source)) return null;
  try {
    const text = decodeText(source);
    return { text, root: scanJson(text) };
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

/** Spares nearly every binary file the attempt to read it as JSON. */
function inBraces(source: Uint8Array): boolean {
  let first = 0;
  let last = source.length - 1;
  while (isSpace(source[first])) first++;
  while (isSpace(source[last])) last--;
  return source[first] === 0x7b && source[last] === 0x7d;
}

function isSpace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0a || byte === 0x0d;
}
