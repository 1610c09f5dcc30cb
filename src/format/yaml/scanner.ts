import { Lexer } from 'yaml';
import { parseBlockHeader, readBlockScalar } from './block-scalar.ts';
import { isBlankOrEnd, isBreak, LF, TAB } from './character.ts';
import { scanGap, skipWhite } from './comment-scan.ts';
import { readPlain, readQuoted } from './flow-scalar.ts';
import type { Source } from './source.ts';
import type { BlockScalar, ScannedComment, Token, TokenKind } from './token.ts';

export interface Scan {
  readonly tokens: readonly Token[];
  readonly groups: readonly ScannedComment[];
  /** Offsets of all `#` signs that start a comment. */
  readonly comments: readonly number[];
}

/** A place where a key without `?` may have begun. */
interface SimpleKey {
  possible: boolean;
  required: boolean;
  token: number;
  start: number;
}

/** go-yaml's limit for a key without `?`, and ours for nesting. */
const LONGEST_SIMPLE_KEY = 1024;
const DEEPEST = 500;

const startsNoPlain = new Set(',[]{}#&*!|>\'"%@`');
const anchorName = /^[&*][\w-]+$/;
const tagName = /^!(?:<[\w;/?:@&=+$.!~*'()%,[\]-]+>|!?[\w;/?:@&=+$.~*'()%-]*)$/;

/**
 * Makes go-yaml's tokens (scannerc.go) from the lexemes of the `yaml` package: the lexer finds where scalars end, the rest
 * (simple keys, block starts and ends, comment groups, what is an error) follows go-yaml, because sops reads with it.
 * @throws GitSopsError `invalid-yaml`
 */
export function scan(source: Source): Scan {
  return new Scanner(source).run();
}

class Scanner {
  readonly #source: Source;
  readonly #text: string;
  readonly #tokens: Token[] = [];
  readonly #groups: ScannedComment[] = [];
  readonly #comments: number[] = [];
  readonly #indents: number[] = [];
  readonly #simpleKeys: SimpleKey[] = [{ possible: false, required: false, token: 0, start: 0 }];
  readonly #hasTabs: boolean;
  #indent = -1;
  #flow = 0;
  #simpleKeyAllowed = true;
  #lineStart = 0;
  /** Comments since the last token. */
  #gap: number[] = [];
  /** Where a comment on the last token's line goes, -1 for nowhere. */
  #lineMark = -1;
  /** Whether a key could begin right behind the last token. */
  #fresh = true;

  constructor(source: Source) {
    this.#source = source;
    this.#text = source.text;
    this.#hasTabs = source.text.includes('\t');
    this.#push('stream-start', 0, 0);
  }

