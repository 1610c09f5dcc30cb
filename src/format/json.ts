import { GitSopsError } from '../errors.ts';
import { showKeyPath } from '../tree/key-path.ts';
import type { Selects, ValueLeaf } from '../tree/leaf.ts';
import type { Format, LayoutEntry, MetadataTree, Open, Parsed, Seal, View } from './format.ts';
import { type JsonLeaf, leavesOf, type PlacePart } from './json/leaves.ts';
import { insertMetadata, metadataMember, removeMetadata, replaceMetadata } from './json/metadata-block.ts';
import { treeOfObject } from './json/metadata-node.ts';
import { bareToken } from './json/number.ts';
import { type JsonObject, readString, scanJson } from './json/scan.ts';
import { decodeText, encodeText, textOf } from './source-text.ts';
import { applySplices, type Splice } from './splice.ts';

/** JSON as sops reads it: one object. Tokens and the `sops` entry are spliced in; no other byte changes. */
export const json: Format = {
  name: 'json',
  parse: (source) => new JsonFile(source),
};

class JsonFile implements Parsed {
  readonly format = 'json';
  readonly source: Uint8Array;
  readonly text: string;
  readonly root: JsonObject;
  readonly metadata: MetadataTree | null;

  constructor(source: Uint8Array) {
    this.source = source;
    this.text = decodeText(source);
    this.root = scanJson(this.text);
    this.metadata = readMetadata(this.root);
  }

  view(selects: Selects): View {
    return new JsonView(this, leavesOf(this.root, selects));
  }
}

/** The `sops` object; null for a plaintext file. @throws GitSopsError `sops-key-in-plaintext` for one that sops never wrote */
function readMetadata(root: JsonObject): MetadataTree | null {
  const member = metadataMember(root);
  if (member === undefined) return null;
  const { line, column } = member.value;
  const metadata = member.value.kind === 'object' ? treeOfObject(member.value) : {};
  const { mac } = metadata;
  if (typeof mac !== 'string') throw new GitSopsError('sops-key-in-plaintext', { line, column });
  return metadata;
}

class JsonView implements View {
  readonly leaves: readonly ValueLeaf[];
  readonly layout: readonly LayoutEntry[];
  readonly #file: JsonFile;
  readonly #leaves: readonly JsonLeaf[];

  constructor(file: JsonFile, leaves: readonly JsonLeaf[]) {
    this.#file = file;
    this.#leaves = leaves;
    this.leaves = leaves.map(({ leaf }) => leaf);
    this.layout = file.metadata === null ? oddStrings(file.text, leaves) : [];
  }

  seal({ token, metadata, like }: Seal): Uint8Array {
    const { text, root } = this.#file;
    const splices: Splice[] = [];
    for (const { leaf, node } of this.#leaves) {
      if (!leaf.selected || leaf.type === 'null' || leaf.plaintext.length === 0) continue;
      splices.push({ start: node.start, end: node.end, text: `"${token(leaf)}"` });
    }
    const base = like === null ? null : like instanceof JsonFile ? like : new JsonFile(like.source);
    if (this.#file.metadata === null) splices.push(insertMetadata(text, root, metadata, base));
    else splices.push(replaceMetadata(this.#file, metadata));
    return encodeText(applySplices(text, splices));
  }

  open({ plaintext, layout }: Open): Uint8Array {
    const { text, root, metadata, source } = this.#file;
    if (metadata === null) return source;
    const spelling = new Map(layout.map((entry) => [entry.place, entry.source]));
    const splices: Splice[] = [removeMetadata(root)];
    for (const { leaf, place, node } of this.#leaves) {
      if (!leaf.selected || leaf.type === 'null' || leaf.plaintext.length === 0) continue;
      const plain = plaintext(leaf);
      if (plain === null) continue;
      try {
        const bare = bareToken(plain);
        const value = bare ?? spelled(textOf(plain.plaintext), spelling, place);
        splices.push({ start: node.start, end: node.end, text: value });
      } catch (error) {
        if (!(error instanceof GitSopsError)) throw error;
        throw error.with({ line: leaf.line, column: leaf.column, keyPath: showKeyPath(leaf.path) });
      }
    }
    return encodeText(applySplices(text, splices));
  }
}

/** A string as it was written where the layout record says so, else in JavaScript's spelling. */
function spelled(value: string, spelling: ReadonlyMap<string, string>, place: readonly PlacePart[]): string {
  const source = spelling.size === 0 ? undefined : spelling.get(pointerOf(place));
  return source !== undefined && readString(source) === value ? source : JSON.stringify(value);
}

/** Strings with escapes that their value does not ask for (`\/`, `\u0045`, half a surrogate pair). */
function oddStrings(text: string, leaves: readonly JsonLeaf[]): LayoutEntry[] {
  const entries: LayoutEntry[] = [];
  for (const { leaf, place, node } of leaves) {
    if (!leaf.selected || node.kind !== 'string' || !node.escaped || node.value === '') continue;
    const source = text.slice(node.start, node.end);
    if (JSON.stringify(node.value) !== source) entries.push({ place: pointerOf(place), source });
  }
  return entries;
}

/** A JSON pointer (RFC 6901), with `~+N` behind the key of the entry that repeats it for the Nth time: a pointer has no such escape. */
function pointerOf(place: readonly PlacePart[]): string {
  return place
    .map((part) => (typeof part === 'object' ? `/${escaped(part.key)}~+${part.twins}` : `/${escaped(String(part))}`))
    .join('');
}

function escaped(part: string): string {
  return part.replaceAll('~', '~0').replaceAll('/', '~1');
}
