import { GitSopsError } from '../errors.ts';

/** Git's own have seven characters; `conflict-marker-size` and nested merges make longer ones, and rerere takes the labels off. */
const markers = [/^<{7,}(?: |\r?$)/gm, /^={7,}\r?$/gm, /^>{7,}(?: |\r?$)/gm];

/**
 * Git's conflict markers, all three in order at the start of lines. A dotenv or binary file with them would encrypt without
 * complaint, and the conflict would be in history for everybody to find out by decrypting.
 * @throws GitSopsError `conflict-markers` with the line of the first one.
 */
export function refuseConflictMarkers(content: Uint8Array): void {
  const first = firstMarker(content);
  if (first !== null) throw new GitSopsError('conflict-markers', { line: lineOf(content, first) });
}

export function hasConflictMarkers(content: Uint8Array): boolean {
  return firstMarker(content) !== null;
}

/** Where the first of the three stands. */
function firstMarker(content: Uint8Array): number | null {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (!bytes.includes('<<<<<<<') || !bytes.includes('>>>>>>>')) return null;
  // One character a byte, so that positions are offsets.
  const text = bytes.toString('latin1');
  let at = 0;
  let first: number | null = null;
  for (const marker of markers) {
    marker.lastIndex = at;
    const found = marker.exec(text);
    if (found === null) return null;
    first ??= found.index;
    at = found.index + found[0].length;
  }
  return first;
}

function lineOf(content: Uint8Array, offset: number): number {
  let line = 1;
  for (let i = 0; i < offset; i++) if (content[i] === 0x0a) line++;
  return line;
}
