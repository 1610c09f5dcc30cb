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

/**
 * The versions that a conflict was made of, each as a whole file: ours, theirs, and their base where the markers show it. The file
 * itself where there are no markers.
 */
export function sidesOf(content: Uint8Array): Buffer[] {
  const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
  if (firstMarker(content) === null) return [bytes];
  const sides: Buffer[][] = [[], [], []];
  // All of them outside of a conflict.
  let inside: number | null = null;
  for (const line of linesOf(bytes)) {
    const text = line.toString('latin1');
    if (/^<{7,}(?: |\r?\n?$)/.test(text)) inside = 0;
    else if (inside !== null && /^\|{7,}(?: |\r?\n?$)/.test(text)) inside = 2;
    else if (inside !== null && /^={7,}\r?\n?$/.test(text)) inside = 1;
    else if (inside !== null && /^>{7,}(?: |\r?\n?$)/.test(text)) inside = null;
    else for (const [i, side] of sides.entries()) if (inside === null || inside === i) side.push(line);
  }
  return sides.map((side) => Buffer.concat(side));
}

/** Each with its line break. */
function linesOf(bytes: Buffer): Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = bytes.indexOf(0x0a, start);
    const next = end < 0 ? bytes.length : end + 1;
    lines.push(bytes.subarray(start, next));
    start = next;
  }
  return lines;
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
