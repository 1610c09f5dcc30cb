import { encodePath, type GitPath } from './path.ts';

/**
 * What a terminal may take for an order or draw elsewhere than it stands: control characters (C0, DEL, C1), line
 * and paragraph separators, bidi marks, embeddings and isolates, invisible format characters, lone surrogates.
 */
const unsafe = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;
const unsafeRun = /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;

const named: Readonly<Record<number, string>> = {
  7: '\\a',
  8: '\\b',
  9: '\\t',
  10: '\\n',
  11: '\\v',
  12: '\\f',
  13: '\\r',
};

/**
 * A path for people: as it is when it is plain text, else in Git's own C style, `"a\nb\303"`: octal for the
 * bytes of what is unsafe, backslashes for `"` and `\`. Everything printable stays readable, whatever the script.
 */
export function quotePath(path: GitPath): string {
  if (path !== '' && !unsafe.test(path) && !/["\\]/.test(path) && path.trim() === path) return path;
  return `"${path.replace(/["\\]/g, '\\$&').replace(unsafeRun, octal)}"`;
}

/** Foreign text (such as another program's message) on one line: what is unsafe escaped, no quotes around. */
export function escapeText(text: string): string {
  return text.replace(unsafeRun, octal);
}

function octal(run: string): string {
  let out = '';
  for (const byte of encodePath(run)) out += named[byte] ?? `\\${byte.toString(8).padStart(3, '0')}`;
  return out;
}
