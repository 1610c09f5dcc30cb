import { CR, isBlank, isBreak, LF, SPACE, TAB } from './character.ts';
import type { Source } from './source.ts';
import type { BlockScalar } from './token.ts';

export interface BlockHeader {
  readonly literal: boolean;
  /** `-`, `+`, or neither. */
  readonly chomping: string;
  /** The indentation indicator, 0 for none. */
  readonly increment: number;
}

const header = /^([|>])(?:([-+])([1-9])?|([1-9])([-+])?)?$/;

export function parseBlockHeader(text: string): BlockHeader | null {
  const parts = header.exec(text);
  if (parts === null) return null;
  return {
    literal: parts[1] === '|',
    chomping: parts[2] ?? parts[5] ?? '',
    increment: Number(parts[3] ?? parts[4] ?? 0),
  };
}

/**
 * Reads a literal or folded scalar as go-yaml does (scannerc.go, `yaml_parser_scan_block_scalar`).
 * @param contentStart behind the line break of the header's line, or the end of the text
 * @param parentIndent column of the block collection around it, -1 for none
 */
export function readBlockScalar(
  source: Source,
  at: { readonly header: BlockHeader; readonly headerEnd: number; readonly contentStart: number },
  parentIndent: number,
): BlockScalar {
  const { text } = source;
  const { literal, chomping, increment } = at.header;
  let indent = increment > 0 ? Math.max(parentIndent, 0) + increment : 0;
  let mark = at.contentStart;
  let column = 0;
  let value = '';
  let leadingBreak = '';
  let trailingBreaks = '';
  let contentEnd = at.contentStart;

  const skipBreaks = () => {
    let widest = 0;
    for (;;) {
      while ((indent === 0 || column < indent) && text.charCodeAt(mark) === SPACE) {
        mark++;
        column++;
      }
      widest = Math.max(widest, column);
      const code = text.charCodeAt(mark);
      if ((indent === 0 || column < indent) && code === TAB) {
        throw source.invalid(mark, 'a tab stands where the indentation of a block scalar is expected');
      }
      if (!isBreak(code)) break;
      mark += code === CR && text.charCodeAt(mark + 1) === LF ? 2 : 1;
      column = 0;
      trailingBreaks += '\n';
    }
    if (indent === 0) indent = Math.max(widest, parentIndent + 1, 1);
  };

  skipBreaks();
  let afterBlank = false;
  while (column === indent && mark < text.length) {
    const blank = isBlank(text.charCodeAt(mark));
    if (!literal && !afterBlank && !blank && leadingBreak !== '') {
      if (trailingBreaks === '') value += ' ';
    } else value += leadingBreak;
    value += trailingBreaks;
    trailingBreaks = '';
    afterBlank = blank;
    contentEnd = source.lineEnd(mark);
    value += text.slice(mark, contentEnd);
    mark = contentEnd;
    if (mark === text.length) {
      leadingBreak = '';
      break;
    }
    leadingBreak = '\n';
    mark += text.charCodeAt(mark) === CR ? 2 : 1;
    column = 0;
    skipBreaks();
  }
  if (chomping !== '-') value += leadingBreak;
  if (chomping === '+') value += trailingBreaks;
  return {
    literal,
    value,
    headerEnd: at.headerEnd,
    contentStart: at.contentStart,
    contentEnd,
    indent,
    next: mark,
  };
}
