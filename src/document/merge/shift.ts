import { type Chunk, sides, type Versions } from './chunk.ts';
import { linesOf } from './merge-lines.ts';

/**
 * Lines moved from one indentation to another. Lines that are indented less stay.
 * @param atLineStart whether the text's first character begins a line
 */
export function shift(text: string, from: string | null, to: string | null, atLineStart: boolean): string {
  if (from === null || to === null || from === to) return text;
  return linesOf(text)
    .map((line, i) => {
      const begins = i > 0 || atLineStart;
      // A line of white space is moved if it is longer: in a literal block the rest of it is content.
      const isMoved = begins && line.startsWith(from) && line.replace(/\r?\n$/, '').length > from.length;
      return isMoved ? to + line.slice(from.length) : line;
    })
    .join('');
}

/** What begins in the middle of a line begins without its indentation. */
export function unindentFirst(chunks: readonly Chunk[], indent: string): Chunk[] {
  const strip = (text: string) => (text.startsWith(indent) ? text.slice(indent.length) : text);
  const rest = [...chunks];
  const first = { base: '', ours: '', theirs: '' };
  const has = () => sides.every((side) => first[side] !== '');
  while (rest.length > 0 && !has()) {
    const chunk = rest.shift() as Chunk;
    for (const side of sides) first[side] += typeof chunk === 'string' ? chunk : chunk[side];
  }
  const versions: Versions = { base: strip(first.base), ours: strip(first.ours), theirs: strip(first.theirs) };
  const settled = sides.every((side) => versions[side] === versions.ours);
  return [settled ? versions.ours : versions, ...rest];
}
