import type { CryptoBackend } from './backend.ts';
import { decryptValue, encryptValue } from './value-cipher.ts';

/** sops.go, MACOnlyEncryptedInitialization: makes the two kinds of MAC differ for equal values. */
const onlyEncryptedStart = '8a3fd2ad54ce66527b1034f3d147be0b0b975b3bf44f72c6fdadec8176f27d69';

/**
 * sops's MAC before it is sealed: SHA-512 over the canonical text of every value in the order of the tree, with nothing between.
 * @param parts every value, or with `onlyEncrypted` (metadata `mac_only_encrypted`) the selected ones; never a comment
 * @returns upper-case hex, 128 characters
 */
export function computeMac(
  backend: CryptoBackend,
  parts: Iterable<Uint8Array | string>,
  onlyEncrypted: boolean,
): string {
  return hex(backend.sha512(onlyEncrypted ? [bytesOf(onlyEncryptedStart), ...parts] : parts)).toUpperCase();
}

/**
 * The token for the metadata's `mac`.
 * @param lastModified the metadata's `lastmodified` as sops formats it (RFC 3339 without a fraction); it is the AAD
 */
export function sealMac(backend: CryptoBackend, dataKey: Uint8Array, mac: string, lastModified: string): string {
  return encryptValue(backend, dataKey, lastModified, { type: 'str', plaintext: mac });
}

/**
 * The MAC that the metadata claims; null when it does not verify.
 * @throws GitSopsError `broken-token` where `mac` is no token
 */
export function openMac(
  backend: CryptoBackend,
  dataKey: Uint8Array,
  token: string,
  lastModified: string,
): string | null {
  const opened = decryptValue(backend, dataKey, lastModified, token);
  return opened?.type === 'str' && typeof opened.plaintext === 'string' ? opened.plaintext : null;
}

/** Compares in a time that depends on the lengths alone. */
export function sameMac(a: string, b: string): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a.charCodeAt(i) ^ b.charCodeAt(i);
  return difference === 0;
}

function hex(bytes: Uint8Array): string {
  if (typeof Buffer !== 'undefined')
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex');
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
