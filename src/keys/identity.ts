import type { KeyObject } from 'node:crypto';
import { GitSopsError } from '../errors.ts';
import { type AgeFile, FILE_KEY_LENGTH, openPayload } from './age-file.ts';
import { decodeBech32, encodeBech32 } from './bech32.ts';
import { pointOf, privateKeyOf, X25519_LENGTH } from './x25519.ts';
import { unwrapFileKey } from './x25519-stanza.ts';

/** The private side of a recipient. What it is made of never leaves it. */
export interface Identity {
  readonly kind: 'x25519' | 'hybrid';
  /** The recipient that belongs to it. A hybrid one loads `age-encryption` for this. */
  recipient(): Promise<string>;
  /**
   * @returns what the file wraps; null when it is for someone else
   * @throws Error when it is for this identity, or claims to be, and broken
   */
  open(file: AgeFile): Promise<Uint8Array | null>;
}

/** A text's identities, and what stands in it that is none. */
export interface ParsedIdentities {
  readonly identities: readonly Identity[];
  readonly problems: readonly GitSopsError[];
}

/**
 * The lines of a key file: one identity each, blank lines and `#` comments between.
 * @param source its name, for the problems; these have line numbers, never a line's content
 * @param severalPerLine as sops allows in `SOPS_AGE_KEY`
 */
export function parseIdentities(text: string, source: string, severalPerLine = false): ParsedIdentities {
  const identities: Identity[] = [];
  const problems: GitSopsError[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const line = content.trim();
    if (line === '' || line.startsWith('#')) continue;
    const facts = { detail: source, line: index + 1 };
    if (/^(?:-----BEGIN |age-encryption\.org\/)/.test(line)) {
      // The lines below belong to it.
      problems.push(new GitSopsError('unusable-identity', { ...facts, other: kindOfBlock(line) }));
      break;
    }
    for (const word of severalPerLine ? line.split(/\s+/) : [line]) {
      const identity = parseIdentity(word, facts);
      if (identity instanceof GitSopsError) problems.push(identity);
      else identities.push(identity);
    }
  }
  return { identities, problems };
}

function parseIdentity(text: string, facts: { detail: string; line: number }): Identity | GitSopsError {
  if (text.startsWith('AGE-PLUGIN-')) {
    return new GitSopsError('unusable-identity', { ...facts, other: 'an identity of an age plugin' });
  }
  const broken = (other: string) => new GitSopsError('broken-identity', { ...facts, other });
  if (!/^AGE-SECRET-KEY-(?:PQ-)?1/.test(text)) return broken('it does not start with AGE-SECRET-KEY-');
  const decoded = decodeBech32(text);
  if (typeof decoded === 'string') return broken(decoded);
  if (decoded.bytes.length !== 32) return broken('its length is wrong');
  if (decoded.prefix === 'age-secret-key-') return new X25519Identity(decoded.bytes);
  if (decoded.prefix === 'age-secret-key-pq-') return new HybridIdentity(text);
  return broken('its prefix is not one of age');
}

function kindOfBlock(line: string): string {
  if (line.includes('PRIVATE KEY')) return 'an SSH private key';
  return 'a key file that is encrypted with a passphrase';
}

class X25519Identity implements Identity {
  readonly kind = 'x25519';
  readonly #privateKey: KeyObject;
  readonly #point: Uint8Array;

  constructor(scalar: Uint8Array) {
    this.#privateKey = privateKeyOf(scalar.subarray(0, X25519_LENGTH));
    this.#point = pointOf(this.#privateKey);
  }

  async recipient(): Promise<string> {
    return encodeBech32('age', this.#point);
  }

  async open(file: AgeFile): Promise<Uint8Array | null> {
    const fileKey = unwrapFileKey(this.#privateKey, this.#point, file.stanzas);
    return fileKey?.length === FILE_KEY_LENGTH ? openPayload(file, fileKey) : null;
  }
}

/** ML-KEM-768 with X25519, by `age-encryption`. */
class HybridIdentity implements Identity {
  readonly kind = 'hybrid';
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
