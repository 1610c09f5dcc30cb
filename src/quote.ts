/**
 * How text that others wrote is shown: open to all folders, as `messages.ts` is. Nothing here needs a `node:` module.
 */

/** The usual case, which needs none of the classes below: engines take a millisecond to make a search of those. */
const ascii = /^[\x20-\x7e]*$/;
/**
 * What a terminal may take for an order or draw elsewhere than it stands: control characters (C0, DEL, C1), line
 * and paragraph separators, bidi marks, embeddings and isolates, invisible format characters, lone surrogates.
 */
const unsafe = () => /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u;
const unsafeRun = () => /[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu;

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
 * A path (git/path.ts) for people: as it is when it is plain text, else in Git's own C style, `"a\nb\303"`: octal for the
 * bytes of what is unsafe, backslashes for `"` and `\`. Everything printable stays readable, whatever the script.
 */
export function quotePath(path: string): string {
  if (path !== '' && (ascii.test(path) || !unsafe().test(path)) && !/["\\]/.test(path) && path.trim() === path)
    return path;
  return `"${path.replace(/["\\]/g, '\\$&').replace(unsafeRun(), octal)}"`;
}

/** Foreign text (such as another program's message) on one line: what is unsafe escaped, no quotes around. Twice is as once. */
export function escapeText(text: string): string {
  return ascii.test(text) ? text : text.replace(unsafeRun(), octal);
}

/** One word for a POSIX shell, whatever it holds. */
export function shellQuote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}

/**
 * A path as one word of a command to paste: one that begins with `-` would be an option to it, with `:` magic of Git's, and neither
 * is a `--` in the right place for every command.
 */
export function shellPath(path: string): string {
  return shellQuote(/^[-:]/.test(path) ? `./${path}` : path);
}

function octal(run: string): string {
  let out = '';
  for (const character of run) {
    for (const byte of bytesOf(character)) out += named[byte] ?? `\\${byte.toString(8).padStart(3, '0')}`;
  }
  return out;
}

/** UTF-8; a byte of a path that is none stands as a surrogate of its own. */
function bytesOf(character: string): Iterable<number> {
  const code = character.charCodeAt(0);
  if (character.length === 1 && code >= 0xdc80 && code <= 0xdcff) return [code - 0xdc00];
  return new TextEncoder().encode(character);
}
