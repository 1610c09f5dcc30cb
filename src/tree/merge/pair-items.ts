import { areAlike } from './likeness.ts';
import { longestCommon } from './sequence.ts';
import type { Branch, Tree, TreeNumbers } from './tree.ts';

/** Which items of a list without identities are a side's version of which of the base's. */
export interface Pairing {
  /** Position in the base → in the side. */
  readonly partners: ReadonlyMap<number, number>;
  /** Positions in the base of what was replaced: nothing but the place speaks for it that the partner is the same thing. */
  readonly byPlace: ReadonlySet<number>;
  /** Whether the side put them into another order. */
  readonly moved: boolean;
}

/** Beyond this many comparisons only what is the same, and the place, count: a merge must end. */
const mostComparisons = 100_000;

/**
 * First items that are the same, also where they were moved; then each that is like exactly one other, between items that hold
 * their place and then anywhere; last, runs of one length that replaced each other.
 */
export function pairItems(base: Branch, side: Branch, numbers: TreeNumbers): Pairing {
  const [o, s] = [treesOf(base), treesOf(side)];
  const [before, after] = [o.map((tree) => numbers.of(tree)), s.map((tree) => numbers.of(tree))];
  const fixed = longestCommon(before, after);
  const pairs = new Pairs(o, s);
  for (const [i, j] of fixed) pairs.add(i, j);
  pairs.addMoved(before, after);
  let from: readonly [number, number] = [0, 0];
  for (const [i, j] of [...fixed, [o.length, s.length] as const]) {
    pairs.addAlike(from, [i, j]);
    from = [i + 1, j + 1];
  }
  pairs.addAlike([0, 0], [o.length, s.length]);
  const moved = pairs.areCrossed();
  return { partners: pairs.partners, byPlace: moved ? new Set() : pairs.addReplaced(), moved };
}

class Pairs {
  readonly partners = new Map<number, number>();
  readonly #taken = new Set<number>();
  readonly #base: readonly Tree[];
  readonly #side: readonly Tree[];

  constructor(base: readonly Tree[], side: readonly Tree[]) {
    this.#base = base;
    this.#side = side;
  }

  add(i: number, j: number): void {
    this.partners.set(i, j);
    this.#taken.add(j);
  }

  addMoved(before: readonly number[], after: readonly number[]): void {
    const free = this.#freeInSide(0, after.length);
    const left = placesOf(free.map((j) => after[j] as number));
    for (const i of this.#freeInBase(0, before.length)) {
      const j = free[left.get(before[i] as number)?.shift() ?? -1];
      if (j !== undefined) this.add(i, j);
    }
  }

  addAlike([fromBase, fromSide]: readonly [number, number], [toBase, toSide]: readonly [number, number]): void {
    const [left, right] = [this.#freeInBase(fromBase, toBase), this.#freeInSide(fromSide, toSide)];
    if (left.length * right.length > mostComparisons) return;
    const alike = left.map((i) => right.filter((j) => areAlike(this.#base[i] as Tree, this.#side[j] as Tree)));
    for (const [n, found] of alike.entries()) {
      const [j] = found;
      if (found.length !== 1 || j === undefined) continue;
      if (alike.filter((others) => others.includes(j)).length === 1) this.add(left[n] as number, j);
    }
  }

  areCrossed(): boolean {
    const places = [...this.partners].toSorted(([a], [b]) => a - b).map(([, j]) => j);
    return places.some((j, n) => n > 0 && j < (places[n - 1] as number));
  }

  /** Between two pairs, as many items as before: each stands for the one at its place. */
  addReplaced(): Set<number> {
    const found = new Set<number>();
    const ends = [...this.partners].toSorted(([a], [b]) => a - b);
    let [o, s] = [0, 0];
    for (const [i, j] of [...ends, [this.#base.length, this.#side.length] as const]) {
      if (i - o === j - s) {
        for (; o < i; o++, s++) {
          this.add(o, s);
          found.add(o);
        }
      }
      [o, s] = [i + 1, j + 1];
    }
    return found;
  }

  #freeInBase(from: number, to: number): number[] {
    return range(from, to).filter((i) => !this.partners.has(i));
  }

  #freeInSide(from: number, to: number): number[] {
    return range(from, to).filter((j) => !this.#taken.has(j));
  }
}

function treesOf(list: Branch): Tree[] {
  return list.entries.map(({ tree }) => tree);
}

/** Number → where it stands. */
export function placesOf(numbers: readonly number[]): Map<number, number[]> {
  const places = new Map<number, number[]>();
  for (const [i, number] of numbers.entries()) {
    const known = places.get(number);
    if (known === undefined) places.set(number, [i]);
    else known.push(i);
  }
  return places;
}

/** From `from` to before `to`. */
export function range(from: number, to: number): number[] {
  return Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);
}
