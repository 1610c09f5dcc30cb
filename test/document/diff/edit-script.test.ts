import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { matchesOf } from '../../../src/document/diff/edit-script.ts';

/** The length of a longest common subsequence, by the table. */
function commonLength(a: readonly string[], b: readonly string[]): number {
  let row = new Array<number>(b.length + 1).fill(0);
  for (const x of a) {
    const next = [0];
    b.forEach((y, j) => {
      next.push(x === y ? (row[j] ?? 0) + 1 : Math.max(row[j + 1] ?? 0, next[j] ?? 0));
    });
    row = next;
  }
  return row[b.length] ?? 0;
}

describe('the edit script', () => {
  it('matches equal elements in order, and as many as there can be', () => {
    const list = fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 30 });
    fc.assert(
      fc.property(list, list, (a, b) => {
        const matches = matchesOf(a, b);
        matches.forEach(([i, j], n) => {
          expect(a[i]).toBe(b[j]);
          const last = matches[n - 1];
          if (last !== undefined) expect(i > last[0] && j > last[1]).toBe(true);
        });
        expect(matches).toHaveLength(commonLength(a, b));
      }),
      { seed: 20260101, numRuns: 500 },
    );
  });

  it('gives up on the middle of lists that have too little in common, not on their ends', () => {
    const many = (start: string) => Array.from({ length: 3000 }, (_, i) => `${start}${i}`);
    expect(matchesOf(['x', ...many('a'), 'z'], ['x', ...many('b'), 'z'])).toEqual([
      [0, 0],
      [3001, 3001],
    ]);
  });
});
