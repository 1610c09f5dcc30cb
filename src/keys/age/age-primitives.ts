import { createCipheriv, createDecipheriv, hkdfSync } from 'node:crypto';
import { chacha20poly1305 } from '@noble/ciphers/chacha.js';

/** HKDF-SHA-256 to 32 bytes, with which age makes each of its keys. */
export function deriveKey(secret: Uint8Array, salt: Uint8Array, label: string): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret, salt, label, 32));
}

const name = 'chacha20-poly1305';
const authTagLength = 16;

/** Bun's `node:crypto` has no ChaCha20-Poly1305, and @noble's takes ten times as long as Node's. */
let isNative = process.versions['bun'] === undefined;

/** ChaCha20-Poly1305. */
export function seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
  const cipher = native(() => createCipheriv(name, key, nonce, { authTagLength }));
  if (cipher === null) return chacha20poly1305(key, nonce).encrypt(plaintext);
  const sealed = cipher.update(plaintext);
  // A stream cipher: update gives all of it.
  cipher.final();
  return new Uint8Array(Buffer.concat([sealed, cipher.getAuthTag()]));
}

/** Null when the tag does not verify. */
export function open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Uint8Array | null {
  if (sealed.length < authTagLength) return null;
  const decipher = native(() => createDecipheriv(name, key, nonce, { authTagLength }));
  try {
    if (decipher === null) return chacha20poly1305(key, nonce).decrypt(sealed);
    decipher.setAuthTag(sealed.subarray(-authTagLength));
    const plaintext = decipher.update(sealed.subarray(0, -authTagLength));
    decipher.final();
    return new Uint8Array(plaintext);
  } catch {
    return null;
  }
}

/** Null where the runtime has no such cipher: OpenSSL may be built without it, or a policy may forbid it. */
function native<T>(create: () => T): T | null {
  if (!isNative) return null;
  try {
    return create();
  } catch {
    isNative = false;
    return null;
  }
}
