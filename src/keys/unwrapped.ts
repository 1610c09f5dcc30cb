import type { KeyGroup } from './key-group.ts';
import { wrappedOf } from './master-key.ts';

/** Of what was unwrapped in this process: enough for a checkout, small beside its files. */
const mostRemembered = 4096;

/** What was unwrapped already: a data key, or a Shamir part of one, by what wraps it. */
export class Unwrapped {
  readonly #parts = new Map<string, Uint8Array>();

  find(group: KeyGroup, length: number): Uint8Array | null {
    for (const key of group) {
      const part = this.#parts.get(wrappedOf(key));
      if (part?.length === length) return part;
    }
    return null;
  }

  keep(enc: string, part: Uint8Array): Uint8Array {
    if (this.#parts.size >= mostRemembered) {
      const [oldest] = this.#parts.keys();
      if (oldest !== undefined) this.#parts.delete(oldest);
    }
    this.#parts.set(enc, part);
    return part;
  }
}
