import type { Leaf, Selects, ValueLeaf } from '../../tree/leaf.ts';
import type { LayoutEntry, Open, Seal, View } from '../format.ts';
import { encodeText } from '../source-text.ts';
import { spellInline } from './inline-spelling.ts';
import { isEncrypted } from './leaves.ts';
import { writeBlock } from './metadata-block.ts';
import type { PlainValue } from './plain-source.ts';

/** The view of a file that `readPlainSource` reads, without a tree. What it seldom has to do the real view does. */
export class PlainView implements View {
  readonly leaves: readonly Leaf[];
  readonly layout: readonly LayoutEntry[] = [];
  readonly #text: string;
  readonly #items: readonly Item[];
  readonly #real: () => View;

  private constructor(text: string, items: readonly Item[], real: () => View) {
    this.#text = text;
    this.#items = items;
    this.#real = real;
    this.leaves = items.map(({ leaf }) => leaf);
  }

  /** @returns null where a value's spelling must be recorded */
  static of(text: string, values: readonly PlainValue[], selects: Selects, real: () => View): PlainView | null {
    const items = values.map((value) => ({ value, leaf: leafOf(value, selects) }));
    // In quotes, and without them where it is a text, a value is spelled as it will be.
    const isUsual = ({ value, leaf }: Item) =>
      value.type === 'str' ||
      !isEncrypted(leaf) ||
      spellInline(value, 'plain', false) === text.slice(value.start, value.end);
    return items.every(isUsual) ? new PlainView(text, items, real) : null;
  }

  seal(seal: Seal): Uint8Array {
    const { token, metadata, like } = seal;
    if (like !== null) return this.#real().seal(seal);
    let sealed = '';
    let from = 0;
    for (const { value, leaf } of this.#items) {
      if (!isEncrypted(leaf)) continue;
      sealed += `${this.#text.slice(from, value.start)}${value.quote}${token(leaf)}${value.quote}`;
      from = value.end;
    }
    return encodeText(`${sealed}${this.#text.slice(from)}${writeBlock(metadata, 0, '\n', null)}`);
  }

  open(open: Open): Uint8Array {
    return this.#real().open(open);
  }
}

interface Item {
  readonly value: PlainValue;
  readonly leaf: ValueLeaf;
}

function leafOf({ path, type, canonical, plaintext, line, column }: PlainValue, selects: Selects): ValueLeaf {
  const comments = noComments[path.length] ?? path.map(() => []);
  const selected = selects(path, comments, false);
  return {
    kind: 'value',
    document: 0,
    path,
    type,
    canonical,
    plaintext,
    selected,
    disguised: false,
    line,
    column,
    comments,
  };
}

/** One empty level for each key. */
const noComments: readonly (readonly string[])[][] = Array.from({ length: 8 }, (_, depth) =>
  Array.from({ length: depth }, () => []),
);
