import { GitSopsError } from '../../errors.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import type { Leaf, Selects } from '../../tree/leaf.ts';
import type { LayoutEntry, Open, Plaintext, Seal, View } from '../format.ts';
import { encodeText, lineEndOf } from '../source-text.ts';
import { applySplices, type Splice } from '../splice.ts';
import { canonicalText } from './canonical.ts';
import { type CommentItem, type ValueItem, type Walk, walk } from './leaves.ts';
import { addBlocks, type BlockPattern, removeBlock } from './metadata-block.ts';
import { placeOf } from './place.ts';
import { readText, type YamlText } from './text.ts';
import { openValue, type SealedValue, sealValue } from './value-edit.ts';

const BOM = '\ufeff';
const tokenShape = /^ENC\[AES256_GCM,data:.+,iv:.+,tag:.+,type:.+\]/;

/** Whose metadata block a sealed file shall follow. */
export type PatternOf = (like: Seal['like']) => BlockPattern | null;

export class YamlView implements View {
  readonly leaves: readonly Leaf[];
  readonly #text: YamlText;
  readonly #hasMark: boolean;
  readonly #selects: Selects;
  readonly #walk: Walk;
  readonly #lineEnd: string;
  readonly #patternOf: PatternOf;
  #layout: readonly LayoutEntry[] | null = null;

  constructor(text: YamlText, hasMark: boolean, selects: Selects, patternOf: PatternOf) {
    this.#text = text;
    this.#hasMark = hasMark;
    this.#selects = selects;
    this.#patternOf = patternOf;
    this.#walk = walk(text, selects);
    this.#lineEnd = lineEndOf(text.source.text);
    this.leaves = this.#walk.leaves;
  }

