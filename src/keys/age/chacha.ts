import { createCipheriv, createDecipheriv } from 'node:crypto';

/** ChaCha20-Poly1305 (RFC 8439): a key of 32 bytes, a nonce of 12. */
export interface Chacha {
  /** @returns the ciphertext, with its tag of 16 bytes behind it */
  seal(key: Uint8Array, nonce: Uint8Array, plaintext: Uint8Array): Promise<Uint8Array>;
  /** Null when the tag does not verify. */
  open(key: Uint8Array, nonce: Uint8Array, sealed: Uint8Array): Promise<Uint8Array | null>;
}

const tagLength = 16;

let chosen: Promise<Chacha> | null = null;

/**
 * The fastest that the runtime has; all give the same bytes. Bun's `node:crypto` has no such cipher, but its WebCrypto has; with Node 20
 * it is the other way round. OpenSSL may be built without it, or a policy may forbid it: @noble's always works, and takes ten times
 * as long.
 */
export function chacha(): Promise<Chacha> {
  chosen ??= choose();
  return chosen;
}

async function choose(): Promise<Chacha> {
  for (const way of ['native', 'web'] as const) if (await works(implementations[way])) return implementations[way];
  return implementations.noble;
}

async function works(one: Chacha): Promise<boolean> {
  // A quick look: an attempt that fails costs Bun a millisecond.
  if (one === implementations.native && process.versions['bun'] !== undefined) return false;
  try {
    await one.seal(new Uint8Array(32), new Uint8Array(12), new Uint8Array(1));
    return true;
  } catch {
    return false;
  }
}

const native = 'chacha20-poly1305';
/** WebCrypto's newer names, which its types do not have yet. */
const web = 'ChaCha20-Poly1305';
const rawSecret = 'raw-secret' as 'raw';

const importKey = (key: Uint8Array) => crypto.subtle.importKey(rawSecret, key, web, false, ['encrypt', 'decrypt']);

export const implementations = {
  native: {
    async seal(key, nonce, plaintext) {
      const cipher = createCipheriv(native, key, nonce, { authTagLength: tagLength });
      const sealed = cipher.update(plaintext);
      // A stream cipher: update gives all of it.
      cipher.final();
      return new Uint8Array(Buffer.concat([sealed, cipher.getAuthTag()]));
    },
    async open(key, nonce, sealed) {
      const decipher = createDecipheriv(native, key, nonce, { authTagLength: tagLength });
      if (sealed.length < tagLength) return null;
      decipher.setAuthTag(sealed.subarray(-tagLength));
      const plaintext = decipher.update(sealed.subarray(0, -tagLength));
      try {
        decipher.final();
      } catch {
        plaintext.fill(0);
        return null;
      }
      return new Uint8Array(plaintext);
    },
  },
  web: {
    async seal(key, iv, plaintext) {
      const algorithm = { name: web, iv, tagLength: 8 * tagLength };
      return new Uint8Array(await crypto.subtle.encrypt(algorithm, await importKey(key), plaintext));
    },
    async open(key, iv, sealed) {
      const imported = await importKey(key);
      try {
        const algorithm = { name: web, iv, tagLength: 8 * tagLength };
        return new Uint8Array(await crypto.subtle.decrypt(algorithm, imported, sealed));
      } catch {
        return null;
      }
    },
  },
  noble: {
    async seal(key, nonce, plaintext) {
      const { chacha20poly1305 } = await import('@noble/ciphers/chacha.js');
      return chacha20poly1305(key, nonce).encrypt(plaintext);
    },
    async open(key, nonce, sealed) {
      const { chacha20poly1305 } = await import('@noble/ciphers/chacha.js');
      try {
        return chacha20poly1305(key, nonce).decrypt(sealed);
      } catch {
        return null;
      }
    },
  },
} as const satisfies Record<string, Chacha>;
