import { linesOf } from './merge-lines.ts';

/** The versions that a file with conflict markers was made of, as far as it shows them. */
export interface MarkedText {
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
  /** Null unless every conflict shows the common ancestor. */
  readonly base: Uint8Array | null;
}

/** Takes conflict markers apart; null where they do not stand in order. */
export function readMarkedText(source: Uint8Array): MarkedText | null {
  // One character a byte: whatever else the file is, its lines come back as they are.
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('latin1');
  const parts = { ours: '', base: '', theirs: '' };
  let within: keyof typeof parts | null = null;
  let conflicts = 0;
  let ancestors = 0;
  for (const line of linesOf(text)) {
    if (/^<{7,}(?: |\r?\n)/.test(line)) {
      if (within !== null) return null;
      within = 'ours';
      conflicts++;
    } else if (/^\|{7,}(?: |\r?\n)/.test(line) && within === 'ours') {
      within = 'base';
      ancestors++;
    } else if (/^={7,}\r?\n$/.test(line) && (within === 'ours' || within === 'base')) {
      within = 'theirs';
    } else if (/^>{7,}(?: |\r?\n|$)/.test(line) && within === 'theirs') {
      within = null;
    } else if (within === null) {
      parts.ours += line;
      parts.base += line;
      parts.theirs += line;
    } else {
      parts[within] += line;
    }
  }
  if (within !== null || conflicts === 0) return null;
  const hasBase = ancestors === conflicts;
  const bytes = (side: string) => Buffer.from(side, 'latin1');
  return { ours: bytes(parts.ours), theirs: bytes(parts.theirs), base: hasBase ? bytes(parts.base) : null };
}