  run(): Scan {
    const text = this.#text;
    let offset = 0;
    let isScalar = false;
    let header = -1;
    let headerEnd = -1;
    let headerComment = -1;
    for (const lexeme of new Lexer().lex(text)) {
      const end = offset + lexeme.length;
      if (isScalar) {
        isScalar = false;
        if (header >= 0) {
          this.#block(header, headerEnd, headerComment, offset, end);
          header = -1;
          headerComment = -1;
        } else this.#plain(offset, end);
        this.#countLines(offset, end);
        offset = end;
        continue;
      }
      switch (lexeme.charCodeAt(0)) {
        case 0x02: // a document begins
          continue;
        case 0x1f: // a plain or block scalar follows
          isScalar = true;
          continue;
        case 0x18: // the lexer's sign for a flow collection that is not closed
          throw this.#source.invalid(offset, 'a flow collection is not closed, or a line in it is indented too little');
        case 0x20:
        case TAB:
          break;
        case 0x0a:
        case 0x0d:
          this.#lineStart = end;
          if (this.#flow === 0) this.#simpleKeyAllowed = true;
          break;
        case 0x23: // #
          this.#comments.push(offset);
          if (header >= 0) headerComment = offset;
          else this.#gap.push(offset);
          break;
        case 0x7b: // {
          this.#flowStart('flow-map', offset);
          break;
        case 0x5b: // [
          this.#flowStart('flow-seq', offset);
          break;
        case 0x7d: // }
          this.#flowEnd('flow-map-end', offset);
          break;
        case 0x5d: // ]
          this.#flowEnd('flow-seq-end', offset);
          break;
        case 0x2c: // ,
          this.#begin(offset);
          this.#dropSimpleKey();
          this.#simpleKeyAllowed = true;
          this.#push('flow-entry', offset, end);
          break;
        case 0x2d: // -
          if (lexeme === '---') this.#documentMarker('document-start', offset);
          else this.#entry(offset);
          break;
        case 0x2e: // ...
          this.#documentMarker('document-end', offset);
          break;
        case 0x3f: // ?
          this.#explicitKey(offset);
          break;
        case 0x3a: // :
          this.#value(offset);
          break;
        case 0x26: // &
          this.#property('anchor', offset, end);
          break;
        case 0x2a: // *
          this.#property('alias', offset, end);
          break;
        case 0x21: // !
          this.#property('tag', offset, end);
          break;
        case 0x22: // "
          this.#quoted('double', offset, end);
          break;
        case 0x27: // '
          this.#quoted('single', offset, end);
          break;
        case 0x7c: // |
        case 0x3e: // >
          header = offset;
          headerEnd = end;
          this.#begin(offset);
          break;
        case 0x25: // %
          throw this.#source.invalid(offset, 'a directive (a line that begins with %)');
        default:
          throw this.#source.invalid(offset, 'a character that begins nothing in YAML');
      }
      offset = end;
    }
    if (header >= 0) this.#block(header, headerEnd, headerComment, text.length, text.length);
    this.#finish();
    return { tokens: this.#tokens, groups: this.#groups, comments: this.#comments };
  }

  #push(kind: TokenKind, start: number, end: number, value = '', block: BlockScalar | null = null): void {
    this.#tokens.push({ kind, start, end, indent: this.#indent, inFlow: this.#flow > 0, value, block });
  }

  /** What go-yaml does before it reads any token: comments, then the ends of blocks that this token's column closes. */
  #begin(offset: number): void {
    const mark = this.#closeGap(offset);
    this.#fresh = false;
    this.#unroll(offset - this.#lineStart, mark);
    const code = this.#text.charCodeAt(offset);
    const joins = this.#flow > 0 ? code === 0x2c : code === 0x3a;
    this.#lineMark = joins ? (this.#tokens.at(-1)?.start ?? offset) : offset;
  }

