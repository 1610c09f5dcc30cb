import { GitSopsError } from '../errors.ts';
import { type AgeFile, FILE_KEY_LENGTH, openPayload } from './age/age-file.ts';
import { decodeBech32, encodeBech32 } from './age/bech32.ts';
import { type KeyPair, keyPairOf, X25519_LENGTH } from './age/x25519.ts';
import { unwrapFileKey } from './age/x25519-stanza.ts';
import { x25519InThreads } from './age/x25519-threads.ts';
import type { Identity } from './identity.ts';
import type { KeyContext } from './key-context.ts';
import { PluginIdentity } from './plugin/plugin-identity.ts';
import { pluginOfIdentity } from './plugin/plugin-name.ts';

/** A text's identities, and what stands in it that is none. */
export interface ParsedIdentities {
  readonly identities: readonly Identity[];
  readonly problems: readonly GitSopsError[];
  /** What its owner should know of an identity that works. */
  readonly warnings: readonly GitSopsError[];
}

/**
 * The lines of a key file: one identity each, blank lines and `#` comments between.
 * @param source its name, for the problems; these have line numbers, never a line's content
 * @param context what a plugin is started with; null where none can be
 * @param severalPerLine as sops allows in `SOPS_AGE_KEY`
 */
export function parseIdentities(
  text: string,
  source: string,
  context: KeyContext | null,
  severalPerLine = false,
): ParsedIdentities {
  const identities: Identity[] = [];
  const problems: GitSopsError[] = [];
  const warnings: GitSopsError[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const line = content.trim();
    if (line === '' || line.startsWith('#')) continue;
    const facts = { detail: source, line: index + 1 };
    if (line.startsWith('-----BEGIN ')) {
      // The lines below belong to it.
      problems.push(new GitSopsError('misplaced-key', { ...facts, other: kindOfBlock(line) }));
      break;
    }
    for (const word of severalPerLine ? line.split(/\s+/) : [line]) {
      const identity = parseIdentity(word, facts, context);
      if (identity instanceof GitSopsError) problems.push(identity);
      else identities.push(identity);
      if (!(identity instanceof GitSopsError) && isRepetitive(word)) {
        warnings.push(new GitSopsError('weak-identity', facts));
      }
    }
  }
  return { identities, problems, warnings };
}

function parseIdentity(
  text: string,
  facts: { detail: string; line: number },
  context: KeyContext | null,
): Identity | GitSopsError {
  const broken = (other: string) => new GitSopsError('broken-identity', { ...facts, other });
  if (text.startsWith('AGE-PLUGIN-')) {
    const name = pluginOfIdentity(text);
    if (name === null) return broken('it does not name an age plugin');
    return context === null ? broken('it needs an age plugin') : new PluginIdentity(name, text, context);
  }
  if (!/^AGE-SECRET-KEY-(?:PQ-)?1/.test(text)) return broken('it does not start with AGE-SECRET-KEY-');
  const decoded = decodeBech32(text);
  if (typeof decoded === 'string') return broken(decoded);
  if (decoded.bytes.length !== 32) return broken('its length is wrong');
  if (decoded.prefix === 'age-secret-key-') return new X25519Identity(decoded.bytes);
  if (decoded.prefix === 'age-secret-key-pq-') return new HybridIdentity(text);
  return broken('its prefix is not one of age');
}

/** 32 random bytes with fewer different ones than this come up less than once in 10^30 keys. */
const fewestBytes = 10;

function isRepetitive(text: string): boolean {
  const decoded = decodeBech32(text);
  return typeof decoded !== 'string' && new Set(decoded.bytes).size < fewestBytes;
}

function kindOfBlock(line: string): string {
  return line.includes('PRIVATE KEY') ? 'an SSH private key' : 'an encrypted key file';
}

class X25519Identity implements Identity {
  readonly kind = 'x25519';
  readonly asks = false;
  readonly #scalar: Uint8Array;
  readonly #pair: KeyPair;
  #inThreads: ReturnType<typeof x25519InThreads> | null = null;

  constructor(scalar: Uint8Array) {
    this.#scalar = scalar.subarray(0, X25519_LENGTH);
    this.#pair = keyPairOf(this.#scalar);
  }

  async recipient(): Promise<string> {
    return encodeBech32('age', this.#pair.point);
  }

  async open(file: AgeFile): Promise<Uint8Array | null> {
    const fileKey = await unwrapFileKey(this.#pair, file.stanzas);
    return fileKey?.length === FILE_KEY_LENGTH ? openPayload(file, fileKey) : null;
  }

  async openAhead(file: AgeFile): Promise<Uint8Array | null> {
    this.#inThreads ??= x25519InThreads(this.#scalar, this.#pair.point);
    return (await this.#inThreads)?.(file) ?? null;
  }
}

/** ML-KEM-768 with X25519, by `age-encryption`. */
class HybridIdentity implements Identity {
  readonly kind = 'hybrid';
  readonly asks = false;
  readonly #secret: string;
  #recipient: Promise<string> | null = null;

  constructor(secret: string) {
    this.#secret = secret;
  }

  recipient(): Promise<string> {
    this.#recipient ??= import('age-encryption').then((age) => age.identityToRecipient(this.#secret));
    return this.#recipient;
  }

  async open(file: AgeFile): Promise<Uint8Array | null> {
    if (!file.stanzas.some(({ args }) => args[0] === 'mlkem768x25519')) return null;
    const { armor, Decrypter } = await import('age-encryption');
    const decrypter = new Decrypter();
    decrypter.addIdentity(this.#secret);
    try {
      return await decrypter.decrypt(armor.decode(file.armored));
    } catch (error) {
      if (error instanceof Error && /no identity matched/.test(error.message)) return null;
      throw error;
    }
  }
}
