import type { Outline, OutlineContainer, OutlineEntry } from '../../format/outline.ts';
import { type Chunk, sides, textFor, type Versions } from './chunk.ts';
import type { Three } from './three.ts';

/** An entry of a merged container, or the runs of items that the versions have at one place. */
export type Piece = EntryPiece | RunsPiece;

export interface EntryPiece {
  readonly kind: 'entry';
  readonly entries: { readonly [side in keyof Versions]: OutlineEntry | null };
  readonly chunks: readonly Chunk[];
  /** The side that does not have it while the other changed it. */
  readonly absent: 'ours' | 'theirs' | null;
}

interface RunsPiece {
  readonly kind: 'runs';
  readonly base: readonly string[];
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

/** What stands in the brackets beside the entries: before the first, between them, behind the last. */
export function gapsOf(text: string, { start, end, entries }: OutlineContainer): string[] {
  const gaps: string[] = [];
  let from = start + 1;
  for (const entry of entries) {
    gaps.push(text.slice(from, entry.start));
    from = entry.end;
  }
  return [...gaps, text.slice(from, end - 1)];
}

interface Element {
  readonly gap: string;
  readonly has: { readonly [side in keyof Versions]: boolean };
  readonly chunks: readonly Chunk[];
}

/** Entries in brackets, with commas as ours has them. */
export function joinInline(
  files: Three<Outline>,
  { ours, theirs }: Three<OutlineContainer>,
  pieces: readonly Piece[],
): Chunk[] {
  const useOurs = ours.entries.length > 0 || theirs.entries.length === 0;
  const [file, frame] = useOurs ? [files.ours, ours] : [files.theirs, theirs];
  const gaps = gapsOf(file.text, frame);
  const open = file.text.charAt(frame.start) + (gaps[0] ?? '');
  const close = (frame.entries.length === 0 ? '' : (gaps.at(-1) ?? '')) + file.text.charAt(frame.end - 1);
  const [oursBefore, theirsBefore] = [gapsBefore(files.ours.text, ours), gapsBefore(files.theirs.text, theirs)];
  const elements = pieces.flatMap((piece) =>
    elementsOf(piece, (entries) =>
      gapBefore(gaps, oursBefore.get(entries?.ours ?? null), theirsBefore.get(entries?.theirs ?? null)),
    ),
  );
  if (elements.length === 0) return [file.text.charAt(frame.start) + file.text.charAt(frame.end - 1)];

  const chunks: Chunk[] = [open];
  const begun = { base: false, ours: false, theirs: false };
  for (const { gap, has, chunks: own } of elements) {
    chunks.push(versionsOf((side) => (has[side] && begun[side] ? gap : '')));
    for (const side of sides) begun[side] ||= has[side];
    if (sides.every((side) => has[side])) chunks.push(...own);
    else chunks.push(versionsOf((side) => (has[side] ? textFor(own, side) : '')));
  }
  return [...chunks, close];
}

function elementsOf(piece: Piece, gapOf: (entries: EntryPiece['entries'] | null) => string): Element[] {
  if (piece.kind === 'entry') {
    const { absent, chunks, entries } = piece;
    return [{ gap: gapOf(entries), has: { base: true, ours: absent !== 'ours', theirs: absent !== 'theirs' }, chunks }];
  }
  const gap = gapOf(null);
  return sides.flatMap((side) =>
    piece[side].map((text) => {
      const has = { base: side === 'base', ours: side === 'ours', theirs: side === 'theirs' };
      return { gap, has, chunks: [text] };
    }),
  );
}

/** What stands before each entry but the first. */
function gapsBefore(text: string, container: OutlineContainer): Map<OutlineEntry | null, string> {
  const gaps = gapsOf(text, container);
  return new Map(container.entries.slice(1).map((entry, i) => [entry, gaps[i + 1] ?? '']));
}

/** Comma and white space before an entry that is not the first: its own, or that of the entries around it. */
function gapBefore(frame: readonly string[], ours: string | undefined, theirs: string | undefined): string {
  if (ours !== undefined) return ours;
  const lead = frame[0] ?? '';
  const likely = [
    frame.length > 2 ? frame[1] : undefined,
    theirs,
    lead.trim() === '' && lead !== '' ? `,${lead}` : ', ',
  ];
  return likely.find((gap) => gap !== undefined && /^\s*,\s*$/.test(gap)) ?? ', ';
}

function versionsOf(text: (side: keyof Versions) => string): Chunk {
  const versions = { base: text('base'), ours: text('ours'), theirs: text('theirs') };
  return sides.every((side) => versions[side] === versions.ours) ? versions.ours : versions;
}
