import type { SshPublicKey } from './public-key.ts';
import type { SshSecret } from './ssh-stanza.ts';

/** A private key's file. */
export interface SshKeyFile {
  /** Null where it is encrypted along with the private one; then it may stand in a `.pub` file. */
  readonly publicKey: SshPublicKey | null;
  readonly encrypted: boolean;
  /** @throws SshKeyError; `WrongPassphrase` */
  open(passphrase: string | null): Promise<SshKeyPair>;
}

export interface SshKeyPair {
  readonly publicKey: SshPublicKey;
  readonly secret: SshSecret;
}
