import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { CryptoBackend } from './backend.ts';

const authTagLength = 16;

/** `node:crypto`, for Node and Bun. */
export const nodeBackend: CryptoBackend = {
  encrypt(key, nonce, aad, plaintext) {
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength });
    cipher.setAAD(aad);
    // GCM is a stream mode: update gives all of it, and what final gives is empty.
    const data = cipher.update(plaintext);
    cipher.final();
    return { data, tag: cipher.getAuthTag() };
  },

  decrypt(key, nonce, aad, data, tag) {
    // With a shorter tag node:crypto would compare only as much as there is.
    if (tag.length !== authTagLength) return null;
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength });
    decipher.setAAD(aad);
    decipher.setAuthTag(tag);
    const plaintext = decipher.update(data);
    try {
      decipher.final();
    } catch {
      plaintext.fill(0);
      return null;
    }
    return plaintext;
  },

  sha512(chunks) {
    const hash = createHash('sha512');
    for (const chunk of chunks) hash.update(chunk);
    return hash.digest();
  },

  randomBytes(length) {
    return randomBytes(length);
  },
};
