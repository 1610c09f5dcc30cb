import type { Plaintext } from '../format.ts';
import { spellInline } from './inline-spelling.ts';
import { tokenSource } from './plain-blocks.ts';

/** A ciphertext that is a value on its key's line or an item on its dash's, in quotes or not. */
const placeOfToken = new RegExp(`((?:: |- ))(["']?)${tokenSource}\\2\\n`, 'g');

/**
 * What `View.open` makes of a body that `readPlainBody` reads, where it has no comments and no layout record: the tokens in their order,
 * each in the spelling that its quotes ask for.
 * @param values one for each token
 * @returns null where their number differs, and for a text of several lines, which may be shown as a block
 */
export function restorePlain(body: string, values: readonly Plaintext[]): string | null {
  let taken = 0;
  let isKnown = true;
  const restored = body.replace(placeOfToken, (_, before: string, quote: string) => {
    const value = values[taken++];
    isKnown &&= typeof value?.plaintext === 'string' && !value.plaintext.includes('\n');
    if (value === undefined || !isKnown) return '';
    return `${before}${spellInline(value, quote === '' ? 'plain' : quote === '"' ? 'double' : 'single', false)}\n`;
  });
  return isKnown && taken === values.length ? restored : null;
}
