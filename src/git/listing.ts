import { decodePath, encodePath, type GitPath } from './path.ts';

/**
 * The files of an index or tree as Git lists them: `HEAD<TAB>PATH<NUL>` each, in the order of the paths' bytes. Of very many files few
 * are of interest, and to search one text for those costs a small part of what it costs to make an object of each.
 */
export class Listing<Entry extends { readonly path: GitPath }> {
  /** One character for each byte. */
  readonly #text: string;
  readonly #read: (head: string, path: GitPath) => Entry;
  #all: readonly Entry[] | null = null;
  #folders: readonly GitPath[] | null = null;

  /** @param read what stands before a path's tab, and the path. @throws what that throws, when an entry is asked for */
  constructor(bytes: Buffer, read: (head: string, path: GitPath) => Entry) {
    this.#text = bytes.toString('latin1');
    this.#read = read;
  }

  all(): readonly Entry[] {
    this.#all ??= this.#entries(0, this.#text.length);
    return this.#all;
  }

  /** Those whose path begins like this. */
  under(prefix: GitPath): readonly Entry[] {
    if (prefix === '') return this.all();
    const wanted = latin1(prefix);
    const start = this.#find(wanted, '');
    if (start < 0) return [];
    // They stand side by side.
    const text = this.#text;
    let end = start;
    while (end < text.length && text.startsWith(wanted, text.indexOf('\t', end) + 1)) end = text.indexOf('\0', end) + 1;
    return this.#entries(start, end);
  }

  /** The entry of a path, or the first of its stages. */
  at(path: GitPath): Entry | null {
    const start = this.#find(latin1(path), '\0');
    return start < 0 ? null : (this.#entries(start, this.#text.indexOf('\0', start) + 1)[0] ?? null);
  }

  /** The paths whose last part is this, in whatever folder. */
  named(last: GitPath): GitPath[] {
    const found: GitPath[] = [];
    const text = this.#text;
    const name = latin1(last);
    for (let at = text.indexOf(`${name}\0`); at >= 0; at = text.indexOf(`${name}\0`, at + 1)) {
      const start = text.lastIndexOf('\0', at) + 1;
      const path = text.slice(text.indexOf('\t', start) + 1, at + name.length);
      if (path === name || path.endsWith(`/${name}`)) found.push(pathOf(path));
    }
    return found;
  }

  /** Those that hold an entry, each with a `/` at its end, but for the top, which is empty. */
  folders(): readonly GitPath[] {
    this.#folders ??= this.#findFolders();
    return this.#folders;
  }

  #findFolders(): GitPath[] {
    const each = this.#text.replace(/[^\0\t]*\t([^\0]*\/)?[^\0/]*\0/g, '$1\0').split('\0');
    each.pop();
    return [...new Set(each)].map(pathOf);
  }

  /** The bytes of all paths, a NUL behind each. */
  paths(): Buffer {
    return Buffer.from(this.#text.replace(/[^\0\t]*\t([^\0]*\0)/g, '$1'), 'latin1');
  }

  /** Whether what stands before a tab ends like this in any entry; in doubt yes. @param ends of one character each */
  mayEndHead(ends: string): boolean {
    return new RegExp(`[${ends}]\t`).test(this.#text);
  }

  /** Those whose line begins like this. @param start of ASCII characters */
  beginning(start: string): readonly Entry[] {
    const found: Entry[] = [];
    const text = this.#text;
    const wanted = `\0${start}`;
    for (let at = text.startsWith(start) ? 0 : next(text, wanted, 0); at >= 0; at = next(text, wanted, at)) {
      found.push(...this.#entries(at, text.indexOf('\0', at) + 1));
    }
    return found;
  }

  /** Of the whole list. */
  get bytes(): number {
    return this.#text.length;
  }

  /** Where the first line begins whose path begins like this, and goes on like that; negative where none does. */
  #find(path: string, behind: string): number {
    const text = this.#text;
    const wanted = `\t${path}${behind}`;
    for (let at = text.indexOf(wanted); at >= 0; at = text.indexOf(wanted, at + 1)) {
      const start = text.lastIndexOf('\0', at) + 1;
      // A path may hold a tab itself.
      if (text.indexOf('\t', start) === at) return start;
    }
    return -1;
  }

  #entries(start: number, end: number): Entry[] {
    const lines = this.#text.slice(start, end).split('\0');
    lines.pop();
    return lines.map((line) => {
      const tab = line.indexOf('\t');
      return this.#read(line.slice(0, Math.max(tab, 0)), pathOf(line.slice(tab + 1)));
    });
  }
}

/** Where the next line begins that is wanted. @param wanted with the NUL in front */
function next(text: string, wanted: string, from: number): number {
  const at = text.indexOf(wanted, from);
  return at < 0 ? -1 : at + 1;
}

function latin1(path: GitPath): string {
  return beyondAscii.test(path) ? encodePath(path).toString('latin1') : path;
}

/** One character for each byte → path. */
function pathOf(bytes: string): GitPath {
  return beyondAscii.test(bytes) ? decodePath(Buffer.from(bytes, 'latin1')) : bytes;
}

const beyondAscii = /[^\0-\x7f]/;