  get layout(): readonly LayoutEntry[] {
    if (this.#layout !== null) return this.#layout;
    const entries: LayoutEntry[] = [];
    if (!this.#text.encrypted) {
      for (const item of this.#encryptedItems()) {
        const { layout } = this.#sealValue(item, '');
        if (layout !== null) entries.push({ place: placeOf(item.leaf), source: layout });
      }
    }
    this.#layout = entries;
    return entries;
  }

  seal({ token, metadata, like }: Seal): Uint8Array {
    const { source } = this.#text;
    refuseAliases(this.#walk.values);
    const splices: Splice[] = [];
    for (const item of this.#encryptedItems()) splices.push(...this.#sealValue(item, token(item.leaf)).splices);
    splices.push(...addBlocks(this.#text, metadata, this.#lineEnd, this.#patternOf(like)));
    const written = applySplices(source.text, splices);
    return this.#encode(this.#text.comments.length === 0 ? written : this.#sealComments(written, token));
  }

  open({ plaintext, layout }: Open): Uint8Array {
    const values = new Map<ValueItem, Plaintext>();
    for (const item of this.#encryptedItems()) {
      const value = plaintext(item.leaf);
      if (value !== null) values.set(item, value);
    }
    const splices: Splice[] = [];
    for (const { leaf, start, end } of this.#walk.comments) {
      if (!tokenShape.test(leaf.plaintext)) continue;
      const text = commentText(plaintext(leaf));
      if (text !== null) splices.push({ start, end, text: `#${text}` });
    }
    for (const document of this.#text.documents) {
      const block = removeBlock(this.#text.source, document);
      if (block !== null) splices.push(block);
    }
    return this.#encode(this.#withLayout(values, splices, layout));
  }

  /** Values that have, or will have, a token of their own. */
  #encryptedItems(): ValueItem[] {
    return this.#walk.values.filter(({ leaf }) => leaf.selected && leaf.type !== 'null' && leaf.plaintext.length > 0);
  }

  #sealValue(item: ValueItem, token: string): SealedValue {
    return sealValue(this.#text.source, item, this.#lineEnd, token);
  }

  /** Paths of comments are looked up in the text as it will be read: tokens and metadata move them. */
  #sealComments(written: string, token: Seal['token']): string {
    const text = readText(written);
    const after = walk(text, this.#selects);
    const before = byOffset(this.#walk.comments);
    const own = byOffset(after.comments);
    if (own.length !== before.length) throw new GitSopsError('not-restorable');
    const splices: Splice[] = [];
    own.forEach(({ leaf, start, end }, i) => {
      if (leaf.plaintext === '' || !(leaf.selected || before[i]?.leaf.selected)) return;
      splices.push({ start: start + 1, end, text: token(leaf) });
    });
    return applySplices(written, splices);
  }

  /** With the recorded spellings, if the text that they make says the same. */
  #withLayout(
    values: ReadonlyMap<ValueItem, Plaintext>,
    others: readonly Splice[],
    layout: readonly LayoutEntry[],
  ): string {
    const sources = new Map(layout.map(({ place, source }) => [place, source]));
    const spelled = this.#spell(values, others, sources);
    if (sources.size === 0) return spelled;
    const wrong = this.#misread(spelled, values);
    if (wrong !== null && wrong.size === 0) return spelled;
    for (const place of wrong ?? sources.keys()) sources.delete(place);
    const rest = this.#spell(values, others, sources);
    if (sources.size === 0 || this.#misread(rest, values)?.size === 0) return rest;
    return this.#spell(values, others, new Map());
  }

  #spell(
    values: ReadonlyMap<ValueItem, Plaintext>,
    others: readonly Splice[],
    sources: ReadonlyMap<string, string>,
  ): string {
    const splices = [...others];
    for (const [{ leaf, node, alias }, value] of values) {
      if (alias !== null) continue;
      const layout = sources.get(placeOf(leaf)) ?? null;
      splices.push(...openValue(this.#text.source, node, this.#lineEnd, value, layout));
    }
    return applySplices(this.#text.source.text, splices);
  }

  /** The places that read otherwise than they were decrypted; null for a text that cannot be read at all. */
  #misread(spelled: string, values: ReadonlyMap<ValueItem, Plaintext>): Set<string> | null {
    const read = new Map<string, string>();
    try {
      for (const { leaf } of walk(readText(spelled), () => true).values) {
        read.set(placeOf(leaf), `${leaf.type} ${canonicalText(leaf.type, leaf.canonical)}`);
      }
    } catch (error) {
      if (error instanceof GitSopsError) return null;
      throw error;
    }
    const wrong = new Set<string>();
    for (const [{ leaf }, { type, plaintext }] of values) {
      const place = placeOf(leaf);
      if (read.get(place) !== `${type} ${canonicalText(type, plaintext)}`) wrong.add(place);
    }
    return wrong;
  }

  #encode(text: string): Uint8Array {
    return encodeText(this.#hasMark ? BOM + text : text);
  }
}

function byOffset(comments: readonly CommentItem[]): CommentItem[] {
  return comments.toSorted((a, b) => a.start - b.start);
}

/** A comment is one line; whatever else a ciphertext holds stays one. */
function commentText(value: Plaintext | null): string | null {
  return typeof value?.plaintext === 'string' && !/[\r\n]/.test(value.plaintext) ? value.plaintext : null;
}

/** An alias to what becomes ciphertext would read the ciphertext, with an AAD that is not its own. */
function refuseAliases(values: readonly ValueItem[]): void {
  const encrypted = new Set<unknown>();
  for (const { leaf, node, alias, inAliasedCollection } of values) {
    const hasToken = leaf.selected && leaf.type !== 'null' && leaf.plaintext.length > 0;
    if (alias === null) {
      if (hasToken) encrypted.add(node);
    } else if (hasToken ? inAliasedCollection : encrypted.has(node)) {
      const detail = hasToken
        ? `an alias (*${alias.name}) for a collection with values that must be encrypted`
        : `an alias (*${alias.name}) in the clear for a value that must be encrypted`;
      const { line, column, path } = leaf;
      throw new GitSopsError('unsupported-spelling', { line, column, detail, keyPath: showKeyPath(path) });
    }
  }
}
