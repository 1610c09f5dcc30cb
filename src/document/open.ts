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
import type { OpenedToken, VerifiedTokens } from './verified-tokens.ts';

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

interface OpenOptions {
  /** For who asks for it by name: each value's own tag is verified all the same. */
  readonly ignoreMac?: boolean;
  /** What another version under the same data key has shown already. */
  readonly verified?: VerifiedTokens;
}

type Decrypt = (aad: string, token: string) => Plaintext | null;

/**
 * Decrypts and verifies a file as sops does, and puts the plaintext into the file's own layout.
 * @throws GitSopsError `broken-tag`, `not-encrypted` or `broken-mac`; nothing of the file is released then.
 */
export function openFile(
  file: SopsFile,
  dataKey: Uint8Array,
  backend: CryptoBackend,
  { ignoreMac = false, verified: known }: OpenOptions = {},
): Opened {
  const { metadata, view } = file;
  const decrypt: Decrypt = (aad, token) => known?.get(aad, token) ?? decryptValue(backend, dataKey, aad, token);
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
    const opened = openValue(leaf, decrypt);
    values.set(leaf, opened.value);
    tokens.push(opened);
    macParts.push(at(leaf, () => canonicalOf(opened.value.type, opened.value.plaintext)));
  }

  const mac = computeMac(backend, macParts, metadata.macOnlyEncrypted);
  const claimed = claimedMac(file, dataKey, backend);
  const verified = claimed !== null && sameMac(claimed, mac);
  if (!verified && !ignoreMac) throw new GitSopsError('broken-mac');

  const layout = metadata.layout === null ? null : openLayout(backend, dataKey, metadata.layout);
  const bytes = view.open({
    layout: layout?.entries ?? ([] as LayoutEntry[]),
    plaintext(leaf) {
      const value = values.get(leaf);
      if (value !== undefined) return value;
      if (leaf.kind !== 'comment') return null;
      const comment = openComment(leaf, decrypt);
      if (comment !== null) tokens.push(comment);
      return comment?.value ?? null;
    },
  });
  // A MAC that does not hold is none to be kept by who writes the file again.
  return { file, dataKey, bytes, tokens, mac: verified ? mac : '', layout };
}

/** Null for one that does not open: whatever is wrong with it, the file does not match it. */
function claimedMac({ metadata }: SopsFile, dataKey: Uint8Array, backend: CryptoBackend): string | null {
  try {
    return openMac(backend, dataKey, metadata.mac, macAad(metadata.lastModified));
  } catch (error) {
    if (error instanceof GitSopsError && error.code === 'broken-token') return null;
    throw error;
  }
}

function openValue(leaf: ValueLeaf, decrypt: Decrypt): OpenedToken {
  const token = leaf.plaintext;
  if (typeof token !== 'string' || !isToken(token)) throw new GitSopsError('not-encrypted', placeOf(leaf));
  const aad = aadOf(leaf.path);
  const value = at(leaf, () => decrypt(aad, token));
  // The tag does not cover the type: a value that claims to be a comment would slip out of the MAC.
  if (value === null || value.type === 'comment') throw new GitSopsError('broken-tag', placeOf(leaf));
  return { aad, token, value };
}

/** What is wrong with a value is told with its place. */
function at<T>(leaf: ValueLeaf, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof GitSopsError ? error.with(placeOf(leaf)) : error;
  }
}

function placeOf({ line, column, path }: ValueLeaf) {
  return { line, column, keyPath: showKeyPath(path) };
}

/**
 * Hand edits and merges move comments, and with them the path that go-yaml files them under. sops leaves such a
 * comment as ciphertext; here each enclosing path is tried as well.
 */
function openComment(leaf: CommentLeaf, decrypt: Decrypt): OpenedToken | null {
  const token = leaf.plaintext;
  if (!isSoundToken(token)) return null;
  const keys = keysOf(leaf.path);
  for (let depth = keys.length; depth >= 0; depth--) {
    const aad = aadOf(keys.slice(0, depth));
    const value = decrypt(aad, token);
    if (value?.type === 'comment') return { aad, token, value };
  }
  return null;
}
