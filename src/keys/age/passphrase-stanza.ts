import { scrypt } from 'node:crypto';
import { promisify } from 'node:util';
import { WrongPassphrase } from '../terminal/terminal.ts';
import { decodeUnpadded, FILE_KEY_LENGTH } from './age-file.ts';
import { open } from './age-primitives.ts';

/** age's scrypt recipient type (the spec's "The scrypt recipient type", filippo.io/age scrypt.go). */
const label = 'age-encryption.org/v1/scrypt';
/** Binary logarithm; age's own limit: fifteen seconds and four gigabytes. */
const mostWork = 22;
const nonce = new Uint8Array(12);

/** For `age-encryption`, whose own scrypt is portable, slow, and stops at less work than age does. */
export class PassphraseStanza {
  readonly #passphrase: string;

  constructor(passphrase: string) {
    this.#passphrase = passphrase;
  }

  /** @throws WrongPassphrase; Error for what no passphrase opens */
  async unwrapFileKey(stanzas: readonly { readonly args: string[]; readonly body: Uint8Array }[]): Promise<Uint8Array> {
    const [only] = stanzas;
    if (only === undefined || stanzas.length > 1 || only.args[0] !== 'scrypt') {
      throw new Error('it is encrypted, but not with a passphrase');
    }
    const [, salt = '', work = ''] = only.args;
    const saltBytes = decodeUnpadded(salt);
    if (only.args.length !== 3 || saltBytes.length !== 16 || !/^[1-9]\d?$/.test(work)) throw new Error('it is broken');
    if (Number(work) > mostWork) throw new Error('its passphrase would take too much work');
    if (only.body.length !== FILE_KEY_LENGTH + 16) throw new Error('it is broken');
    const N = 2 ** Number(work);
    const options = { N, r: 8, p: 1, maxmem: 1024 * N + (1 << 20) };
    const key = await derive(this.#passphrase, Buffer.concat([Buffer.from(label), saltBytes]), options);
    const fileKey = await open(new Uint8Array(key), nonce, only.body);
    if (fileKey === null) throw new WrongPassphrase('the passphrase is wrong');
    return fileKey;
  }
}

const derive = promisify<string, Uint8Array, { N: number; r: number; p: number; maxmem: number }, Buffer>(
  (passphrase, salt, options, done) => scrypt(passphrase, salt, 32, options, done),
);
