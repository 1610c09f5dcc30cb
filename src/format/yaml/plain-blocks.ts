import type { MetadataTree } from '../format.ts';

/** A value of such a file, or an item of a list. */
export interface PlainLeaf {
  /** The keys that lead to it; a list adds none. */
  readonly keys: readonly string[];
  /** As any YAML reader takes it; empty also for null. */
  readonly text: string;
  /** Whether it is a ciphertext of a value, in sops's own spelling, and nothing else. */
  readonly isToken: boolean;
}

export interface PlainBody {
  readonly leaves: readonly PlainLeaf[];
  /** Comments in the clear: the leaves before and behind each, by index, -1 and the length at the ends. */
  readonly comments: readonly { readonly before: number; readonly behind: number }[];
}

export interface PlainBlocks extends PlainBody {
  readonly metadata: MetadataTree;
}

/** What this reader knows of keys: one, and all that stands behind it. */
const plainKey = /^[A-Za-z_][\w./-]*$/;
const entryOfList = /^[A-Za-z_][\w./-]*:(?: \S|$)/;
/** YAML 1.1 reads these as something else than a string. */
const otherKey = /^(?:y|n|yes|no|on|off|true|false|null)$/i;
const notPlain = /[^\n\x20-\x7e]|\n +\n|^ +\n/;
/** The one way in which sops writes a token: a nonce of 32 bytes, a tag of 16, and no stray bits in the base64. */
const tokenOf = (type: string) =>
  `ENC\\[AES256_GCM,data:(?=[^,])(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/][AQgw]==|[A-Za-z0-9+/]{2}[AEIMQUYcgkosw048]=)?,` +
  `iv:[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=,tag:[A-Za-z0-9+/]{21}[AQgw]==,type:${type}\\]`;
