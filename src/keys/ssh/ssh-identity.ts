import { type AgeFile, AgeFileError, openPayload } from '../age/age-file.ts';
import type { Identity } from '../identity.ts';
import { type SshPublicKey, showSshPublicKey } from './public-key.ts';
import { isForSshKey, type SshSecret, unwrapBySshKey } from './ssh-stanza.ts';

/** An SSH key as an identity. Its private side is asked for when a file is for it, and once. */
export class SshIdentity implements Identity {
  readonly kind = 'ssh';
  readonly asks: boolean;
  readonly #publicKey: SshPublicKey;
  readonly #unlock: () => Promise<SshSecret>;
  #secret: Promise<SshSecret> | null = null;

  /** @param asks whether `unlock` may ask the user */
  constructor(publicKey: SshPublicKey, asks: boolean, unlock: () => Promise<SshSecret>) {
    this.#publicKey = publicKey;
    this.asks = asks;
    this.#unlock = unlock;
  }

  async recipient(): Promise<string> {
    return showSshPublicKey(this.#publicKey);
  }

  async open(file: AgeFile): Promise<Uint8Array | null> {
    const stanza = file.stanzas.find((one) => isForSshKey(this.#publicKey, one));
    if (stanza === undefined) return null;
    this.#secret ??= this.#unlock();
    const secret = await this.#secret;
    if (secret.type !== this.#publicKey.type) throw new AgeFileError('its SSH key is of another type');
    return openPayload(file, await unwrapBySshKey(this.#publicKey, secret, stanza));
  }
}
