import type { Leaf, Selects, ValueLeaf } from '../../tree/leaf.ts';
import type { LayoutEntry, Open, Plaintext, Seal, View } from '../format.ts';
import { encodeText } from '../source-text.ts';
import { type InlineStyle, spellInline } from './inline-spelling.ts';
import { isEncrypted } from './leaves.ts';
import { writeBlock } from './metadata-block.ts';
import type { PlainFile } from './plain-file.ts';
import type { PlainValue } from './plain-source.ts';

const styles: Readonly<Record<PlainValue['quote'], InlineStyle>> = { '': 'plain', '"': 'double', "'": 'single' };

/** What the view of a plain file leaves to others. */
export interface Others {
  /** The real view of the same file. */
  real(): View;
  /** Whether a file that another one shall follow is plain and encrypted. */
  isPlainBase(like: NonNullable<Seal['like']>): boolean;
}

/** The view of a plain file, without a tree. What it seldom has to do the real view does. */
export class PlainView implements View {
  readonly leaves: readonly Leaf[];
  readonly layout: readonly LayoutEntry[] = [];
  readonly #body: string;
  readonly #items: readonly Item[];
  readonly #others: Others;

  private constructor(body: string, items: readonly Item[], others: Others) {
    this.#body = body;
    this.#items = items;
    this.#others = others;
    this.leaves = items.map(({ leaf }) => leaf);
  }

  /** @returns null where the spelling of a value must be recorded */
  static of({ body, values, metadata }: PlainFile, selects: Selects, others: Others): PlainView | null {
    const items = values.map((value) => ({ value, leaf: leafOf(value, selects) }));
    // In quotes, and without them where it is a text, a value is spelled as it will be.
    const isUsual = ({ value, leaf }: Item) =>
      value.type === 'str' || !isEncrypted(leaf) || spellInline(value, 'plain', false) === spelledIn(body, value);
    return metadata !== null || items.every(isUsual) ? new PlainView(body, items, others) : null;
  }

  seal(seal: Seal): Uint8Array {
    const { token, metadata, like } = seal;
    const encrypted = this.#items.filter(({ leaf }) => isEncrypted(leaf));
    if (like !== null) {
      // Where that one has a token without quotes, a text in quotes may get one too.
      const mayLoseQuotes = ({ value }: Item) =>
        value.quote !== '' && spellInline(value, 'plain', false) === spelledIn(this.#body, value);
      if (!this.#others.isPlainBase(like) || encrypted.some(mayLoseQuotes)) {
        const { view, own } = this.#real();
        return view.seal({ ...seal, token: (leaf) => token(own(leaf)) });
      }
    }
    const tokens = encrypted.map(({ value: { quote }, leaf }) => `${quote}${token(leaf)}${quote}`);
    return encodeText(this.#with(encrypted, tokens) + writeBlock(metadata, 0, '\n', null));
  }

  open({ plaintext, layout }: Open): Uint8Array {
    const encrypted = this.#items.filter(({ leaf }) => isEncrypted(leaf));
    const opened = new Map<Leaf, Plaintext | null>();
    for (const { leaf } of encrypted) opened.set(leaf, plaintext(leaf));
    const texts: string[] = [];
    for (const { value, leaf } of encrypted) {
      const shown = opened.get(leaf) ?? null;
      const isLine = typeof shown?.plaintext === 'string' && !shown.plaintext.includes('\n');
      if (layout.length > 0 || (shown !== null && !isLine)) {
        const { view, own } = this.#real();
        return view.open({ layout, plaintext: (one) => opened.get(own(one)) ?? null });
      }
      texts.push(shown === null ? spelledIn(this.#body, value) : spellInline(shown, styles[value.quote], false));
    }
    return encodeText(this.#with(encrypted, texts));
  }

  /** The body with other texts in the places of values. */
  #with(items: readonly Item[], texts: readonly string[]): string {
    let written = '';
    let from = 0;
    for (const [i, { value }] of items.entries()) {
      written += this.#body.slice(from, value.start) + texts[i];
      from = value.end;
    }
    return written + this.#body.slice(from);
  }

  /** The real view, and the leaf of this one for each of that. */
  #real(): { view: View; own: (leaf: Leaf) => Leaf } {
    const view = this.#others.real();
    const owns = new Map(view.leaves.map((leaf, i) => [leaf, this.leaves[i]]));
    return { view, own: (leaf) => owns.get(leaf) ?? leaf };
  }
}

interface Item {
  readonly value: PlainValue;
  readonly leaf: ValueLeaf;
}

function spelledIn(body: string, { start, end }: PlainValue): string {
  return body.slice(start, end);
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
