import { parseBlockHeader, readBlockScalar } from './block-scalar.ts';
import { CR, HASH, isBlankOrEnd, isBreak, LF, SPACE, TAB } from './character.ts';
import { scanGap, skipWhite } from './comment-scan.ts';
import { readPlain, readQuoted } from './flow-scalar.ts';
import { headerEnd, isDocumentMarker, nameEnd, plainEnd, quotedEnd, startsPlain, tagEnd } from './lexeme.ts';
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

const anchorName = /^[&*][\w-]+$/;
const tagName =
  /^!(?:<(?:[\w;/?:@&=+$.!~*'(),[\]-]|%[\da-fA-F]{2})+>|(?:!(?=.))?(?:[\w;/?:@&=+$.~*'(),[\]-]|%[\da-fA-F]{2})*)$/;

/**
 * Makes the tokens that go-yaml makes (scannerc.go), simple keys, block starts and ends, comment groups and what is an error
 * included, because sops reads with it.
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
    for (let offset = 0; offset < text.length; ) offset = this.#lexeme(offset);
    this.#finish();
    return { tokens: this.#tokens, groups: this.#groups, comments: this.#comments };
  }

  /** Reads what begins at an offset. @returns where the next begins */
  #lexeme(offset: number): number {
    const text = this.#text;
    const code = text.charCodeAt(offset);
    const inFlow = this.#flow > 0;
    const next = text.charCodeAt(offset + 1);
    switch (code) {
      case SPACE:
      case TAB:
        return skipBlanks(text, offset);
      case LF:
      case CR: {
        const end = code === CR && next === LF ? offset + 2 : offset + 1;
        this.#lineStart = end;
        if (!inFlow) this.#simpleKeyAllowed = true;
        return end;
      }
      case HASH:
        this.#comments.push(offset);
        this.#gap.push(offset);
        return this.#source.lineEnd(offset);
    }
    if (offset === this.#lineStart) {
      if (code === 0x25) throw this.#source.invalid(offset, 'a directive (a line that begins with %)');
      if (isDocumentMarker(text, offset)) {
        this.#documentMarker(code === 0x2d ? 'document-start' : 'document-end', offset);
        return offset + 3;
      }
    }
    switch (text.charAt(offset)) {
      case '{':
        this.#flowStart('flow-map', offset);
        return offset + 1;
      case '[':
        this.#flowStart('flow-seq', offset);
        return offset + 1;
      case '}':
        this.#flowEnd('flow-map-end', offset);
        return offset + 1;
      case ']':
        this.#flowEnd('flow-seq-end', offset);
        return offset + 1;
      case ',':
        this.#flowEntry(offset);
        return offset + 1;
      case '-':
        if (!isBlankOrEnd(next)) break;
        this.#entry(offset);
        return offset + 1;
      case '?':
        if (!inFlow && !isBlankOrEnd(next)) break;
        this.#explicitKey(offset);
        return offset + 1;
      case ':':
        if (!inFlow && !isBlankOrEnd(next)) break;
        this.#value(offset);
        return offset + 1;
      case '*':
        return this.#property('alias', offset, nameEnd(text, offset));
      case '&':
        return this.#property('anchor', offset, nameEnd(text, offset));
      case '!':
        return this.#property('tag', offset, tagEnd(text, offset));
      case "'":
        return this.#quoted('single', offset);
      case '"':
        return this.#quoted('double', offset);
      case '|':
      case '>':
        if (!inFlow) return this.#block(offset);
    }
    return this.#plain(offset);
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
    if (this.#flow > 0) return;
    const column = start >= this.#lineStart ? start - this.#lineStart : this.#source.columnOf(start);
    if (this.#indent >= column) return;
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

  #property(kind: 'anchor' | 'alias' | 'tag', offset: number, end: number): number {
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
    return end;
  }

  #flowEntry(offset: number): void {
    this.#begin(offset);
    this.#dropSimpleKey();
    this.#simpleKeyAllowed = true;
    this.#push('flow-entry', offset, offset + 1);
  }

  #quoted(kind: 'single' | 'double', offset: number): number {
    this.#begin(offset);
    this.#saveSimpleKey(offset);
    this.#simpleKeyAllowed = false;
    const end = quotedEnd(this.#source, offset);
    this.#push(kind, offset, end, readQuoted(this.#source, offset, end));
    this.#countLines(offset, end);
    return end;
  }

  #plain(offset: number): number {
    this.#begin(offset);
    const inFlow = this.#flow > 0;
    if (!startsPlain(this.#text, offset, inFlow)) {
      throw this.#source.invalid(offset, `a text that begins with ${this.#text.charAt(offset)} needs quotes`);
    }
    this.#saveSimpleKey(offset);
    this.#simpleKeyAllowed = false;
    const end = plainEnd(this.#source, offset, this.#indent, inFlow);
    this.#push('plain', offset, end, readPlain(this.#source, offset, end));
    this.#countLines(offset, end);
    if (isBreak(this.#text.charCodeAt(skipBlanks(this.#text, end)))) this.#simpleKeyAllowed = true;
    return end;
  }

  /** @returns behind its content */
  #block(offset: number): number {
    const source = this.#source;
    this.#begin(offset);
    const end = headerEnd(this.#text, offset);
    const header = parseBlockHeader(this.#text.slice(offset, end));
    const behind = skipBlanks(this.#text, end);
    const comment = this.#text.charCodeAt(behind) === HASH ? behind : -1;
    if (header === null || (comment < 0 && behind < source.lineEnd(end))) {
      throw source.invalid(offset, 'the sign of a block scalar has something behind it');
    }
    this.#dropSimpleKey();
    const at = { header, headerEnd: end, contentStart: source.nextLine(end) };
    const block = readBlockScalar(source, at, this.#indent);
    this.#push('block', offset, Math.max(block.contentEnd, end), block.value, block);
    if (comment >= 0) {
      this.#comments.push(comment);
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
    this.#countLines(offset, block.next);
    return block.next;
  }

  #countLines(from: number, to: number): void {
    // Of these characters alone: a search in the whole text would go back to the start of a long line for each token on it.
    const last = this.#text.slice(from, to).lastIndexOf('\n');
    if (last >= 0) this.#lineStart = from + last + 1;
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