/** A value's, as the source of a pattern. */
export const tokenSource = tokenOf('(?:str|int|float|bool|time|bytes)');
export const valueToken = new RegExp(`^${tokenSource}$`);
/** A comment whose whole text is a ciphertext says nothing, wherever it belongs: one on a line of its own, and one behind a value. */
const commentToken = new RegExp(`^#${tokenOf('comment')}$`);
const commentBehind = new RegExp(` #${tokenOf('comment')}$`);
/** A plain scalar that every reader takes as it stands, whatever its type. */
function isPlain(text: string): boolean {
  // Native searches: values are long, and a pattern would look at each place.
  return firstOfPlain.test(text) && !text.includes(': ') && !text.includes(' #') && !/[: ]$/.test(text.slice(-1));
}
const firstOfPlain = /^[^-?:,[\]{}#&*!|>'"%@`=~\s]/;

/** Metadata that says the same whether a reader takes it for a text, a small number or a flag. */
const isText = /^(?:(?!(?:y|n|yes|no|on|off|null)$)[A-Za-z_^(].*|\d{1,4}|\d+\.\d+\.\d+)$/i;

/**
 * Reads the plainest block YAML with sops metadata, which is what sops itself writes, many times as fast as the real reader
 * does: one document of mappings and lists with plain keys and one-line values, no anchors, tags or flow collections.
 * @returns null for everything else: then the real reader must say
 */
export function readPlainBlocks(text: string): PlainBlocks | null {
  if (!isPlainText(text)) return null;
  const reader = new Reader(text);
  const root = reader.root();
  const metadata = root?.['sops'];
  if (typeof metadata !== 'object' || Array.isArray(metadata)) return null;
  return { leaves: reader.leaves, metadata, comments: reader.comments };
}

/** The same of what stands in front of the metadata. */
export function readPlainBody(text: string): PlainBody | null {
  if (!isPlainText(text)) return null;
  const reader = new Reader(text);
  const root = reader.root();
  return root === null || 'sops' in root ? null : { leaves: reader.leaves, comments: reader.comments };
}

/** The same of the metadata alone. */
export function readPlainMetadata(text: string): MetadataTree | null {
  const read = readPlainBlocks(text);
  return read?.leaves.length === 0 && read.comments.length === 0 ? read.metadata : null;
}

function isPlainText(text: string): boolean {
  return text.endsWith('\n') && !notPlain.test(text);
}

type Value = string | { [key: string]: Value } | Value[];

const space = 0x20;

/** How many blanks a line begins with; -1 for one that has nothing else. */
function indentOf(line: string): number {
  let i = 0;
  while (line.charCodeAt(i) === space) i++;
  return i === line.length ? -1 : i;
}

class Reader {
  readonly leaves: PlainLeaf[] = [];
  readonly comments: { before: number; behind: number }[] = [];
  readonly #lines: string[];
  #at = 0;
  /** Inside of the metadata, where values are kept and no leaves. */
  #inside = false;

  constructor(text: string) {
    this.#lines = text.split('\n');
    // The text ends with a line break.
    this.#lines.pop();
  }

  /** The whole text; null where there is anything that this reader does not know. */
  root(): { readonly [key: string]: Value } | null {
    const root = this.#skip() ? this.#mapping(0, []) : null;
    return this.#at < this.#lines.length ? null : root;
  }

  /** To the next line that says something. False where there is a comment that cannot be. */
  #skip(): boolean {
    for (let line = this.#lines[this.#at]; line !== undefined; line = this.#lines[++this.#at]) {
      if (line === '') continue;
      const start = indentOf(line);
      if (line[start] !== '#') return true;
      if (this.#inside) return false;
      if (commentToken.test(line.slice(start))) continue;
      this.comments.push({ before: this.leaves.length - 1, behind: this.leaves.length });
    }
    return true;
  }

  #mapping(indent: number, keys: readonly string[]): { [key: string]: Value } | null {
    const found: { [key: string]: Value } = Object.create(null);
    for (let line = this.#lines[this.#at]; line !== undefined; line = this.#lines[this.#at]) {
      const here = indentOf(line);
      if (here < indent) return found;
      const colon = line.indexOf(':', here);
      const key = line.slice(here, colon);
      if (here > indent || colon < 0 || !plainKey.test(key) || otherKey.test(key) || key in found) return null;
      // Nothing, or a blank and something.
      if (colon + 1 < line.length && !(line[colon + 1] === ' ' && (line.codePointAt(colon + 2) ?? space) > space))
        return null;
      const isMetadata = indent === 0 && key === 'sops';
      this.#inside ||= isMetadata;
      this.#at++;
      const path = [...keys, key];
      const value =
        colon + 1 === line.length ? this.#nested(indent, path) : this.#scalar(line.slice(colon + 2), indent, path);
      if (value === null || !this.#skip()) return null;
      if (isMetadata) this.#inside = false;
      found[key] = value;
    }
    return found;
  }

  /** What stands below a key; nothing is a null. */
  #nested(indent: number, keys: readonly string[]): Value | null {
    if (!this.#skip()) return null;
    const line = this.#lines[this.#at];
    const here = line === undefined ? -1 : indentOf(line);
    if (line?.startsWith('- ', here) && here >= indent) return this.#list(here, keys);
    return here > indent ? this.#mapping(here, keys) : this.#leaf('', keys);
  }

  #list(indent: number, keys: readonly string[]): Value[] | null {
    const found: Value[] = [];
    for (let line = this.#lines[this.#at]; line?.startsWith('- ', indentOf(line)); line = this.#lines[this.#at]) {
      const here = indentOf(line);
      if (here < indent) break;
      if (here > indent) return null;
      const item = line.slice(indent + 2);
      let value: Value | null;
      if (entryOfList.test(item)) {
        this.#lines[this.#at] = `${' '.repeat(indent + 2)}${item}`;
        value = this.#mapping(indent + 2, keys);
      } else {
        this.#at++;
        value = this.#scalar(item, indent, keys);
      }
      if (value === null || !this.#skip()) return null;
      found.push(value);
    }
    return found;
  }

  #scalar(rest: string, indent: number, keys: readonly string[]): Value | null {
    // Most are this.
    if (!this.#inside && valueToken.test(rest)) return this.#leaf(rest, keys, true);
    if (rest === '|' || rest === '|-' || rest === '|+') return this.#block(rest === '|-' ? '' : '\n', indent, keys);
    const text = this.#inside || !rest.includes(' #ENC[') ? rest : rest.replace(commentBehind, '');
    if (/^["']/.test(text)) {
      const [, quoted] = /^"([^"\\]*)"$/.exec(text) ?? /^'([^']*)'$/.exec(text) ?? [];
      return quoted === undefined ? null : this.#leaf(quoted, keys);
    }
    if (this.#inside && !text.startsWith('ENC[') && !isText.test(text)) return null;
    return isPlain(text) ? this.#leaf(text, keys) : null;
  }

  #block(end: string, indent: number, keys: readonly string[]): Value | null {
    const margin = indentOf(this.#lines[this.#at] ?? '');
    if (margin <= indent) return null;
    const lines: string[] = [];
    for (let line = this.#lines[this.#at]; line !== undefined; line = this.#lines[++this.#at]) {
      if (line !== '' && indentOf(line) < margin) break;
      // A row of empty lines belongs to the block or not, as its header says.
      if (line === '') return null;
      lines.push(line.slice(margin));
    }
    return this.#leaf(lines.join('\n') + end, keys);
  }

  #leaf(text: string, keys: readonly string[], isToken = valueToken.test(text)): string {
    if (!this.#inside) this.leaves.push({ keys, text, isToken });
    return text;
  }
}
