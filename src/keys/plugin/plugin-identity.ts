import { type AgeFile, FILE_KEY_LENGTH, openPayload } from '../age/age-file.ts';
import type { Identity } from '../identity.ts';
import type { KeyContext } from '../key-context.ts';

/**
 * `AGE-PLUGIN-NAME-1…`: `age-plugin-NAME` opens for it. It stands in the user's own keys, so the program may be started;
 * it is for the user to say what that is.
 */
export class PluginIdentity implements Identity {
  readonly kind = 'plugin';
  readonly asks = true;
  readonly hidden: string;
  readonly plugin: string;
  readonly #text: string;
  readonly #context: KeyContext;
  /** One at a time: there is one device to touch. */
  #turn: Promise<unknown> = Promise.resolve();

  constructor(plugin: string, text: string, context: KeyContext) {
    this.hidden = `an identity of the age plugin "${plugin}"`;
    this.plugin = plugin;
    this.#text = text;
    this.#context = context;
  }

  async recipient(): Promise<null> {
    return null;
  }

  async open(file: AgeFile): Promise<Uint8Array | null> {
    // Plugins open types of their own, and some age's; SSH keys are not among them.
    if (file.stanzas.every(({ args: [type] }) => type?.startsWith('ssh-'))) return null;
    const answer = this.#turn.then(() => this.#unwrap(file));
    this.#turn = answer.catch(() => {});
    const fileKey = await answer;
    return fileKey?.length === FILE_KEY_LENGTH ? openPayload(file, fileKey) : null;
  }

  async #unwrap(file: AgeFile): Promise<Uint8Array | null> {
    const { unwrapByPlugin } = await import('./unwrap-by-plugin.ts');
    return unwrapByPlugin(this.plugin, this.#text, file.stanzas, this.#context);
  }
}
