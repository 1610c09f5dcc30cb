import { hkdfSync } from 'node:crypto';
import { chacha } from './chacha.ts';

/** HKDF-SHA-256 to 32 bytes, with which age makes each of its keys. */
export function deriveKey(secret: Uint8Array, salt: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, label, 32));
}

/** ChaCha20-Poly1305. @returns the ciphertext, with its tag of 16 bytes behind it */
export async function seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array> {
  return (await chacha()).seal(key, nonce, plaintext);
}

/** Null when the tag does not verify. */
export async function open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | null> {
  return (await chacha()).open(key, nonce, sealed);
}
