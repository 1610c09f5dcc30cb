import type { CryptoBackend } from '../crypto/backend.ts';
import { newDataKey } from '../crypto/data-key.ts';
import type { FormatName } from '../format/format.ts';
import { parseRecipient } from '../keys/recipient.ts';
import type { Wrapper } from '../keys/wrap-key-groups.ts';
import type { CreationRule } from './creation-rule.ts';
import { type NewMetadata, newFileMetadata } from './new-file.ts';

/** A data key that no file has yet, and metadata in which it is wrapped. */
export interface FreshKey {
  readonly dataKey: Uint8Array;
  readonly metadata: NewMetadata;
}

interface Order {
  readonly rule: CreationRule;
  readonly format: FormatName;
}

/**
 * Data keys for new files, each given out once. Where file after file is new under one rule, the next one's is made ahead, while Git
 * stores the last.
 */
export class FreshKeys {
  readonly #backend: CryptoBackend;
  readonly #wrapper: Wrapper;
  #last: Order | null = null;
  /** What is likely to be asked for next. */
  #expected: Order | null = null;
  #spare: { readonly order: Order; readonly key: Promise<FreshKey> } | null = null;

  /** @param wrapper for recipients other than age's own */
  constructor(backend: CryptoBackend, wrapper: Wrapper) {
    this.#backend = backend;
    this.#wrapper = wrapper;
  }

  /** @throws GitSopsError as `newFileMetadata` */
  take(rule: CreationRule, format: FormatName): Promise<FreshKey> {
    const order = { rule, format };
    const spare = this.#spare;
    const again = same(this.#last, order);
    this.#spare = null;
    this.#last = order;
    this.#expected = null;
    const key = spare !== null && same(spare.order, order) ? spare.key : this.#make(order);
    return key.then((made) => {
      this.#expected = again ? order : null;
      return made;
    });
  }

  /** For a moment in which others work. */
  makeAhead(): void {
    const order = this.#expected;
    if (order === null || this.#spare !== null || !isSilent(order.rule)) return;
    const key = this.#make(order);
    // Whoever takes it is told.
    key.catch(() => {});
    this.#spare = { order, key };
  }

  async #make({ rule, format }: Order): Promise<FreshKey> {
    const dataKey = newDataKey(this.#backend);
    return { dataKey, metadata: await newFileMetadata(rule, dataKey, format, this.#backend, this.#wrapper) };
  }
}

function same(a: Order | null, b: Order): boolean {
  return a !== null && a.rule === b.rule && a.format === b.format;
}

/** Whether no program and no service is asked, which nobody wants for a file that may not come. */
function isSilent({ groups }: CreationRule): boolean {
  return groups.flat().every((one) => one.kind === 'age' && parseRecipient(one.id).kind === 'x25519');
}
