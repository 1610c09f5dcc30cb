import { GitSopsError } from '../../errors.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import type { Leaf, Selects } from '../../tree/leaf.ts';
import type { LayoutEntry, Open, Plaintext, Seal, View } from '../format.ts';
import { encodeText, lineEndOf } from '../source-text.ts';
import { applySplices, type Splice } from '../splice.ts';
import { canonicalText } from './canonical.ts';
import type { Copy } from './copy.ts';
import { writeCopy } from './copy-text.ts';
import { type CommentItem, isEncrypted, type ValueItem, type Walk, walk } from './leaves.ts';
import { plainTokens, unitOf } from './literal.ts';
import { addBlocks, readPattern, removeBlock } from './metadata-block.ts';
import { findCopy, placeOf, placeOfCopy, placeOfValue } from './place.ts';
import { withinRanges } from './ranges.ts';
import { readText, type YamlText } from './text.ts';
import { openValue, type SealedValue, sealValue } from './value-edit.ts';

const BOM = '\ufeff';
/** A comment may be anybody's: only what no search can take long over is asked here. */
const tokenStart = 'ENC[AES256_GCM,';

/** How an alias or a merge by aliases is spelled. */
const aliasShape = /^(?:<<\s*:\s*)?(?:\*[\w-]+|\[\s*\*[\w-]+\s*(?:,\s*\*[\w-]+\s*)*,?\s*\])$/;

/** Whose metadata block, and whose plain tokens, a sealed file shall follow. */
type TextOf = (like: Seal['like']) => YamlText | null;

export class YamlView implements View {
  readonly leaves: readonly Leaf[];
  readonly #text: YamlText;
  readonly #hasMark: boolean;
  readonly #selects: Selects;
  readonly #walk: Walk;
  readonly #lineEnd: string;
  readonly #textOf: TextOf;
  #layout: readonly LayoutEntry[] | null = null;

  constructor(text: YamlText, hasMark: boolean, selects: Selects, textOf: TextOf) {
    this.#text = text;
    this.#hasMark = hasMark;
    this.#selects = selects;
    this.#textOf = textOf;
    this.#walk = walk(text, selects);
    this.#lineEnd = lineEndOf(text.source.text);
    this.leaves = this.#walk.leaves;
  }

