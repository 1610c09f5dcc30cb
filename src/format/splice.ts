/** Other text for a range of a source: offsets in UTF-16 code units, end exclusive. */
export interface Splice {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/**
 * The source with its ranges replaced, in time linear in its length. Ranges may touch but not overlap; an
 * insertion comes before a range that starts at the same offset, and insertions at one offset keep the list's order.
 */
export function applySplices(source: string, splices: readonly Splice[]): string {
  const ordered = splices.toSorted((a, b) => a.start - b.start || a.end - b.end);
  let result = '';
  let from = 0;
  for (const { start, end, text } of ordered) {
    if (start < from) throw new RangeError('splices overlap');
    result += source.slice(from, start) + text;
    from = end;
  }
  return result + source.slice(from);
}
