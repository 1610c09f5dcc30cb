/** Other tools whose whole-file ciphertext is known by its form. */
export type ForeignTool = 'git-crypt' | 'transcrypt' | 'Ansible Vault';

/**
 * Which tool encrypted a file; null for all else. Strict, so that no plaintext passes for one by its first letters: Base64 or
 * hexadecimal to the end, but for git-crypt, whose ciphertext may be any bytes.
 */
export function foreignTool(content: Uint8Array): ForeignTool | null {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  // A header of ten bytes and a nonce of twelve.
  if (bytes.length >= 22 && bytes.toString('latin1', 0, 10) === '\0GITCRYPT\0') return 'git-crypt';
  const start = bytes.toString('latin1', 0, 40);
  // "Salted__" in Base64, as openssl writes it; then the salt and whole blocks.
  if (start.startsWith('U2FsdGVkX1')) {
    const text = bytes.toString('latin1').replace(/\r?\n/g, '');
    const whole = /^[A-Za-z0-9+/]+={0,2}$/.test(text) && Buffer.from(text, 'base64').length % 16 === 0;
    return whole ? 'transcrypt' : null;
  }
  if (start.startsWith('$ANSIBLE_VAULT;')) {
    return /^\$ANSIBLE_VAULT;1\.[12];AES256(?:;[\w.@-]+)?\r?\n[0-9a-f\r\n]+$/.test(bytes.toString('latin1'))
      ? 'Ansible Vault'
      : null;
  }
  return null;
}
