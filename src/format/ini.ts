import { GitSopsError } from '../errors.ts';
import { showKeyPath } from '../tree/key-path.ts';
import { isInMetadata, type Leaf, type Selects } from '../tree/leaf.ts';
import { flatText } from './flat-value.ts';
import type { Format, LayoutEntry, MetadataTree, Open, Parsed, Plaintext, Seal, View } from './format.ts';
import { layoutOf, openComment, sealComment } from './ini/comment-splices.ts';
import { type CommentSlot, type IniLeaf, leavesOf, type ValueSlot } from './ini/leaves.ts';
import { appendMetadata, type MetadataSection, readMetadataSection, removeMetadata } from './ini/metadata-section.ts';
import { type IniSource, scanIni } from './ini/scan.ts';
import { quoteToKeep, spell } from './ini/spelling.ts';
import { decodeText, encodeText } from './source-text.ts';
import { applySplices, type Splice } from './splice.ts';

/** INI as sops reads it, by gopkg.in/ini.v1: sections, keys, and comments that belong to what is below or beside them. */
export const ini: Format = {
  name: 'ini',
  parse: (source) => new IniFile(source),
};

class IniFile implements Parsed {
  readonly format = 'ini';
  readonly source: Uint8Array;
  readonly text: string;
  readonly scanned: IniSource;
  readonly section: MetadataSection | null;
  readonly metadata: MetadataTree | null;

  constructor(source: Uint8Array) {
    this.source = source;
    this.text = decodeText(source);
    this.scanned = scanIni(this.text);
    this.section = readMetadataSection(this.text, this.scanned);
    this.metadata = this.section?.tree ?? null;
  }

  view(selects: Selects): View {
    return new IniView(this, leavesOf(this.text, this.scanned, this.metadata !== null, selects));
  }
}

class IniView implements View {
  readonly leaves: readonly Leaf[];
  readonly layout: readonly LayoutEntry[];
  readonly #file: IniFile;
  readonly #values: readonly ValueSlot[];
  readonly #comments: readonly CommentSlot[];

  constructor(file: IniFile, leaves: readonly IniLeaf[]) {
    this.#file = file;
    this.leaves = leaves.map(({ leaf }) => leaf);
    const taking = leaves.filter(({ leaf }) => leaf.selected && leaf.plaintext.length > 0 && !isInMetadata(leaf));
    this.#values = taking.filter((slot) => slot.kind === 'value');
    this.#comments = taking.filter((slot) => slot.kind === 'comment');
    this.layout = file.metadata === null ? this.#comments.flatMap((slot) => layoutOf(file.text, slot)) : [];
  }

  seal({ token, metadata, like }: Seal): Uint8Array {
    const { text, section } = this.#file;
    const splices: Splice[] = [];
    for (const { leaf, key } of this.#values) {
      const quote = quoteToKeep(text, key.value);
      splices.push({ start: key.value.start, end: key.value.end, text: quote + token(leaf) + quote });
    }
    for (const slot of this.#comments) splices.push(...sealComment(text, slot, token(slot.leaf)));
    const base = like === null || like instanceof IniFile ? like : new IniFile(like.source);
    if (section !== null) splices.push(removeMetadata(text, section));
    return encodeText(appendMetadata(applySplices(text, splices), metadata, base?.section ?? section));
  }

  open({ plaintext, layout }: Open): Uint8Array {
    const { text, section, source } = this.#file;
    if (section === null) return source;
    const spelling = new Map(layout.map((entry) => [entry.place, entry.source]));
    const splices: Splice[] = [removeMetadata(text, section)];
    for (const { leaf, key } of this.#values) {
      const plain = plaintext(leaf);
      if (plain === null) continue;
      const { start, end, quote } = key.value;
      splices.push({ start, end, text: placed(leaf, plain, (value) => spell(value, quote)) });
    }
    for (const slot of this.#comments) {
      const plain = plaintext(slot.leaf);
      if (plain !== null) splices.push(...openComment(text, slot, flatText(plain), spelling));
    }
    return encodeText(applySplices(text, splices));
  }
}

function placed(leaf: Leaf, plain: Plaintext, write: (value: string) => string): string {
  try {
    return write(flatText(plain));
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    throw error.with({ line: leaf.line, column: leaf.column, keyPath: showKeyPath(leaf.path) });
  }
}
