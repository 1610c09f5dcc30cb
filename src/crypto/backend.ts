/**
 * The ciphers and hashes that the sops format needs, behind one small interface: `node:crypto` for the command line,
 * `@noble/ciphers` and `@noble/hashes` wherever Node's built-ins are missing.
 */
export interface CryptoBackend {
  /**
   * AES-256-GCM.
   * @param key 32 bytes
   * @param nonce 32 bytes in what sops writes; other lengths (8 to 128 bytes) occur in old files
   * @returns ciphertext of the plaintext's length, and a 16-byte tag
   */
  encrypt(
    key: Uint8Array,
    nonce: Uint8Array,
    aad: Uint8Array,
    plaintext: Uint8Array,
  ): { data: Uint8Array; tag: Uint8Array };
  /**
   * @param tag 16 bytes; a shorter one never verifies
   * @returns the plaintext, or null when the tag does not verify. Nothing is released before the tag is verified.
   */
  decrypt(key: Uint8Array, nonce: Uint8Array, aad: Uint8Array, data: Uint8Array, tag: Uint8Array): Uint8Array | null;
  /** SHA-512 over the chunks in order, strings as UTF-8; 64 bytes. */
  sha512(chunks: Iterable<Uint8Array | string>): Uint8Array;
  /** From the system's CSPRNG. */
  randomBytes(length: number): Uint8Array;
}
