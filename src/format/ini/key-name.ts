import { skipSpace, trimEnd } from './space.ts';

/** A key and the offset behind its delimiter. */
export interface KeyName {
  readonly name: string;
  readonly valueFrom: number;
}

/**
 * Reads a key as gopkg.in/ini.v1 does (its parser.go, readKeyName).
 * @param start where the line's first character that is no space stands
 * @returns what is wrong, as a text, where there is no key
 */
export function readKeyName(text: string, start: number, lineEnd: number): KeyName | string {
  const line = text.slice(start, lineEnd);
  const length = Math.min(lineEnd + 1, text.length) - start;
  const quote = line.startsWith('"""') && length > 6 ? '"""' : line[0] === '"' || line[0] === '`' ? line[0] : '';
  const close = quote === '' ? 0 : line.indexOf(quote, quote.length);
  if (close < 0) return 'a quoted key is not closed';
  const delimiter = line.slice(close + quote.length).search(/[=:]/);
  if (delimiter < 0) return 'a line has neither = nor :';
  if (quote === '' && delimiter === 0) return 'a line has no key';
  const name = quote === '' ? line.slice(0, delimiter) : line.slice(quote.length, close);
  const from = skipSpace(name, 0, name.length);
  return {
    name: name.slice(from, trimEnd(name, from, name.length)),
    valueFrom: start + close + quote.length + delimiter + 1,
  };
}

/** A key as ini.v1 writes it (its file.go, writeToBuffer). */
export function writeKeyName(name: string): string {
  if (/["=:]/.test(name)) return `\`${name}\``;
  return name.includes('`') ? `"""${name}"""` : name;
}

/** Whether the key comes back when sops writes the file: `-` is a counter to the loader, and `#a` then reads as a comment. */
export function survivesSops(name: string): boolean {
  if (name === '' || name === '-') return false;
  const written = `${writeKeyName(name)}=`;
  if (/^[#;[]/.test(written)) return false;
  const read = readKeyName(written, 0, written.length);
  return typeof read !== 'string' && read.name === name;
}
