import { GitSopsError } from '../errors.ts';
import { encodePath, type GitPath } from './path.ts';

/**
 * Edits a `.gitattributes` file: our lines stand in one block between two comments, all else stays byte for byte. Files
 * are strings as `decodePath` makes them, so bytes that are not UTF-8 survive.
 */

const begin = '# >>> git-sops: written by "git sops init", removed by "git sops deinit"';
/** Said where the file did not end in a newline, so that taking the block away gives back the very file. */
const unterminated = ' (the line above had no newline)';
const end = '# <<< git-sops';

/** The lines of the block; null when the file has none. */
export function managedLines(file: string): string[] | null {
  const block = findBlock(file);
  return block === null ? null : splitLines(file.slice(block.start, block.end)).slice(1, -1);
}

/** The file with these lines in its block, which is made at the end where there is none. */
export function withManagedLines(file: string, lines: readonly string[]): string {
  const newline = /\r\n/.test(file) && !/(^|[^\r])\n/.test(file) ? '\r\n' : '\n';
  const block = findBlock(file);
  if (block !== null) {
    const head = splitLines(file.slice(block.start, block.end))[0] as string;
    const text = [head, ...lines, end].join(newline) + newline;
    return file.slice(0, block.start) + text + file.slice(block.end);
  }
  const open = file !== '' && !file.endsWith('\n');
  const text = [open ? begin + unterminated : begin, ...lines, end].join(newline) + newline;
  return file + (open ? newline : '') + text;
}

/** The file without the block. Empty where there was nothing else. */
export function withoutManagedLines(file: string): string {
  const block = findBlock(file);
  if (block === null) return file;
  const before = file.slice(0, block.start);
  const after = file.slice(block.end);
  const head = file.slice(block.start, file.indexOf('\n', block.start));
  // Lines that were added behind the block still need the newline.
  if (after !== '' || !head.startsWith(begin + unterminated)) return before + after;
  return before.slice(0, head.endsWith('\r') ? -2 : -1);
}

/** The block's offsets, its last newline included. A begin without an end is not touched: it is somebody's text. */
function findBlock(file: string): { start: number; end: number } | null {
  let start = -1;
  for (let at = 0; at < file.length; ) {
    const newline = file.indexOf('\n', at);
    const next = newline < 0 ? file.length : newline + 1;
    const line = file.slice(at, next);
    if (line.startsWith('# >>> git-sops')) start = at;
    else if (start >= 0 && line.replace(/\r?\n$/, '') === end) return { start, end: next };
    at = next;
  }
  return null;
}

function splitLines(text: string): string[] {
  return text.replace(/\r?\n$/, '').split(/\r?\n/);
}

/**
 * `PATTERN ATTRIBUTE …`, quoted where Git needs it.
 * @throws GitSopsError `attribute-line-too-long`: Git ignores such a line (from 2.39.1 on), which would leak.
 */
export function attributeLine(pattern: string, attributes: readonly string[]): string {
  const line = [quotePattern(pattern), ...attributes].join(' ');
  const size = encodePath(line).length;
  if (size > 2047) throw new GitSopsError('attribute-line-too-long', { file: pattern, detail: String(size) });
  return line;
}

/** The pattern that matches this one path and no other. Relative to the top, in the top's `.gitattributes`. */
export function literalPattern(path: GitPath): string {
  // The leading slash anchors it, and keeps `#`, `!` and `[attr]` from being special.
  return `/${path.replace(/[*?[\]\\]/g, '\\$&')}`;
}

/**
 * A pattern as it stands in the file: Git ends it at white space, takes `#` for a comment, and reads what starts with a
 * quote in C style. What it looks for after it took the quotes away, `!` for a negation (which it forbids) and `[attr]`
 * for a macro, gets another spelling of the same meaning. See `parse_attr_line` in git's attr.c.
 */
export function quotePattern(pattern: string): string {
  const respelled = pattern.replace(/^!/, '\\!').replace(/^\[attr\]/, '[atr]');
  if (respelled !== '' && !/^["#]|[\s\p{Cc}\uDC80-\uDCFF]/u.test(respelled)) return respelled;
  let quoted = '';
  for (const byte of encodePath(respelled)) {
    if (byte === 0x22 || byte === 0x5c) quoted += `\\${String.fromCharCode(byte)}`;
    else if (byte < 0x20 || byte >= 0x7f) quoted += `\\${byte.toString(8).padStart(3, '0')}`;
    else quoted += String.fromCharCode(byte);
  }
  return `"${quoted}"`;
}