  #closeGap(offset: number): number {
    const before = this.#tokens.at(-1) as Token;
    if (this.#hasTabs) this.#refuseTabs(before, offset);
    if (this.#gap.length === 0) {
      if (before.kind === 'plain') return skipWhite(this.#text, before.end);
      return before.block?.next ?? before.end;
    }
    const offsets = this.#gap;
    this.#gap = [];
    const lineMark = before.kind === 'entry' || before.block !== null ? -1 : this.#lineMark;
    const beforeThat = this.#tokens.at(-2);
    const gap = { before, beforeThat, lineMark, indent: this.#indent, inFlow: this.#flow > 0 };
    return scanGap(this.#source, gap, offsets, this.#groups);
  }

  /** go-yaml takes a tab for white space only where no key can begin. */
  #refuseTabs(before: Token, offset: number): void {
    if (this.#flow > 0) return;
    const text = this.#text;
    const from = before.block?.next ?? before.end;
    let fresh = this.#fresh || before.block !== null;
    for (let at = from; at < offset; at++) {
      const code = text.charCodeAt(at);
      if (code === LF) fresh = true;
      else if (code === TAB && fresh) {
        if (before.kind === 'plain' && this.#source.columnOf(at) > this.#indent && !this.#commentBefore(from, at))
          continue;
        throw this.#source.invalid(at, 'a tab stands where go-yaml takes only blanks for indentation');
      } else if (code === 0x23) at = this.#source.lineEnd(at) - 1;
    }
  }

  #commentBefore(from: number, to: number): boolean {
    return this.#gap.some((offset) => offset >= from && offset < to);
  }

  #unroll(column: number, scanMark: number): void {
    if (this.#flow > 0 || this.#indent <= column) return;
    let mark = scanMark - 1;
    while (this.#indent > column) {
      let stop = mark;
      for (let i = this.#groups.length - 1; i >= 0; i--) {
        const group = this.#groups[i] as ScannedComment;
        if (group.end < stop) break;
        if (group.column === this.#indent + 1) mark = group.start;
        stop = group.scanMark;
      }
      this.#push('block-end', mark, mark);
      this.#indent = this.#indents.pop() ?? -1;
    }
  }

  /** Opens a block collection at a column that none has yet; `index` is where its token goes. */
  #roll(kind: 'block-map' | 'block-seq', start: number, index = this.#tokens.length): void {
    const column = this.#source.columnOf(start);
    if (this.#flow > 0 || this.#indent >= column) return;
    this.#indents.push(this.#indent);
    if (this.#indents.length > DEEPEST) throw this.#source.invalid(start, `it nests deeper than ${DEEPEST} levels`);
    this.#indent = column;
    const token: Token = { kind, start, end: start, indent: column, inFlow: false, value: '', block: null };
    this.#tokens.splice(index, 0, token);
  }

  #saveSimpleKey(start: number): void {
    if (!this.#simpleKeyAllowed) return;
    this.#dropSimpleKey();
    const required = this.#flow === 0 && this.#indent === start - this.#lineStart;
    this.#simpleKeys[this.#simpleKeys.length - 1] = { possible: true, required, token: this.#tokens.length, start };
  }

  #dropSimpleKey(): void {
    const key = this.#simpleKeys.at(-1) as SimpleKey;
    if (key.possible && key.required) throw this.#source.invalid(key.start, 'a line in a mapping has no ": "');
    key.possible = false;
  }

  #value(offset: number): void {
    this.#begin(offset);
    const key = this.#simpleKeys.at(-1) as SimpleKey;
    const sameLine = key.possible && key.start >= this.#lineStart;
    if (sameLine && offset - key.start <= LONGEST_SIMPLE_KEY) {
      const { indent, inFlow } = this.#tokens[key.token] as Token;
      const token: Token = { kind: 'key', start: key.start, end: key.start, indent, inFlow, value: '', block: null };
      this.#tokens.splice(key.token, 0, token);
      this.#roll('block-map', key.start, key.token);
      key.possible = false;
      this.#simpleKeyAllowed = false;
      this.#refuseGluedValue(offset);
    } else {
      if (key.possible && key.required) throw this.#source.invalid(key.start, 'a key is too long or spans lines');
      if (this.#flow === 0) {
        if (!this.#simpleKeyAllowed) throw this.#source.invalid(offset, 'a mapping value is not allowed here');
        this.#roll('block-map', offset);
      }
      this.#simpleKeyAllowed = this.#flow === 0;
      this.#fresh = true;
    }
    this.#push('value', offset, offset + 1);
  }

  /** `{a:}` and `[a:,b]` hold a plain `a:` for go-yaml and a mapping for others. */
  #refuseGluedValue(offset: number): void {
    const before = this.#tokens.at(-1) as Token;
    if (this.#flow > 0 && before.kind === 'plain' && before.end === offset) {
      if (!isBlankOrEnd(this.#text.charCodeAt(offset + 1))) {
        throw this.#source.invalid(offset, 'a ":" in a flow collection has no blank behind it');
      }
    }
  }

  #explicitKey(offset: number): void {
    this.#begin(offset);
    if (this.#flow === 0) {
      if (!this.#simpleKeyAllowed) throw this.#source.invalid(offset, 'a mapping key is not allowed here');
      this.#roll('block-map', offset);
    }
    this.#dropSimpleKey();
    this.#simpleKeyAllowed = this.#flow === 0;
    this.#fresh = true;
    this.#push('key', offset, offset + 1);
  }

  #entry(offset: number): void {
    if (this.#flow > 0) throw this.#source.invalid(offset, 'a "-" stands in a flow collection');
    this.#begin(offset);
    if (!this.#simpleKeyAllowed) throw this.#source.invalid(offset, 'a list entry is not allowed here');
    this.#roll('block-seq', offset);
    this.#dropSimpleKey();
    this.#simpleKeyAllowed = true;
    this.#fresh = true;
    this.#push('entry', offset, offset + 1);
  }

  #documentMarker(kind: 'document-start' | 'document-end', offset: number): void {
    if (this.#flow > 0) throw this.#source.invalid(offset, 'a flow collection is not closed');
    this.#begin(offset);
    this.#unroll(-1, offset);
    this.#dropSimpleKey();
    this.#simpleKeyAllowed = false;
    this.#push(kind, offset, offset + 3);
    this.#lineMark = -1;
  }

  #flowStart(kind: 'flow-map' | 'flow-seq', offset: number): void {
    this.#begin(offset);
    this.#saveSimpleKey(offset);
    this.#push(kind, offset, offset + 1);
    this.#simpleKeys.push({ possible: false, required: false, token: 0, start: offset });
    this.#flow++;
    if (this.#flow > DEEPEST) throw this.#source.invalid(offset, `it nests deeper than ${DEEPEST} levels`);
    this.#simpleKeyAllowed = true;
  }

  #flowEnd(kind: 'flow-map-end' | 'flow-seq-end', offset: number): void {
    if (this.#flow === 0) throw this.#source.invalid(offset, 'a bracket closes nothing');
    this.#begin(offset);
    this.#dropSimpleKey();
    this.#simpleKeys.pop();
    this.#flow--;
    this.#simpleKeyAllowed = false;
    this.#push(kind, offset, offset + 1);
  }

  #property(kind: 'anchor' | 'alias' | 'tag', offset: number, end: number): void {
    this.#begin(offset);
    this.#saveSimpleKey(offset);
    this.#simpleKeyAllowed = false;
    const name = this.#text.slice(offset, end);
    const after = this.#text.charCodeAt(end);
    const closes = kind !== 'tag' && this.#flow > 0 && (after === 0x2c || after === 0x5d || after === 0x7d);
    if (!(kind === 'tag' ? tagName : anchorName).test(name) || (!closes && !isBlankOrEnd(after))) {
      throw this.#source.invalid(offset, `go-yaml does not read this ${kind}`);
    }
    this.#push(kind, offset, end, kind === 'tag' ? name : name.slice(1));
  }

  #quoted(kind: 'single' | 'double', offset: number, end: number): void {
    this.#begin(offset);
    this.#saveSimpleKey(offset);
    this.#simpleKeyAllowed = false;
    this.#push(kind, offset, end, readQuoted(this.#source, offset, end));
    this.#countLines(offset, end);
  }

  #plain(offset: number, end: number): void {
    this.#begin(offset);
    this.#saveSimpleKey(offset);
    this.#simpleKeyAllowed = false;
    const first = this.#text.charAt(offset);
    const inFlow = this.#flow > 0;
    const starts = inFlow ? first !== ':' : true;
    if (offset === end || startsNoPlain.has(first) || !starts) {
      throw this.#source.invalid(offset, `a text that begins with ${first} needs quotes`);
    }
    if (inFlow && this.#text.slice(offset, end).includes('?')) {
      throw this.#source.invalid(offset, 'a text with a question mark in a flow collection needs quotes');
    }
    this.#push('plain', offset, end, readPlain(this.#source, offset, end, this.#indent));
    if (isBreak(this.#text.charCodeAt(skipBlanks(this.#text, end)))) this.#simpleKeyAllowed = true;
  }

  #block(offset: number, headerEnd: number, comment: number, content: number, end: number): void {
    const source = this.#source;
    const header = parseBlockHeader(this.#text.slice(offset, headerEnd));
    if (header === null) throw source.invalid(offset, 'the sign of a block scalar has something behind it');
    this.#dropSimpleKey();
    const at = { header, headerEnd, contentStart: content };
    const block = readBlockScalar(source, at, this.#indent);
    if (block.contentEnd > end || skipWhite(this.#text, block.contentEnd) < end) {
      throw source.invalid(offset, 'go-yaml ends this block scalar at another line; indent it more');
    }
    this.#push('block', offset, Math.max(block.contentEnd, headerEnd), block.value, block);
    if (comment >= 0) {
      this.#groups.push({
        kind: 'line',
        tokenMark: offset,
        start: comment,
        column: -1,
        end: 0,
        scanMark: 0,
        lines: [comment],
      });
    }
    this.#simpleKeyAllowed = true;
  }

  #countLines(from: number, to: number): void {
    const last = this.#text.lastIndexOf('\n', to - 1);
    if (last >= from) this.#lineStart = last + 1;
  }

  #finish(): void {
    const end = this.#text.length;
    if (this.#flow > 0) throw this.#source.invalid(end, 'a flow collection is not closed');
    const mark = this.#closeGap(end);
    this.#unroll(end - this.#lineStart, mark);
    this.#unroll(-1, end);
    this.#dropSimpleKey();
    this.#push('stream-end', end, end);
  }
}

function skipBlanks(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) === 0x20 || text.charCodeAt(at) === TAB) at++;
  return at;
}
