import { trailingBreaks } from '../line-breaks.ts';
import type { BlockScalar } from './token.ts';

export interface BlockSpelling {
  readonly header: string;
  /** The content's lines with their indentation, without the last line's break. */
  readonly content: string;
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const notInBlocks = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]|\p{Cs}/u;

/**
 * A text as a literal block: chomping follows from the line breaks at its end, the indentation sign from a blank at its start.
 * Null for a text that a literal block cannot hold, or only oddly.
 * @param parentIndent column of the block collection around it, -1 for none
 */
export function spellBlock(
  text: string,
  indent: number,
  parentIndent: number,
  lineEnd: string,
): (BlockSpelling & { readonly trailing: number }) | null {
  const trailing = trailingBreaks(text);
  const body = text.slice(0, text.length - trailing);
  if (body === '' || body.startsWith('\n') || notInBlocks.test(text) || /^[\t ]*(?:\n|$)/.test(body)) return null;
  const chomping = trailing === 0 ? '-' : trailing === 1 ? '' : '+';
  let sign = '';
  if (body.startsWith(' ') || body.startsWith('\t')) {
    const increment = indent - Math.max(parentIndent, 0);
    if (increment < 1 || increment > 9) return null;
    sign = String(increment);
  }
  const blanks = ' '.repeat(indent);
  const content = body.split('\n').map((line) => (line === '' ? '' : blanks + line));
  return { header: `|${sign}${chomping}`, content: content.join(lineEnd), trailing };
}

/** Blank lines behind the content that the block is the owner of. */
export function blankLinesAfter(text: string, block: BlockScalar): number {
  const tail = /^(?:[ \t]*(?:\r?\n|$))*/.exec(text.slice(block.contentEnd, block.next))?.[0] ?? '';
  return Math.max(0, tail.split('\n').length - 2);
}
