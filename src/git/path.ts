import { isUtf8 } from 'node:buffer';

/**
 * A path as Git knows it: relative to the top, `/` between names, any bytes but NUL. In memory it is a string:
 * valid UTF-8 as itself, so that the usual path compares, matches and serves as a map's key like any text; a
 * byte that is not part of valid UTF-8 becomes the lone surrogate U+DC00 + byte (Python's PEP 383), which no
 * valid UTF-8 can give, so the way back is exact. Give the file system `encodePath(path)`, never the string.
 */
export type GitPath = string;

/** Bytes → path. Never fails. */
export function decodePath(bytes: Buffer): GitPath {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let path = '';
  let start = 0;
  for (let i = 0; i < bytes.length; ) {
    const width = sequenceWidth(bytes, i);
    if (width > 0) {
      i += width;
      continue;
    }
    path += bytes.toString('utf8', start, i) + String.fromCharCode(0xdc00 + (bytes[i] as number));
    start = ++i;
  }
  return path + bytes.toString('utf8', start);
}

/** Path → bytes: the inverse of `decodePath`. */
export function encodePath(path: GitPath): Buffer {
  // Well-formed text is the rule; an escape shows as a low surrogate that no high one precedes.
  const escaped = /(?<![\uD800-\uDBFF])[\uDC80-\uDCFF]/g;
  const parts: Buffer[] = [];
  let start = 0;
  for (const match of path.matchAll(escaped)) {
    parts.push(Buffer.from(path.slice(start, match.index)), Buffer.of(path.charCodeAt(match.index) - 0xdc00));
    start = match.index + 1;
  }
  return start === 0 ? Buffer.from(path) : Buffer.concat([...parts, Buffer.from(path.slice(start))]);
}

/** Bytes of the valid UTF-8 sequence that starts at `i`, or 0. */
function sequenceWidth(bytes: Buffer, i: number): number {
  const lead = bytes[i] as number;
  const width = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return i + width <= bytes.length && isUtf8(bytes.subarray(i, i + width)) ? width : 0;
}

/** The paths of a NUL-terminated list, as Git's `-z` prints it. */
export function splitPaths(list: Buffer): GitPath[] {
  // One text is many times as fast as a buffer for each path. No character but NUL has a zero byte in UTF-8.
  if (!isUtf8(list)) return splitNul(list).map(decodePath);
  const paths = list.toString('utf8').split('\0');
  if (paths.at(-1) === '') paths.pop();
  return paths;
}

/** The fields of a NUL-terminated list, not copied. */
export function splitNul(list: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let start = 0; start < list.length; ) {
    const found = list.indexOf(0, start);
    const end = found < 0 ? list.length : found;
    fields.push(list.subarray(start, end));
    start = end + 1;
  }
  return fields;
}

/** A NUL-terminated list, as Git's `-z --stdin` reads it. */
export function joinPaths(paths: Iterable<GitPath>): Buffer {
  const all = Array.isArray(paths) ? (paths as GitPath[]) : [...paths];
  const text = all.length === 0 ? '' : `${all.join('\0')}\0`;
  // No surrogates, no escaped bytes: the usual case, in one piece.
  if (!/[\ud800-\udfff]/.test(text)) return Buffer.from(text);
  const nul = Buffer.alloc(1);
  const parts: Buffer[] = [];
  for (const path of all) parts.push(encodePath(path), nul);
  return Buffer.concat(parts);
}