  get layout(): readonly LayoutEntry[] {
    if (this.#layout !== null) return this.#layout;
    const entries: LayoutEntry[] = [];
    if (!this.#text.encrypted) {
      for (const item of this.#encryptedItems()) {
        const layout = item.copy === null ? this.#sealValue(item, '').layout : null;
        if (layout !== null) entries.push({ place: placeOfValue(item), source: layout });
      }
      for (const copy of this.#walk.copies) {
        const source = this.#text.source.text.slice(copy.start, copy.end);
        entries.push({ place: placeOfCopy(copy), source });
      }
    }
    this.#layout = entries;
    return entries;
  }

  seal({ token, metadata, like }: Seal): Uint8Array {
    const { source } = this.#text;
    refuseAliases(this.#walk.values);
    refuseDisguised(this.#walk.values);
    const splices: Splice[] = [];
    const copied = new Map<ValueItem, string>();
    const base = this.#textOf(like);
    const plain = base === null ? null : { places: plainTokens(base), unit: unitOf(base.source) };
    for (const item of this.#encryptedItems()) {
      const plainUnit = plain?.places.has(placeOf(item.leaf)) ? plain.unit : null;
      if (item.copy === null) splices.push(...this.#sealValue(item, token(item.leaf), plainUnit).splices);
      else copied.set(item, token(item.leaf));
    }
    for (const copy of this.#walk.copies) splices.push(this.#writeCopy(copy, copied));
    splices.push(...addBlocks(this.#text, metadata, this.#lineEnd, base === null ? null : readPattern(base)));
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
    for (const { leaf, start, end, opensList } of this.#walk.comments) {
      if (leaf.inMetadata || !leaf.plaintext.startsWith(tokenStart)) continue;
      const text = commentText(plaintext(leaf));
      if (text !== null) splices.push({ start, end, text: opensList ? `[] #${text}` : `#${text}` });
    }
    for (const document of this.#text.documents) {
      splices.push(...removeBlock(this.#text.source, document));
    }
    const text = this.#withLayout(values, splices, layout);
    return this.#encode(this.#lacksLineEnd(text, values) ? text + this.#lineEnd : text);
  }

  /** Where a tool took the line break at the end of an encrypted file, a block at the end of its plaintext must not lose its own. */
  #lacksLineEnd(text: string, values: ReadonlyMap<ValueItem, Plaintext>): boolean {
    if (this.#text.source.text.endsWith('\n')) return false;
    const isRight = (spelled: string) => this.#misread(spelled, values)?.length === 0;
    return !isRight(text) && isRight(text + this.#lineEnd);
  }

  /** Values that have, or will have, a token of their own. */
  #encryptedItems(): ValueItem[] {
    return this.#walk.values.filter(({ leaf }) => isEncrypted(leaf));
  }

  #writeCopy(copy: Copy, tokens: ReadonlyMap<ValueItem, string>): Splice {
    const items = this.#walk.values.filter((item) => item.copy === copy);
    return { start: copy.start, end: copy.end, text: writeCopy(copy, items, tokens, this.#lineEnd) };
  }

  #sealValue(item: ValueItem, token: string, plainUnit: number | null = null): SealedValue {
    return sealValue(this.#text.source, item, this.#lineEnd, token, plainUnit);
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
    if (wrong !== null && wrong.length === 0) return spelled;
    for (const place of sources.keys()) if (wrong === null || wrong.some(within(place))) sources.delete(place);
    const rest = this.#spell(values, others, sources);
    if (sources.size === 0 || this.#misread(rest, values)?.length === 0) return rest;
    return this.#spell(values, others, new Map());
  }

  #spell(
    values: ReadonlyMap<ValueItem, Plaintext>,
    others: readonly Splice[],
    sources: ReadonlyMap<string, string>,
  ): string {
    const { source, documents } = this.#text;
    const copies: Splice[] = [];
    for (const [place, text] of sources) {
      const range = aliasShape.test(text) ? findCopy(documents, place) : null;
      if (range !== null) copies.push({ ...range, text });
    }
    const splices = [...others, ...copies];
    const isCopied = withinRanges(copies);
    for (const [item, value] of values) {
      const { node, alias } = item;
      if (alias !== null || isCopied(node.start)) continue;
      const spelling = sources.size === 0 ? undefined : sources.get(placeOfValue(item));
      splices.push(...openValue(source, node, this.#lineEnd, value, spelling ?? null));
    }
    return applySplices(source.text, splices);
  }

  /** The places that read otherwise than they must; null for a text that cannot be read at all. */
  #misread(spelled: string, values: ReadonlyMap<ValueItem, Plaintext>): string[] | null {
    const read = new Map<string, string>();
    try {
      for (const item of walk(readText(spelled), this.#selects).values) {
        const { leaf } = item;
        read.set(placeOfValue(item), `${leaf.type} ${canonicalText(leaf.type, leaf.canonical)}`);
      }
    } catch (error) {
      if (error instanceof GitSopsError) return null;
      throw error;
    }
    const wrong: string[] = [];
    for (const item of this.#walk.values) {
      const place = placeOfValue(item);
      const { type, plaintext } = values.get(item) ?? item.leaf;
      if (read.get(place) !== `${type} ${canonicalText(type, plaintext)}`) wrong.push(place);
    }
    return wrong;
  }

  #encode(text: string): Uint8Array {
    return encodeText(this.#hasMark ? BOM + text : text);
  }
}

function byOffset(comments: readonly CommentItem[]): CommentItem[] {
  return comments.filter(({ leaf }) => !leaf.inMetadata).toSorted((a, b) => a.start - b.start);
}

/** A comment is one line; whatever else a ciphertext holds stays one. */
function commentText(value: Plaintext | null): string | null {
  return typeof value?.plaintext === 'string' && !/[\r\n]/.test(value.plaintext) ? value.plaintext : null;
}

/** A recorded place that a wrong one is at or in: its own, that of a collection around it, of a merge into that. */
function within(recorded: string): (place: string) => boolean {
  const at = recorded.replace(/~\d+$|\]<<\[.*$/s, (end) => (end[0] === '~' ? '' : ']')).slice(0, -1);
  return (place) => place.startsWith(at);
}

/** An alias to what becomes ciphertext would read the ciphertext, with an AAD that is not its own. */
function refuseAliases(values: readonly ValueItem[]): void {
  const encrypted = new Set<unknown>();
  for (const { leaf, node, alias } of values) if (alias === null && isEncrypted(leaf)) encrypted.add(node);
  for (const { leaf, node, alias } of values) {
    if (alias === null || isEncrypted(leaf) || !encrypted.has(node)) continue;
    const { line, column, path } = leaf;
    const detail = `an alias (*${alias.name}) in the clear for a value that must be encrypted`;
    throw new GitSopsError('unsupported-spelling', { line, column, detail, keyPath: showKeyPath(path) });
  }
}

/** An empty value gets no token, so there is nothing that could hide its tag or anchor. */
function refuseDisguised(values: readonly ValueItem[]): void {
  const found = values.find(({ leaf }) => leaf.selected && leaf.disguised);
  if (found === undefined) return;
  const { line, column, path } = found.leaf;
  const detail = 'a tag or an anchor without a value (quote it, if it is the value)';
  throw new GitSopsError('unsupported-spelling', { line, column, detail, keyPath: showKeyPath(path) });
}
