interface Range {
  readonly start: number;
  readonly end: number;
}

/** Whether an offset is in one of many ranges, which may overlap. */
export function withinRanges(ranges: readonly Range[]): (offset: number) => boolean {
  const sorted = ranges.toSorted((a, b) => a.start - b.start);
  let furthest = 0;
  // Behind the end of each and of all before it.
  const ends = sorted.map(({ end }) => {
    furthest = Math.max(furthest, end);
    return furthest;
  });
  return (offset) => {
    let low = 0;
    let high = sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sorted[middle]?.start ?? 0) <= offset) low = middle + 1;
      else high = middle;
    }
    return low > 0 && offset < (ends[low - 1] ?? 0);
  };
}
