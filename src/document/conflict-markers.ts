import { GitSopsError } from '../errors.ts';

/**
 * Git's conflict markers, all three in order at the start of lines. A dotenv or binary file with them would encrypt without
 * complaint, and the conflict would be in history for everybody to find out by decrypting.
 * @throws GitSopsError `conflict-markers` with the line of the first one.
 */
export function refuseConflictMarkers(content: Uint8Array): void {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  let at = 0;
  let first = -1;
  for (const marker of ['<<<<<<< ', '=======', '>>>>>>> ']) {
    at = atLineStart(bytes, marker, at);
    if (at < 0) return;
    if (first < 0) first = at;
    at += marker.length;
  }
  throw new GitSopsError('conflict-markers', { line: lineOf(bytes, first) });
}

function atLineStart(bytes: Buffer, text: string, from: number): number {
  for (let at = bytes.indexOf(text, from); at >= 0; at = bytes.indexOf(text, at + 1)) {
    if (at === 0 || bytes[at - 1] === 0x0a) return at;
  }
  return -1;
}

function lineOf(bytes: Buffer, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset; i++) if (bytes[i] === 0x0a) line++;
  return line;
}
