import { HASH, isBlank, isBreak, LF } from './character.ts';
import type { Source } from './source.ts';
import type { ScannedComment, Token } from './token.ts';

/** Gaps wider than this end go-yaml's look-ahead. */
const LOOK_AHEAD = 512;

/** What the scanner knows when it meets comments between two tokens. */
export interface Gap {
  /** The token before the gap. */
  readonly before: Token;
  /** The one before that, which a comment behind a comma in a flow collection belongs to. */
  readonly beforeThat: Token | undefined;
  /** Where a comment on the last token's line is filed, -1 where it may have none. */
  readonly lineMark: number;
  /** Column of the innermost open block collection, -1 outside of all. */
  readonly indent: number;
  readonly inFlow: boolean;
}

/**
 * Groups the comments between two tokens as go-yaml's scanner does (scannerc.go: `yaml_parser_scan_line_comment`,
 * `yaml_parser_scan_comments`): which of them head the next token, stand on the line of the last one, or follow it.
 * @param offsets of the `#` signs in the gap
 * @param found receives the groups
 * @returns where go-yaml's scanner stood when it began to look for the next token
 */
export function scanGap(source: Source, gap: Gap, offsets: readonly number[], found: ScannedComment[]): number {
  const { before } = gap;
  const { text } = source;
  let mark = before.kind === 'plain' ? skipWhite(text, before.end) : (before.block?.next ?? before.end);
  let next = 0;
  const first = offsets[0];
  if (first !== undefined && gap.lineMark >= 0 && onSameLine(text, before.end, first)) {
    found.push({
      kind: 'line',
      tokenMark: gap.lineMark,
      start: first,
      column: -1,
      end: 0,
      scanMark: 0,
      lines: [first],
    });
    mark = source.lineEnd(first);
    next = 1;
  }
  while (next < offsets.length) {
    const reached = scanComments(source, gap, offsets[next] ?? 0, mark, found);
    while (next < offsets.length && (offsets[next] ?? 0) < reached) next++;
  }
  return mark;
}

function onSameLine(text: string, from: number, to: number): boolean {
  const line = text.indexOf('\n', from);
  return (line < 0 || line > to) && to - from < LOOK_AHEAD;
}

export function skipWhite(text: string, from: number): number {
  let at = from;
  for (let code = text.charCodeAt(at); isBlank(code) || isBreak(code); code = text.charCodeAt(++at));
  return at;
}

/** Line breaks since the last character that is none and no blank. */
function breaksBefore(text: string, offset: number): number {
  let count = 0;
  for (let at = offset - 1; at >= 0; at--) {
    const code = text.charCodeAt(at);
    if (code === LF) count++;
    else if (!isBlank(code) && !isBreak(code)) break;
  }
  return count;
}

/** One run of go-yaml's loop; its names for the marks are kept so that the two can be compared. */
function scanComments(source: Source, gap: Gap, first: number, from: number, found: ScannedComment[]): number {
  const { text } = source;
  const token = gap.before.kind === 'flow-entry' && gap.beforeThat !== undefined ? gap.beforeThat : gap.before;
  const nextIndent = Math.max(gap.indent, 0);
  const newlines = breaksBefore(text, first);
  let scanMark = from;
  let tokenMark = token.start;
  let line = source.lineOf(first);
  let column = source.columnOf(first);
  let footLine = -1;
  if (source.lineOf(scanMark) > 0) {
    footLine = line - newlines + 1;
    if (newlines === 0 && column > 1) footLine++;
  }
  let firstEmpty = newlines <= 1;
  let recentEmpty = false;
  let start = { index: 0, line: 0, column: 0 };
  let lines: number[] | null = null;
  let at = first;
  let peek = 0;

  const foot = (group: number[], end: number) => {
    found.push({ kind: 'foot', tokenMark, start: start.index, column: start.column, end, scanMark, lines: group });
    scanMark = end;
    tokenMark = end;
    lines = null;
  };

  for (; peek < LOOK_AHEAD; peek++) {
    column++;
    const index = at + peek;
    const code = index < text.length ? text.charCodeAt(index) : 0;
    if (isBlank(code)) continue;
    const closesFlow = gap.inFlow && (code === 0x5d || code === 0x7d);
    if (closesFlow || code === 0 || isBreak(code)) {
      if (closesFlow || !recentEmpty) {
        const dedented = start.column - 1 < nextIndent;
        if (closesFlow || (firstEmpty && ((start.line === footLine && token.kind !== 'value') || dedented))) {
          if (lines !== null) {
            if (dedented) tokenMark = start.index;
            foot(lines, index);
          }
        } else if (lines !== null && code !== 0) (lines as number[]).push(-1);
      }
      if (!isBreak(code)) break;
      firstEmpty = false;
      recentEmpty = true;
      column = 0;
      line++;
      continue;
    }
    if (lines !== null && column - 1 < nextIndent && column !== start.column) foot(lines, index);
    if (code !== HASH) break;
    if (lines === null) {
      start = { index, line, column };
      lines = [];
    }
    (lines as number[]).push(index);
    recentEmpty = false;
    at = source.lineEnd(index);
    peek = 0;
    column = 0;
    line = source.lineOf(at);
  }
  if (lines !== null) {
    found.push({
      kind: 'head',
      tokenMark: start.index,
      start: start.index,
      column: start.column,
      end: at + peek - 1,
      scanMark,
      lines,
    });
  }
  return Math.max(at, first + 1);
}
