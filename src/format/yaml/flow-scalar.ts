import { isBlank, isBreak, LF } from './character.ts';
import type { Source } from './source.ts';

/** What a plain scalar means: line breaks fold, as in go-yaml (scannerc.go, `yaml_parser_scan_plain_scalar`). */
export function readPlain(source: Source, start: number, end: number): string {
  const raw = source.text.slice(start, end);
  if (!raw.includes('\n')) return raw;
  return foldLines(raw);
}

/** Quoted scalars, by the same file's `yaml_parser_scan_flow_scalar`. */
export function readQuoted(source: Source, start: number, end: number): string {
  const raw = source.text.slice(start, end);
  const quote = raw[0];
  if (raw.length < 2 || !endsQuoted(raw)) throw source.invalid(start, 'a quoted text is not closed');
  const folds = raw.includes('\n');
  if (folds && /\n(?:---|\.\.\.)(?=[ \t\r\n])/.test(raw)) {
    throw source.invalid(start, 'a document marker stands inside a quoted text');
  }
  const inner = raw.slice(1, -1);
  if (quote === "'") return (folds ? foldLines(inner) : inner).replaceAll("''", "'");
  return folds || inner.includes('\\') ? readEscapes(source, inner, start + 1) : inner;
}

function endsQuoted(raw: string): boolean {
  const quote = raw.charAt(0);
  if (!raw.endsWith(quote)) return false;
  let before = raw.length - 2;
  if (quote === "'") {
    while (before > 0 && raw[before] === "'") before--;
    return before === 0 ? raw.length % 2 === 0 : (raw.length - 2 - before) % 2 === 0;
  }
  while (before > 0 && raw[before] === '\\') before--;
  return (raw.length - 2 - before) % 2 === 0;
}

/** A single break becomes a blank, more of them lose one; blanks around breaks go. */
function foldLines(text: string): string {
  // From the first blank of a row only: a long row without a break behind it would be searched once for each of its blanks.
  return text.replace(/(?<![ \t])[ \t]*(?:\r?\n[ \t]*)+/g, (breaks) => {
    const count = breaks.split('\n').length - 1;
    return count === 1 ? ' ' : '\n'.repeat(count - 1);
  });
}

const escapes: Readonly<Record<string, string>> = {
  '0': '\0',
  a: '\x07',
  b: '\b',
  t: '\t',
  '\t': '\t',
  n: '\n',
  v: '\v',
  f: '\f',
  r: '\r',
  e: '\x1b',
  ' ': ' ',
  '"': '"',
  "'": "'",
  '\\': '\\',
  N: '\u0085',
  _: '\u00a0',
  L: '\u2028',
  P: '\u2029',
};
const escapeLengths: Readonly<Record<string, number>> = { x: 2, u: 4, U: 8 };

function readEscapes(source: Source, text: string, start: number): string {
  let value = '';
  let at = 0;
  while (at < text.length) {
    const code = text.charCodeAt(at);
    if (isBlank(code) || isBreak(code)) {
      const from = at;
      while (at < text.length && (isBlank(text.charCodeAt(at)) || isBreak(text.charCodeAt(at)))) at++;
      const gap = text.slice(from, at);
      value += gap.includes('\n') ? foldLines(gap) : gap;
      continue;
    }
    if (code !== 0x5c) {
      value += text[at++];
      continue;
    }
    const sign = text.charAt(at + 1);
    if (sign === '\n' || sign === '\r') {
      at += sign === '\r' && text.charCodeAt(at + 2) === LF ? 3 : 2;
      while (at < text.length && (isBlank(text.charCodeAt(at)) || isBreak(text.charCodeAt(at)))) {
        if (text.charCodeAt(at) === LF) value += '\n';
        at++;
      }
      continue;
    }
    const length = escapeLengths[sign];
    if (length === undefined) {
      const meaning = escapes[sign];
      if (meaning === undefined) throw source.invalid(start + at, `the escape \\${sign} is not one that go-yaml knows`);
      value += meaning;
      at += 2;
      continue;
    }
    const digits = text.slice(at + 2, at + 2 + length);
    const point = Number.parseInt(digits, 16);
    if (
      !/^[\da-fA-F]+$/.test(digits) ||
      digits.length < length ||
      point > 0x10ffff ||
      (point >> 11) * 0x800 === 0xd800
    ) {
      throw source.invalid(start + at, 'an escape is not a Unicode character');
    }
    value += String.fromCodePoint(point);
    at += 2 + length;
  }
  return value;
}
