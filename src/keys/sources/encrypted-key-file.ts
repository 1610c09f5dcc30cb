import { GitSopsError } from '../../errors.ts';
import type { AgeFile } from '../age/age-file.ts';
import { PassphraseStanza } from '../age/passphrase-stanza.ts';
import type { Identity } from '../identity.ts';
import type { KeyContext } from '../key-context.ts';
import { parseIdentities } from '../parse-identities.ts';
import { WrongPassphrase, withPassphrase } from '../terminal/terminal.ts';

/** A key file behind a passphrase (`age-keygen | age -p`). It asks when a file might be for one of its keys, and once. */
export class EncryptedKeyFile implements Identity {
  readonly kind = 'encrypted';
  readonly asks = true;
  readonly hidden: string;
  readonly #content: Buffer;
  readonly #source: string;
  readonly #context: KeyContext;
  #identities: Promise<readonly Identity[]> | null = null;

  constructor(content: Buffer, source: string, context: KeyContext) {
    this.hidden = `the key file ${source}, behind a passphrase`;
    this.#content = content;
    this.#source = source;
    this.#context = context;
  }

  async recipient(): Promise<null> {
    return null;
  }

  async open(file: AgeFile): Promise<Uint8Array | null> {
    // age's own keys are all that sops reads out of such a file, and a question for nothing is worse than none.
    if (!file.stanzas.some(({ args: [type] }) => type !== undefined && !type.startsWith('ssh-'))) return null;
    this.#identities ??= this.#unlock();
    for (const identity of await this.#identities) {
      const opened = await identity.open(file);
      if (opened !== null) return opened;
    }
    return null;
  }

  async #unlock(): Promise<readonly Identity[]> {
    const source = this.#source;
    const unusable = (other: string) => new GitSopsError('unusable-key-file', { detail: source, other });
    const text = await withPassphrase(this.#context.terminal, `the key file ${source}`, async (passphrase) => {
      try {
        return await decrypt(this.#content, passphrase);
      } catch (error) {
        throw error instanceof WrongPassphrase
          ? error
          : unusable(error instanceof Error ? error.message : 'it is broken');
      }
    });
    const { identities, problems } = parseIdentities(text, source, this.#context);
    if (identities.length > 0) return identities;
    throw problems[0] ?? unusable('it holds no identity');
  }
}

async function decrypt(content: Buffer, passphrase: string): Promise<string> {
  const { armor, Decrypter } = await import('age-encryption');
  const file = content.toString('latin1', 0, 100).trimStart().startsWith('-----BEGIN')
    ? armor.decode(content.toString('latin1'))
    : content;
  const decrypter = new Decrypter();
  decrypter.addIdentity(new PassphraseStanza(passphrase));
  return Buffer.from(await decrypter.decrypt(file)).toString('utf8');
}
