import { GitSopsError } from '../../errors.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import { type Number64, readNumber } from './number.ts';

/** A value with its place: offsets in UTF-16 code units (end exclusive), line and column from 1. */
interface Placed {
  readonly start: number;
  readonly end: number;
  readonly line: number;
  readonly column: number;
}

export interface JsonMember {
  readonly key: string;
  /** How many entries of the same object before it have the same key. */
  readonly twins: number;
  readonly keyStart: number;
  readonly value: JsonNode;
}

export type JsonScalar = Placed &
  (
    | { readonly kind: 'string'; readonly value: string; readonly escaped: boolean }
    | { readonly kind: 'number'; readonly number: Number64 }
    | { readonly kind: 'true' | 'false' | 'null' }
  );
export type JsonObject = Placed & { readonly kind: 'object'; readonly members: readonly JsonMember[] };
export type JsonArray = Placed & { readonly kind: 'array'; readonly items: readonly JsonNode[] };
export type JsonNode = JsonScalar | JsonObject | JsonArray;

/** Deeper files are refused. Go's own limit is 10,000; no hand nor tool writes even this. */
const deepest = 1000;

/**
 * Reads JSON as Go's decoder does (encoding/json, scanner.go), and keeps where everything stands. A key may stand twice in an
 * object: sops encrypts each of its values. Two things that Go lets pass are refused: a key twice in the metadata, where nobody
 * knows which counts, and anything after the root object, which sops loses.
 * @throws GitSopsError `invalid-json`, `duplicate-key`, `top-level-not-mapping`, `empty-file`
 */
export function scanJson(text: string): JsonObject {
  const scanner = new Scanner(text);
  scanner.skipSpace();
  if (scanner.at === text.length) throw new GitSopsError('empty-file', { line: 1 });
  const root = scanner.value();
  if (root.kind !== 'object') {
    const detail = root.kind === 'array' ? 'list' : root.kind;
    throw new GitSopsError('top-level-not-mapping', { line: root.line, column: root.column, detail });
  }
  scanner.skipSpace();
  if (scanner.at < text.length) throw scanner.error('something follows the end of the top-level object');
  return root;
}

