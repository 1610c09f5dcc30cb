import type { Plaintext } from '../format/format.ts';
import type { OpenedToken } from './verified-tokens.ts';

/**
 * The base's ciphertexts, to be taken again for the same data key, AAD, type and plaintext: then and only then
 * is the nonce used a second time, and the result is the identical ciphertext.
 */
export class Reuse {
  readonly #tokens = new Map<string, string[]>();

  constructor(tokens: readonly OpenedToken[]) {
    for (const { aad, token, value } of tokens) {
      const key = reuseKey(aad, value);
      const same = this.#tokens.get(key);
      if (same === undefined) this.#tokens.set(key, [token]);
      else same.push(token);
    }
  }

  /** Each token once, in the base's order: equal items of a list keep their different ciphertexts. */
  take(aad: string, value: Plaintext): string | null {
    return this.#tokens.get(reuseKey(aad, value))?.shift() ?? null;
  }
}

/** What must be equal for a ciphertext to be taken again. Holds the plaintext. */
export function reuseKey(aad: string, { type, plaintext }: Plaintext): string {
  // Bytes and text never share a key, so that a text cannot be taken for the bytes it would encode to.
  const text = typeof plaintext === 'string' ? `s${plaintext}` : `b${Buffer.from(plaintext).toString('latin1')}`;
  return `${type} ${aad.length} ${aad}${text}`;
}
