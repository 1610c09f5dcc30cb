import { GitSopsError } from '../../errors.ts';
import { skipSpace, trimEnd } from './space.ts';

export interface Range {
  readonly start: number;
  readonly end: number;
}

export type Quote = '' | "'" | '"' | '`' | '"""';

/** A value as the loader reads it. Offsets in UTF-16 code units. */
export interface IniValue {
  readonly value: string;
  readonly quote: Quote;
  /** With its quotes. For an empty value both are behind the delimiter. */
  readonly start: number;
  readonly end: number;
  /** A comment behind it, from its sign to its last character. */
  readonly inline: Range | null;
  /** The same behind a closing backtick, where the loader does not look. */
  readonly ignored: Range | null;
  /** Where the next line starts. */
  readonly next: number;
}

/**
 * Reads what stands behind a key's delimiter as gopkg.in/ini.v1 does with sops's options (its parser.go, readValue).
 * @throws GitSopsError for what sops reads otherwise than it is meant, or drops
 */
export function readValue(text: string, from: number, lineEnd: number): IniValue {
  const start = skipSpace(text, from, lineEnd);
  const quote = multilineQuote(text, start, lineEnd);
  if (quote !== null) return readQuoted(text, start, lineEnd, quote);
  const end = trimEnd(text, start, lineEnd);
  const next = Math.min(lineEnd + 1, text.length);
  if (text[end - 1] === '\\' && end > start) {
    throw new GitSopsError('unsupported-spelling', { detail: 'a value that goes on in the next line' });
  }
  const sign = text.slice(start, end).search(/[#;]/);
  const inline = sign < 0 ? null : { start: start + sign, end };
  const valueEnd = inline === null ? end : trimEnd(text, start, inline.start);
  if (text[valueEnd - 1] === '\\' && valueEnd > start) {
    // Read as it stands, but without the comment behind it the value would take in the next line.
    throw new GitSopsError('unsupported-spelling', { detail: 'a value that ends in a backslash' });
  }
  const rest = { inline, ignored: null, next };
  if (valueEnd === start) return { value: '', quote: '', start: from, end: from, ...rest };
  const value = text.slice(start, valueEnd);
  const first = value[0];
  const surrounded =
    (first === '"' || first === "'") && value.length > 1 && value.indexOf(first, 1) === value.length - 1;
  if (surrounded) return { value: value.slice(1, -1), quote: first, start, end: valueEnd, ...rest };
  return { value, quote: '', start, end: valueEnd, ...rest };
}

/** The quotes between which a value may span lines. */
function multilineQuote(text: string, start: number, lineEnd: number): '`' | '"""' | null {
  if (start === lineEnd) return null;
  if (text[start] === '`') return '`';
  // A lone """ as the last bytes of a file is no quote to the loader.
  return text.startsWith('"""', start) && Math.min(lineEnd + 1, text.length) - start > 3 ? '"""' : null;
}

function readQuoted(text: string, start: number, lineEnd: number, quote: '`' | '"""'): IniValue {
  const body = start + quote.length;
  const close = text.slice(body, lineEnd).lastIndexOf(quote);
  if (close >= 0) {
    const end = body + close + quote.length;
    const ignored = commentBehind(text, end, lineEnd);
    return {
      value: text.slice(body, body + close),
      quote,
      start,
      end,
      inline: null,
      ignored,
      next: Math.min(lineEnd + 1, text.length),
    };
  }
  for (let from = lineEnd + 1; from < text.length; ) {
    const newline = text.indexOf('\n', from);
    const to = newline < 0 ? text.length : newline;
    const at = text.slice(from, to).lastIndexOf(quote);
    if (at >= 0) {
      const end = from + at + quote.length;
      const inline = commentBehind(text, end, to);
      const value = text.slice(body, from + at);
      return { value, quote, start, end, inline, ignored: null, next: Math.min(to + 1, text.length) };
    }
    from = to + 1;
  }
  throw new GitSopsError('invalid-ini', { detail: 'a quoted value is not closed' });
}

function commentBehind(text: string, from: number, lineEnd: number): Range | null {
  const start = skipSpace(text, from, lineEnd);
  if (start === lineEnd) return null;
  const end = trimEnd(text, start, lineEnd);
  // The loader drops such text. If it ends in a backslash, it even takes the next line for a part of the value.
  if ((text[start] !== '#' && text[start] !== ';') || text[end - 1] === '\\') {
    throw new GitSopsError('unsupported-spelling', { detail: 'text behind the closing quote of a value' });
  }
  return { start, end };
}
