import { GitSopsError } from '../../errors.ts';

/** A line that is not blank. Offsets in UTF-16 code units; `end` is before the newline. */
export type DotenvLine = DotenvComment | DotenvEntry;

interface DotenvComment {
  readonly kind: 'comment';
  readonly line: number;
  /** Of the `#`. */
  readonly start: number;
  readonly end: number;
}

export interface DotenvEntry {
  readonly kind: 'entry';
  readonly line: number;
  readonly start: number;
  readonly end: number;
  readonly key: string;
  readonly valueStart: number;
}

/**
 * Lines as sops's dotenv store sees them (its stores/dotenv/store.go): split at \n alone, `#` in the first column, everything
 * behind the first `=` is the value, quotes, blanks and carriage returns included.
 * @throws GitSopsError `invalid-dotenv`
 */
export function readLines(text: string): DotenvLine[] {
  const lines: DotenvLine[] = [];
  for (let start = 0, line = 1; start < text.length; line++) {
    const newline = text.indexOf('\n', start);
    const end = newline < 0 ? text.length : newline;
    if (text[start] === '#') lines.push({ kind: 'comment', line, start, end });
    else if (end > start) lines.push(readEntry(text.slice(start, end), line, start, end));
    start = end + 1;
  }
  return lines;
}

function readEntry(source: string, line: number, start: number, end: number): DotenvEntry {
  const sign = source.indexOf('=');
  // Never the line itself: it may be the rest of a secret that was meant to span lines.
  if (sign < 0) {
    const blank = source.trim() === '';
    const detail = blank ? 'a line holds blanks only' : 'a line has no =, and no # in its first column';
    throw new GitSopsError('invalid-dotenv', { line, detail });
  }
  return { kind: 'entry', line, start, end, key: source.slice(0, sign), valueStart: start + sign + 1 };
}
