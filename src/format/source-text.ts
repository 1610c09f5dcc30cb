import { GitSopsError } from '../errors.ts';

/**
 * A file's text. A byte order mark stays in it, so that encoding gives the same bytes back.
 * @throws GitSopsError `not-utf8`: Go would quietly put U+FFFD in such a place, and the bytes would be lost.
 */
export function decodeText(source: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(source);
  } catch {
    throw new GitSopsError('not-utf8', { line: firstBrokenLine(source) });
  }
}

export function encodeText(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

/** A decrypted value as text. @throws GitSopsError `not-utf8` */
export function textOf(plaintext: string | Uint8Array): string {
  return typeof plaintext === 'string' ? plaintext : decodeText(plaintext);
}

/** The line end that a text uses, by its first one. */
export function lineEndOf(text: string): '\n' | '\r\n' {
  const end = text.indexOf('\n');
  return end > 0 && text.charCodeAt(end - 1) === 0x0d ? '\r\n' : '\n';
}

function firstBrokenLine(source: Uint8Array): number {
  const strict = new TextDecoder('utf-8', { fatal: true });
  for (let line = 1, start = 0; ; line++) {
    const end = source.indexOf(0x0a, start);
    try {
      strict.decode(source.subarray(start, end < 0 ? source.length : end));
    } catch {
      return line;
    }
    if (end < 0) return line;
    start = end + 1;
  }
}
