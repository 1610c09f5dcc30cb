/** Positions that two sequences have in common, rising in both: `[in a, in b]`. */
export type Matches = readonly (readonly [number, number])[];

/** Beyond this many comparisons only equal beginnings and ends count: a merge must end. */
const mostCells = 16_000_000;

/** A longest common subsequence. Elements are compared with `===`; equal beginnings and ends are matched first. */
export function longestCommon<T>(a: readonly T[], b: readonly T[]): Matches {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let tail = 0;
  while (tail < a.length - start && tail < b.length - start && a[a.length - 1 - tail] === b[b.length - 1 - tail])
    tail++;
  const matches: [number, number][] = [];
  for (let i = 0; i < start; i++) matches.push([i, i]);
  matches.push(...middle(a, b, start, a.length - tail, b.length - tail));
  for (let i = tail; i > 0; i--) matches.push([a.length - i, b.length - i]);
  return matches;
}

function middle<T>(a: readonly T[], b: readonly T[], start: number, aEnd: number, bEnd: number): [number, number][] {
  const rows = aEnd - start;
  const columns = bEnd - start;
  if (rows === 0 || columns === 0 || rows * columns > mostCells) return [];
  const width = columns + 1;
  // lengths[i][j]: the longest common subsequence of what is behind i and j.
  const lengths = new Uint32Array((rows + 1) * width);
  for (let i = rows - 1; i >= 0; i--) {
    for (let j = columns - 1; j >= 0; j--) {
      lengths[i * width + j] =
        a[start + i] === b[start + j]
          ? (lengths[(i + 1) * width + j + 1] ?? 0) + 1
          : Math.max(lengths[(i + 1) * width + j] ?? 0, lengths[i * width + j + 1] ?? 0);
    }
  }
  const matches: [number, number][] = [];
  for (let i = 0, j = 0; i < rows && j < columns; ) {
    if (a[start + i] === b[start + j]) matches.push([start + i++, start + j++]);
    else if ((lengths[(i + 1) * width + j] ?? 0) >= (lengths[i * width + j + 1] ?? 0)) i++;
    else j++;
  }
  return matches;
}
