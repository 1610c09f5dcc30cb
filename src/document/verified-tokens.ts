import type { Plaintext } from '../format/format.ts';

/** A token and what it holds, so that an unchanged value can keep its ciphertext. */
export interface OpenedToken {
  readonly aad: string;
  readonly token: string;
  readonly value: Plaintext;
}

/**
 * Tokens whose tags were verified under one data key. Key, AAD and token decide what a decryption gives, so in another version
 * of the file the same token at the same path is not decrypted a second time.
 */
export class VerifiedTokens {
  readonly #values = new Map<string, Plaintext>();

  /** @param tokens all under the data key that this is asked about */
  constructor(tokens: Iterable<OpenedToken>) {
    for (const { aad, token, value } of tokens) this.#values.set(nameOf(aad, token), value);
  }

  get(aad: string, token: string): Plaintext | null {
    return this.#values.get(nameOf(aad, token)) ?? null;
  }
}

/** The length tells where the one ends. */
function nameOf(aad: string, token: string): string {
  return `${aad.length} ${aad}${token}`;
}
