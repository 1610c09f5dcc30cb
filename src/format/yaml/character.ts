import type { Source } from './source.ts';

export const TAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SPACE = 0x20;
export const HASH = 0x23;

export function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

export function isBreak(code: number): boolean {
  return code === LF || code === CR;
}

/** Blank, line break, or (as NaN) the end of the text. */
export function isBlankOrEnd(code: number): boolean {
  return code === SPACE || code === LF || code === TAB || code === CR || Number.isNaN(code);
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const refused = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]|\r(?!\n)|\n\ufeff/;

/**
 * go-yaml (readerc.go) refuses control characters. It breaks lines at CR, NEL, LS and PS where newer parsers do not, so a text
 * with those means one thing to sops and another to everybody else.
 * @throws GitSopsError `invalid-yaml`
 */
export function refuseCharacters(source: Source): void {
  const found = refused.exec(source.text);
  if (found === null) return;
  const code = source.text.codePointAt(found[0] === '\n\ufeff' ? found.index + 1 : found.index) ?? 0;
  const name = `U+${code.toString(16).toUpperCase().padStart(4, '0')}`;
  throw source.invalid(found.index, `the character ${name} stands in the text; write it as an escape in double quotes`);
}
