import type { CryptoBackend } from '../crypto/backend.ts';
import { isSoundToken, isToken } from '../crypto/encrypted-value.ts';
import { computeMac, openMac, sameMac } from '../crypto/mac.ts';
import { canonicalOf, decryptValue } from '../crypto/value-cipher.ts';
import { GitSopsError } from '../errors.ts';
import type { LayoutEntry, Plaintext } from '../format/format.ts';
import { aadOf, keysOf, showKeyPath } from '../tree/key-path.ts';
import type { CommentLeaf, Leaf, ValueLeaf } from '../tree/leaf.ts';
import { type LayoutRecord, openLayout } from './layout-record.ts';
import { macAad } from './metadata.ts';
import type { SopsFile } from './sops-file.ts';

/** A token and what it holds, so that an unchanged value can keep its ciphertext. */
export interface OpenedToken {
  readonly aad: string;
  readonly token: string;
  readonly value: Plaintext;
}

/** A decrypted file whose every tag and whose MAC have been verified. */
export interface Opened {
  readonly file: SopsFile;
  readonly dataKey: Uint8Array;
  /** The plaintext file, in the layout of the encrypted one. */
  readonly bytes: Uint8Array;
  readonly tokens: readonly OpenedToken[];
  /** The verified MAC: upper-case hex of a SHA-512. */
  readonly mac: string;
  readonly layout: LayoutRecord | null;
}

/**
 * Decrypts and verifies a file as sops does, and puts the plaintext into the file's own layout.
 * @throws GitSopsError `broken-tag`, `not-encrypted` or `broken-mac`; nothing of the file is released then.
 */
export function openFile(file: SopsFile, dataKey: Uint8Array, backend: CryptoBackend): Opened {
  const { metadata, view } = file;
  const tokens: OpenedToken[] = [];
  const values = new Map<Leaf, Plaintext>();
  const macParts: (string | Uint8Array)[] = [];

  for (const leaf of view.leaves) {
    if (leaf.kind === 'comment') continue;
    if (!leaf.selected) {
      if (!metadata.macOnlyEncrypted && leaf.type !== 'null') macParts.push(leaf.canonical);
      continue;
    }
    if (leaf.type === 'null' || leaf.plaintext.length === 0) continue;
    const opened = openValue(leaf, dataKey, backend);
    values.set(leaf, opened.value);
    tokens.push(opened);
    macParts.push(canonicalOf(opened.value.type as ValueLeaf['type'], opened.value.plaintext));
  }

  const mac = computeMac(backend, macParts, metadata.macOnlyEncrypted);
  const claimed = openMac(backend, dataKey, metadata.mac, macAad(metadata.lastModified));
  if (claimed === null || !sameMac(claimed, mac)) throw new GitSopsError('broken-mac');

  const layout = metadata.layout === null ? null : openLayout(backend, dataKey, metadata.layout);
  const bytes = view.open({
    layout: layout?.entries ?? ([] as LayoutEntry[]),
    plaintext(leaf) {
      const value = values.get(leaf);
      if (value !== undefined) return value;
      if (leaf.kind !== 'comment') return null;
      const comment = openComment(leaf, dataKey, backend);
      if (comment !== null) tokens.push(comment);
      return comment?.value ?? null;
    },
  });
  return { file, dataKey, bytes, tokens, mac, layout };
}

function openValue(leaf: ValueLeaf, dataKey: Uint8Array, backend: CryptoBackend): OpenedToken {
  const place = { line: leaf.line, column: leaf.column, keyPath: showKeyPath(leaf.path) };
  const token = leaf.plaintext;
  if (typeof token !== 'string' || !isToken(token)) throw new GitSopsError('not-encrypted', place);
  const aad = aadOf(leaf.path);
  let value: Plaintext | null;
  try {
    value = decryptValue(backend, dataKey, aad, token);
  } catch (error) {
    throw error instanceof GitSopsError ? error.with(place) : error;
  }
  // The tag does not cover the type: a value that claims to be a comment would slip out of the MAC.
  if (value === null || value.type === 'comment') throw new GitSopsError('broken-tag', place);
  return { aad, token, value };
}

/**
 * Hand edits and merges move comments, and with them the path that go-yaml files them under. sops leaves such a
 * comment as ciphertext; here each enclosing path is tried as well.
 */
function openComment(leaf: CommentLeaf, dataKey: Uint8Array, backend: CryptoBackend): OpenedToken | null {
  const token = leaf.plaintext;
  if (!isSoundToken(token)) return null;
  const keys = keysOf(leaf.path);
  for (let depth = keys.length; depth >= 0; depth--) {
    const aad = aadOf(keys.slice(0, depth));
    const value = decryptValue(backend, dataKey, aad, token);
    if (value?.type === 'comment') return { aad, token, value };
  }
  return null;
}
