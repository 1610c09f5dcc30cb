import type { PlainLeaf } from '../format/yaml/plain-blocks.ts';
import { prepareLinear } from '../tree/re2.ts';
import { type Selector, sameSelector, selectsOf } from '../tree/selector.ts';

export type SelectedLeaf = Pick<PlainLeaf, 'keys' | 'text'> & { readonly selected: boolean };

export interface PlainSelection {
  /** Every value, in the order of the file; those that are not selected hold no ciphertext, the others one or nothing. */
  readonly leaves: readonly SelectedLeaf[];
  /** How many are selected. */
  readonly picked: number;
}

/** Which values of a plain file its selector picks; null where one stands in the clear, or is encrypted and not picked. */
export async function plainSelection(read: readonly PlainLeaf[], selector: Selector): Promise<PlainSelection | null> {
  const selects = await selectionOf(selector);
  const leaves: SelectedLeaf[] = [];
  let picked = 0;
  for (const leaf of read) {
    const selected = selects(leaf.keys);
    if (selected) picked++;
    if (selected ? leaf.text !== '' && !leaf.isToken : leaf.text.startsWith('ENC[')) return null;
    leaves.push({ keys: leaf.keys, text: leaf.text, selected });
  }
  return { leaves, picked };
}

/** The last one: all files of a rule have the same, and most have the keys of another one too. */
let selection: { readonly selector: Selector; readonly selects: (keys: readonly string[]) => boolean } | null = null;

async function selectionOf(selector: Selector): Promise<(keys: readonly string[]) => boolean> {
  if (selection !== null && sameSelector(selection.selector, selector)) return selection.selects;
  if (selector.kind.endsWith('regex')) await prepareLinear(selector.value);
  const asked = selectsOf(selector);
  const known = new WeakMap<readonly string[], boolean>();
  const selects = (keys: readonly string[]) => {
    const selected = known.get(keys) ?? asked(keys, [], false);
    known.set(keys, selected);
    return selected;
  };
  selection = { selector, selects };
  return selects;
}
