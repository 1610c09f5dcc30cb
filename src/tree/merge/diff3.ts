import { longestCommon, type Matches } from './sequence.ts';

/** A stretch of a three-way comparison. Ranges are `[from, to)`. */
export interface Hunk {
  /** Who changed it: nobody, one side, both to the same, or both differently. */
  readonly kind: 'same' | 'ours' | 'theirs' | 'both' | 'conflict';
  readonly base: readonly [number, number];
  readonly ours: readonly [number, number];
  readonly theirs: readonly [number, number];
}

/** The classical three-way comparison: what both sides left alone holds the stretches apart. */
export function diff3<T>(base: readonly T[], ours: readonly T[], theirs: readonly T[]): Hunk[] {
  const inOurs = partners(longestCommon(base, ours));
  const inTheirs = partners(longestCommon(base, theirs));
  const hunks: Hunk[] = [];
  let [o, a, b] = [0, 0, 0];
  const flush = (toO: number, toA: number, toB: number): void => {
    if (toO > o || toA > a || toB > b) hunks.push(judge(base, ours, theirs, [o, toO], [a, toA], [b, toB]));
    [o, a, b] = [toO, toA, toB];
  };
  for (let i = 0; i < base.length; i++) {
    const [inA, inB] = [inOurs.get(i), inTheirs.get(i)];
    if (inA === undefined || inB === undefined) continue;
    flush(i, inA, inB);
    hunks.push({ kind: 'same', base: [i, i + 1], ours: [inA, inA + 1], theirs: [inB, inB + 1] });
    [o, a, b] = [i + 1, inA + 1, inB + 1];
  }
  flush(base.length, ours.length, theirs.length);
  return hunks;
}

function partners(matches: Matches): Map<number, number> {
  return new Map(matches.map(([x, y]) => [x, y]));
}

function judge<T>(
  base: readonly T[],
  ours: readonly T[],
  theirs: readonly T[],
  o: readonly [number, number],
  a: readonly [number, number],
  b: readonly [number, number],
): Hunk {
  const ranges = { base: o, ours: a, theirs: b };
  if (same(ours, a, theirs, b)) return { kind: 'both', ...ranges };
  if (same(base, o, theirs, b)) return { kind: 'ours', ...ranges };
  if (same(base, o, ours, a)) return { kind: 'theirs', ...ranges };
  return { kind: 'conflict', ...ranges };
}

function same<T>(
  x: readonly T[],
  [xFrom, xTo]: readonly [number, number],
  y: readonly T[],
  [yFrom, yTo]: readonly [number, number],
): boolean {
  if (xTo - xFrom !== yTo - yFrom) return false;
  for (let i = 0; i < xTo - xFrom; i++) if (x[xFrom + i] !== y[yFrom + i]) return false;
  return true;
}
