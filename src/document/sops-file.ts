import { GitSopsError } from '../errors.ts';
import { formatNameOf, loadFormat } from '../format/by-path.ts';
import type { Format, FormatName, Parsed, View } from '../format/format.ts';
import { prepareLinear } from '../tree/re2.ts';
import { selectsOf } from '../tree/selector.ts';
import { isMetadata, type Metadata, parseMetadata } from './metadata.ts';

/** A file that carries sops metadata, parsed but not yet decrypted or believed. */
export interface SopsFile {
  readonly format: Format;
  readonly parsed: Parsed;
  readonly metadata: Metadata;
  /** The leaves as the file's own selector sees them. */
  readonly view: View;
}

/** The metadata entry of an encrypted file that holds an unresolved conflict, markers and all. */
export const conflictEntry = 'git_sops_conflict';

/** By its bytes alone: false is certain, true nearly so. */
export function isConflictBlob(source: Uint8Array): boolean {
  return holds(source, `"${conflictEntry}"`);
}

export function isConflict({ metadata }: SopsFile): boolean {
  return metadata.other[conflictEntry] !== undefined;
}

/** A file at a path: either encrypted, or plaintext that parses in its format. */
export type Content =
  | { readonly kind: 'encrypted'; readonly file: SopsFile }
  | { readonly kind: 'plaintext'; readonly format: Format; readonly parsed: Parsed };

/**
 * Parses a file in the format of its name. An envelope that sops wrote with `--input-type binary` under another name
 * (`.dockerconfigjson`, a misnamed `.env`) is recognised too.
 * @param name the format, where somebody says it
 * @throws GitSopsError where the file does not parse, or claims metadata that nobody could use.
 */
export async function readContent(
  path: string,
  source: Uint8Array,
  name: FormatName = formatNameOf(path),
): Promise<Content> {
  const conflict = isConflictBlob(source) ? await readConflict(source) : null;
  if (conflict !== null) return { kind: 'encrypted', file: conflict };
  const format = await loadFormat(name);
  let parsed: Parsed;
  try {
    parsed = format.parse(source);
  } catch (error) {
    const envelope = await readEnvelope(format.name, source);
    if (envelope !== null) return envelope;
    throw error;
  }
  if (parsed.metadata === null) return { kind: 'plaintext', format, parsed };
  if (!isMetadata(parsed.metadata)) throw new GitSopsError('sops-key-in-plaintext');
  return { kind: 'encrypted', file: await sopsFileOf(format, parsed) };
}

/** The same, for what must be encrypted: null where it is plaintext or does not parse as a sops file. */
export async function readSopsFile(path: string, source: Uint8Array): Promise<SopsFile | null> {
  if (!mayBeEncrypted(source)) return null;
  const content = await readContent(path, source);
  return content.kind === 'encrypted' ? content.file : null;
}

/** Cheap: every file that sops wrote holds its MAC as a token. False is certain, true is not. */
export function mayBeEncrypted(source: Uint8Array): boolean {
  return holds(source, 'ENC[AES256_GCM,');
}

function holds(source: Uint8Array, text: string): boolean {
  return Buffer.from(source.buffer, source.byteOffset, source.byteLength).includes(text);
}

/** Whatever its path, an unresolved conflict is a binary file of sops. */
async function readConflict(source: Uint8Array): Promise<SopsFile | null> {
  const format = await loadFormat('binary');
  const parsed = format.parse(source);
  if (parsed.metadata === null || !isMetadata(parsed.metadata)) return null;
  const file = await sopsFileOf(format, parsed);
  return isConflict(file) ? file : null;
}

async function readEnvelope(tried: FormatName, source: Uint8Array): Promise<Content | null> {
  if (tried === 'binary' || tried === 'json' || !mayBeEncrypted(source)) return null;
  const format = await loadFormat('binary');
  const parsed = format.parse(source);
  if (parsed.metadata === null || !isMetadata(parsed.metadata)) return null;
  return { kind: 'encrypted', file: await sopsFileOf(format, parsed) };
}

/** A parsed file with metadata that is one: the caller has asked `isMetadata`. */
export async function sopsFileOf(format: Format, parsed: Parsed): Promise<SopsFile> {
  const metadata = parseMetadata(parsed.metadata ?? {});
  await prepareLinear(metadata.selector.value);
  return { format, parsed, metadata, view: parsed.view(selectsOf(metadata.selector)) };
}
