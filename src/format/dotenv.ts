import type { CommentLeaf, Leaf, Selects, ValueLeaf } from '../tree/leaf.ts';
import { CommentRun } from './comment-run.ts';
import { type DotenvEntry, type DotenvLine, readLines } from './dotenv/lines.ts';
import {
  escapeNewlines,
  type MetadataLines,
  prefix,
  readMetadataLines,
  unescapeNewlines,
  writeMetadataLines,
} from './dotenv/metadata-lines.ts';
import { flatText } from './flat-value.ts';
import type { Format, MetadataTree, Open, Parsed, Seal, View } from './format.ts';
import { decodeText, encodeText } from './source-text.ts';
import { applySplices, type Splice } from './splice.ts';

/** dotenv as sops reads it: `KEY=value` lines. A value's only escape is `\n`, so value and spelling determine each other. */
export const dotenv: Format = {
  name: 'dotenv',
  parse: (source) => new DotenvFile(source),
};

class DotenvFile implements Parsed {
  readonly format = 'dotenv';
  readonly source: Uint8Array;
  readonly text: string;
  readonly lines: readonly DotenvLine[];
  readonly metadataLines: MetadataLines | null;
  readonly metadata: MetadataTree | null;

  constructor(source: Uint8Array) {
    this.source = source;
    this.text = withoutAddedReturns(decodeText(source));
    this.lines = readLines(this.text);
    this.metadataLines = readMetadataLines(this.text, this.lines);
    this.metadata = this.metadataLines?.tree ?? null;
  }

  view(selects: Selects): View {
    return new DotenvView(this, selects);
  }
}

/**
 * sops never writes a metadata line that ends in a carriage return, and cannot read one. Where one does, Git's
 * `core.autocrlf` has been at work, and that touches only files that had none.
 */
function withoutAddedReturns(text: string): string {
  const mac = text.startsWith(`${prefix}mac=`) ? 0 : text.indexOf(`\n${prefix}mac=`) + 1;
  const end = text.indexOf('\r\n', mac);
  const added = text.startsWith(prefix, mac) && end >= 0 && text.indexOf('\n', mac) === end + 1;
  return added ? text.replaceAll('\r\n', '\n') : text;
}

interface Placed {
  readonly leaf: Leaf;
  /** What its token, or its plaintext, stands in for. */
  readonly start: number;
  readonly end: number;
}

class DotenvView implements View {
  readonly leaves: readonly Leaf[];
  readonly layout = [];
  readonly #file: DotenvFile;
  readonly #placed: readonly Placed[];

  constructor(file: DotenvFile, selects: Selects) {
    this.#file = file;
    this.#placed = place(file, selects);
    this.leaves = this.#placed.map(({ leaf }) => leaf);
  }

  seal({ token, metadata, like }: Seal): Uint8Array {
    const splices = this.#inTurn((leaf) => token(leaf));
    const base = like === null || like instanceof DotenvFile ? like : new DotenvFile(like.source);
    const old = base?.metadataLines ?? this.#file.metadataLines;
    const body = withoutMetadata(this.#file, splices);
    const block = writeMetadataLines(metadata, old);
    if (old?.first === true) return encodeText(block + body);
    // A file without a final newline: the block gets none either, and so says that there was none.
    return encodeText(body === '' || body.endsWith('\n') ? body + block : `${body}\n${block.slice(0, -1)}`);
  }

  open({ plaintext }: Open): Uint8Array {
    if (this.#file.metadata === null) return this.#file.source;
    const splices = this.#inTurn((leaf) => {
      const plain = plaintext(leaf);
      if (plain === null) return null;
      // A comment is a line of its own: only in a value can a newline be spelled.
      return leaf.kind === 'comment' ? flatText(plain).replaceAll('\n', '\n#') : escapeNewlines(flatText(plain));
    });
    return encodeText(withoutMetadata(this.#file, splices));
  }

  /** Values first, then comments. */
  #inTurn(write: (leaf: Leaf) => string | null): Splice[] {
    const splices: Splice[] = [];
    for (const kind of ['value', 'comment']) {
      for (const { leaf, start, end } of this.#placed) {
        if (leaf.kind !== kind || !leaf.selected || leaf.plaintext.length === 0) continue;
        const text = write(leaf);
        if (text !== null) splices.push({ start, end, text });
      }
    }
    return splices;
  }
}

function place({ text, lines, metadata }: DotenvFile, selects: Selects): Placed[] {
  const placed: Placed[] = [];
  // sops takes no notice of what follows a token; a carriage return is what editors leave there.
  const heldIn = (raw: string): string =>
    metadata !== null && raw.startsWith('ENC[') && raw.endsWith(']\r') ? raw.slice(0, -1) : raw;
  let above = new CommentRun();
  for (const line of lines) {
    if (line.kind === 'entry' && line.key.startsWith(prefix)) continue;
    const start = line.kind === 'comment' ? line.start + 1 : line.valueStart;
    const raw = text.slice(start, line.end);
    const held = heldIn(raw);
    const leaf =
      line.kind === 'comment' ? commentLeaf(line, held, above, selects) : valueLeaf(line, raw, held, above, selects);
    if (leaf.kind === 'value') above = new CommentRun();
    placed.push({ leaf, start, end: line.end });
  }
  return placed;
}

function commentLeaf({ line }: DotenvLine, plaintext: string, above: CommentRun, selects: Selects): CommentLeaf {
  above.push(plaintext);
  const kept = above.kept();
  return {
    kind: 'comment',
    path: [],
    document: 0,
    line,
    column: 1,
    selected: selects([], [above.now], true),
    plaintext,
    get comments() {
      return [kept()];
    },
  };
}

/** @param held `raw`, or the token in it */
function valueLeaf(entry: DotenvEntry, raw: string, held: string, above: CommentRun, selects: Selects): ValueLeaf {
  const { line, key, start, valueStart } = entry;
  const kept = above.kept();
  return {
    kind: 'value',
    path: [key],
    document: 0,
    line,
    column: valueStart - start + 1,
    selected: selects([key], [above.now], false),
    type: 'str',
    plaintext: unescapeNewlines(held),
    canonical: unescapeNewlines(raw),
    get comments() {
      return [kept()];
    },
  };
}

/** The file with its leaves replaced and its `sops_…` lines, with their newlines, taken out. */
function withoutMetadata({ text, lines }: DotenvFile, splices: readonly Splice[]): string {
  const ends: Splice[] = [];
  for (const line of lines) {
    if (line.kind !== 'entry' || !line.key.startsWith(prefix)) continue;
    ends.push({ start: line.start, end: Math.min(line.end + 1, text.length), text: '' });
  }
  const body = applySplices(text, [...splices, ...ends]);
  const cut = ends.at(-1)?.end === text.length && !text.endsWith('\n');
  return cut && body.endsWith('\n') ? body.slice(0, -1) : body;
}
