declare module 'bcrypt-pbkdf' {
  /** Fills `key`. @returns 0, or -1 for an empty passphrase or salt and the like */
  function pbkdf(
    passphrase: Uint8Array,
    passphraseLength: number,
    salt: Uint8Array,
    saltLength: number,
    key: Uint8Array,
    keyLength: number,
    rounds: number,
  ): number;
  const bcrypt: { readonly pbkdf: typeof pbkdf };
  export default bcrypt;
}
