/** A pair of positions whose elements are equal. */
export type Match = readonly [before: number, after: number];

/** Beyond this many insertions and deletions two lists count as having nothing in common but their ends. */
const mostEdits = 2000;

/** A longest list of equal elements that both have in the same order, by Myers' O(ND) algorithm (Algorithmica 1, 1986). */
export function matchesOf(before: readonly string[], after: readonly string[]): Match[] {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;

  const matches: Match[] = [];
  for (let i = 0; i < head; i++) matches.push([i, i]);
  const middle = shortestEdit(before.slice(head, before.length - tail), after.slice(head, after.length - tail));
  for (const [i, j] of middle) matches.push([i + head, j + head]);
  for (let i = tail; i > 0; i--) matches.push([before.length - i, after.length - i]);
  return matches;
}

function shortestEdit(a: readonly string[], b: readonly string[]): Match[] {
  if (a.length === 0 || b.length === 0) return [];
  const most = Math.min(a.length + b.length, mostEdits);
  // furthest[k + most]: how far into `a` the best path on diagonal k (position in a less that in b) has come.
  const furthest = new Int32Array(2 * most + 2);
  const steps: Int32Array[] = [];
  for (let edits = 0; edits <= most; edits++) {
    steps.push(furthest.slice(most - edits, most + edits + 1));
    for (let k = -edits; k <= edits; k += 2) {
      let x = comesFromInsertion(k, edits, (d) => furthest[d + most] ?? 0)
        ? (furthest[k + 1 + most] ?? 0)
        : (furthest[k - 1 + most] ?? 0) + 1;
      while (x < a.length && x - k < b.length && x - k >= 0 && a[x] === b[x - k]) x++;
      furthest[k + most] = x;
      if (x >= a.length && x - k >= b.length) return walkBack(steps, a.length, b.length);
    }
  }
  return [];
}

function walkBack(steps: readonly Int32Array[], endX: number, endY: number): Match[] {
  const matches: Match[] = [];
  let [x, y] = [endX, endY];
  for (let edits = steps.length - 1; edits >= 0; edits--) {
    const step = steps[edits] as Int32Array;
    const at = (d: number) => step[d + edits] ?? 0;
    const k = x - y;
    const previous = edits === 0 ? 0 : comesFromInsertion(k, edits, at) ? k + 1 : k - 1;
    const fromX = edits === 0 ? 0 : at(previous);
    const fromY = edits === 0 ? 0 : fromX - previous;
    while (x > fromX && y > fromY) matches.push([--x, --y]);
    [x, y] = [fromX, fromY];
  }
  return matches.reverse();
}

function comesFromInsertion(k: number, edits: number, at: (diagonal: number) => number): boolean {
  return k === -edits || (k !== edits && at(k - 1) < at(k + 1));
}
