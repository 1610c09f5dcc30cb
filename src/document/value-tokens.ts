import { isToken } from '../crypto/encrypted-value.ts';
import { showKeyPath } from '../tree/key-path.ts';
import { readSopsFile } from './sops-file.ts';

/** An encrypted value as it stands in the blob. No two encryptions give the same token, so it names the value's version. */
export interface ValueToken {
  /** As `showKeyPath` shows it. */
  readonly keyPath: string;
  /** From 0. */
  readonly document: number;
  readonly token: string;
}

/** The encrypted values of a blob in its order; empty for a plaintext file. Needs no key. @throws GitSopsError */
export async function valueTokens(path: string, blob: Uint8Array): Promise<ValueToken[]> {
  const file = await readSopsFile(path, blob);
  return (file?.view.leaves ?? []).flatMap((leaf) => {
    const { plaintext: token, document } = leaf;
    if (leaf.kind !== 'value' || typeof token !== 'string' || !isToken(token)) return [];
    return [{ keyPath: showKeyPath(leaf.path), document, token }];
  });
}

/**
 * Whether one blob holds nothing of another's ciphertexts and none of its wrapped data keys either: everything was encrypted
 * anew, which says nothing about which values changed.
 */
export function isReencryption(before: Uint8Array, after: Uint8Array): boolean {
  const old = sealedParts(before);
  return old.size > 0 && ![...sealedParts(after)].some((part) => old.has(part));
}

/** Tokens, and the lines of armored data keys; what other key services give is long base64 as well. Recipients only look so. */
function sealedParts(blob: Uint8Array): Set<string> {
  const text = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength).toString('latin1');
  // No token holds a bracket: without that, each beginning would look for an end in all that follows.
  const parts = text.match(/ENC\[AES256_GCM,[^\][]*\]|[A-Za-z0-9+/]{48,}={0,2}/g) ?? [];
  return new Set(parts.filter((part) => !part.startsWith('age1')));
}
