import { gcm } from '@noble/ciphers/aes.js';
import { sha512 } from '@noble/hashes/sha2.js';
import type { CryptoBackend } from './backend.ts';

const tagLength = 16;

/** @noble/ciphers and @noble/hashes, for browsers, Deno and edge runtimes. Slower, and needs nothing but WebCrypto's CSPRNG. */
export const nobleBackend: CryptoBackend = {
  encrypt(key, nonce, aad, plaintext) {
    const sealed = gcm(key, nonce, aad).encrypt(plaintext);
    const end = sealed.length - tagLength;
    return { data: sealed.subarray(0, end), tag: sealed.subarray(end) };
  },

  decrypt(key, nonce, aad, data, tag) {
    if (tag.length !== tagLength) return null;
    const sealed = new Uint8Array(data.length + tagLength);
    sealed.set(data);
    sealed.set(tag, data.length);
    const cipher = gcm(key, nonce, aad);
    try {
      return cipher.decrypt(sealed);
    } catch {
      return null;
    }
  },

  sha512(chunks) {
    const hash = sha512.create();
    const utf8 = new TextEncoder();
    for (const chunk of chunks) hash.update(typeof chunk === 'string' ? utf8.encode(chunk) : chunk);
    return hash.digest();
  },

  randomBytes(length) {
    const bytes = new Uint8Array(length);
    // WebCrypto gives at most 65,536 bytes a call.
    for (let at = 0; at < length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
    return bytes;
  },
};