/** The value of one string token, quotes included; null where the text is anything else. */
export function readString(token: string): string | null {
  if (!token.startsWith('"')) return null;
  try {
    const scanner = new Scanner(token);
    const node = scanner.value();
    return node.kind === 'string' && scanner.at === token.length ? node.value : null;
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const numberToken = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
/** What may not stand in a string as it is, or starts an escape. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const special = /[\u0000-\u001f\\]/;
const simpleEscapes: Readonly<Record<string, string>> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

class Scanner {
  readonly #text: string;
  readonly #path: (string | number)[] = [];
  #line = 1;
  #lineStart = 0;
  at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  error(detail: string): GitSopsError {
    return new GitSopsError('invalid-json', { line: this.#line, column: this.at - this.#lineStart + 1, detail });
  }

  skipSpace(): void {
    for (; ; this.at++) {
      const code = this.#text.charCodeAt(this.at);
      if (code === 0x0a) {
        this.#line++;
        this.#lineStart = this.at + 1;
      } else if (code !== 0x20 && code !== 0x09 && code !== 0x0d) return;
    }
  }

  value(): JsonNode {
    const place = { start: this.at, line: this.#line, column: this.at - this.#lineStart + 1 };
    switch (this.#text[this.at]) {
      case '{': {
        const members = this.#members();
        return { kind: 'object', members, ...place, end: this.at };
      }
      case '[': {
        const items = this.#items();
        return { kind: 'array', items, ...place, end: this.at };
      }
      case '"': {
        const value = this.#string();
        // Without an escape the token is its value and two quotes.
        const escaped = this.at - place.start !== value.length + 2;
        return { kind: 'string', value, escaped, ...place, end: this.at };
      }
      case 't':
        return { kind: this.#word('true'), ...place, end: this.at };
      case 'f':
        return { kind: this.#word('false'), ...place, end: this.at };
      case 'n':
        return { kind: this.#word('null'), ...place, end: this.at };
      default:
        return { kind: 'number', number: this.#number(), ...place, end: this.at };
    }
  }

  #members(): JsonMember[] {
    const members: JsonMember[] = [];
    const seen = new Map<string, number>();
    this.#enter();
    if (this.#text[this.at] !== '}') {
      for (;;) {
        const keyStart = this.at;
        if (this.#text[this.at] !== '"') throw this.error('a key in double quotes must stand here');
        const key = this.#string();
        this.#path.push(key);
        const twins = seen.get(key) ?? 0;
        if (twins > 0 && this.#path[0] === 'sops') this.#refuseTwice(keyStart);
        seen.set(key, twins + 1);
        this.skipSpace();
        if (this.#text[this.at] !== ':') throw this.error('a colon must follow the key');
        this.at++;
        this.skipSpace();
        members.push({ key, twins, keyStart, value: this.value() });
        this.#path.pop();
        if (!this.#comma('}', 'a comma or } must stand here')) break;
      }
    }
    this.at++;
    return members;
  }

  #items(): JsonNode[] {
    const items: JsonNode[] = [];
    this.#enter();
    if (this.#text[this.at] !== ']') {
      for (;;) {
        this.#path.push(items.length);
        items.push(this.value());
        this.#path.pop();
        if (!this.#comma(']', 'a comma or ] must stand here')) break;
      }
    }
    this.at++;
    return items;
  }

  #enter(): void {
    if (this.#path.length >= deepest) throw this.error(`it is nested more than ${deepest} levels deep`);
    this.at++;
    this.skipSpace();
  }

  #comma(close: string, otherwise: string): boolean {
    this.skipSpace();
    const char = this.#text[this.at];
    if (char === close) return false;
    if (char !== ',') throw this.error(otherwise);
    this.at++;
    this.skipSpace();
    return true;
  }

  #refuseTwice(keyStart: number): never {
    const column = keyStart - this.#lineStart + 1;
    throw new GitSopsError('duplicate-key', { line: this.#line, column, keyPath: showKeyPath(this.#path) });
  }

  #string(): string {
    const text = this.#text;
    let value = '';
    let from = ++this.at;
    // A binary file's token is megabytes long: the built-in searches run through it several times faster than this loop.
    const quote = text.indexOf('"', from);
    if (quote - from > 256 && !special.test(text.slice(from, quote))) this.at = quote;
    for (; ; this.at++) {
      const code = text.charCodeAt(this.at);
      if (code === QUOTE) break;
      if (code === BACKSLASH) {
        value += text.slice(from, this.at) + this.#escape();
        from = this.at + 1;
      } else if (code < 0x20) throw this.error('a control character stands in a string; write it as an escape');
      else if (Number.isNaN(code)) throw this.error('a string is not closed');
    }
    value += text.slice(from, this.at++);
    return value;
  }

  /** Reads one escape and stays on its last character. */
  #escape(): string {
    const simple = simpleEscapes[this.#text[++this.at] ?? ''];
    if (simple !== undefined) return simple;
    if (this.#text[this.at] !== 'u') throw this.error('a backslash starts no escape that JSON knows');
    const unit = this.#hex(this.at + 1);
    this.at += 4;
    if (unit < 0xd800 || unit > 0xdfff) return String.fromCharCode(unit);
    // As Go: half of a surrogate pair without its other half is U+FFFD.
    if (unit > 0xdbff || !this.#text.startsWith('\\u', this.at + 1)) return '\ufffd';
    const low = Number.parseInt(this.#text.slice(this.at + 3, this.at + 7), 16);
    if (!(low >= 0xdc00 && low <= 0xdfff)) return '\ufffd';
    this.at += 6;
    return String.fromCharCode(unit, low);
  }

  #hex(start: number): number {
    const digits = this.#text.slice(start, start + 4);
    if (!/^[0-9a-fA-F]{4}$/.test(digits)) throw this.error('four hexadecimal digits must follow \\u');
    return Number.parseInt(digits, 16);
  }

  #word<Word extends string>(word: Word): Word {
    if (!this.#text.startsWith(word, this.at)) throw this.error('a value must stand here');
    this.at += word.length;
    return word;
  }

  #number(): Number64 {
    numberToken.lastIndex = this.at;
    if (!numberToken.test(this.#text)) throw this.error('a value must stand here');
    const number = readNumber(this.#text.slice(this.at, numberToken.lastIndex));
    if (number === null) throw this.error('a number is out of the range of 64 bits');
    this.at = numberToken.lastIndex;
    return number;
  }
}
