import { GitSopsError } from '../../errors.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import type { CommentPart, IniComment } from './comment.ts';
import { readKeyName, survivesSops } from './key-name.ts';
import { skipSpace, trimEnd } from './space.ts';
import { type IniValue, type Range, readValue } from './value.ts';

export interface IniKey {
  readonly name: string;
  readonly value: IniValue;
  readonly comment: IniComment;
  /** Start of its line. */
  readonly start: number;
  readonly line: number;
  readonly column: number;
}

export interface IniSection {
  readonly name: string;
  readonly comment: IniComment;
  readonly keys: readonly IniKey[];
  /** The header's line with its newline; null for what stands above the first header. */
  readonly header: Range | null;
  /** Behind the closing bracket. */
  readonly inlineFrom: number;
  readonly line: number;
}

export interface IniSource {
  /** The first is always the default section, as the loader has it, keys or none. */
  readonly sections: readonly IniSection[];
  /** Comments with no key or header below them. */
  readonly trailing: IniComment;
}

interface OpenSection extends IniSection {
  readonly keys: IniKey[];
  readonly names: Set<string>;
}

/**
 * Reads INI as sops does: gopkg.in/ini.v1 (its parser.go) with repeated sections allowed.
 * @throws GitSopsError `invalid-ini`; `duplicate-key` where the loader would keep only the last; `unsupported-spelling` where
 * sops reads or writes something other than what stands there
 */
export function scanIni(text: string): IniSource {
  const scanner = new Scanner(text);
  const bom = text.startsWith('\ufeff') ? 1 : 0;
  for (let start = bom, line = 1; start < text.length; ) {
    const next = scanner.readLine(start, line);
    line += newlinesIn(text, start, next);
    start = next;
  }
  return { sections: scanner.sections, trailing: scanner.pending };
}

class Scanner {
  readonly #text: string;
  readonly sections: OpenSection[] = [openSection('DEFAULT', [], null, 0, 1)];
  pending: CommentPart[] = [];

  constructor(text: string) {
    this.#text = text;
  }

  /** @returns where the next line starts */
  readLine(lineStart: number, line: number): number {
    const text = this.#text;
    const newline = text.indexOf('\n', lineStart);
    const end = newline < 0 ? text.length : newline;
    const start = skipSpace(text, lineStart, end);
    const next = Math.min(end + 1, text.length);
    if (start === end) return next;
    const column = start - lineStart + 1;
    try {
      switch (text[start]) {
        case '#':
        case ';':
          this.pending.push({ start, end, inline: false, line, column });
          return next;
        case '[':
          this.#header(lineStart, start, end, line);
          return next;
        default:
          return this.#key(lineStart, start, end, line);
      }
    } catch (error) {
      throw error instanceof GitSopsError ? error.with({ line, column }) : error;
    }
  }

  #header(lineStart: number, start: number, end: number, line: number): void {
    const text = this.#text;
    const close = text.slice(start, end).lastIndexOf(']');
    if (close < 0) throw new GitSopsError('invalid-ini', { detail: 'a section header is not closed' });
    if (close === 1) throw new GitSopsError('invalid-ini', { detail: 'a section has no name' });
    const inlineFrom = start + close + 1;
    const inline = skipSpace(text, inlineFrom, end);
    if (inline < end && text[inline] !== '#' && text[inline] !== ';') {
      throw new GitSopsError('unsupported-spelling', { detail: 'text behind a section header' });
    }
    if (inline < end) this.#behind({ start: inline, end: trimEnd(text, inline, end) }, lineStart, line);
    const header = { start: lineStart, end: Math.min(end + 1, text.length) };
    this.sections.push(openSection(text.slice(start + 1, start + close), this.#comments(), header, inlineFrom, line));
  }

  #key(lineStart: number, start: number, end: number, line: number): number {
    const text = this.#text;
    const key = readKeyName(text, start, end);
    if (typeof key === 'string') throw new GitSopsError('invalid-ini', { detail: key });
    const section = this.sections.at(-1) as OpenSection;
    const { name, valueFrom } = key;
    if (!survivesSops(name))
      throw new GitSopsError('unsupported-spelling', { detail: 'a key that sops does not write back' });
    if (section.names.has(name)) {
      throw new GitSopsError('duplicate-key', { keyPath: showKeyPath([section.name, name]) });
    }
    section.names.add(name);
    const value = readValue(text, valueFrom, end);
    if (value.inline !== null) this.#behind(value.inline, lineStart, line);
    section.keys.push({
      name,
      value,
      comment: this.#comments(),
      start: lineStart,
      line,
      column: start - lineStart + 1,
    });
    return value.next;
  }

  #behind({ start, end }: Range, lineStart: number, line: number): void {
    this.pending.push({ start, end, inline: true, line, column: start - lineStart + 1 });
  }

  #comments(): IniComment {
    const comments = this.pending;
    this.pending = [];
    return comments;
  }
}

function openSection(
  name: string,
  comment: IniComment,
  header: Range | null,
  inlineFrom: number,
  line: number,
): OpenSection {
  return { name, comment, keys: [], names: new Set(), header, inlineFrom, line };
}

function newlinesIn(text: string, start: number, end: number): number {
  let count = 0;
  for (let at = text.indexOf('\n', start); at >= 0 && at < end; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
