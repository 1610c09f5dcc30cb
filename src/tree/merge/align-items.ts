import { areAlike } from './likeness.ts';
import { byKey } from './order.ts';
import { type Pairing, pairItems, placesOf, range } from './pair-items.ts';
import { isCollision, type Slot } from './slot.ts';
import type { Branch, TreeNumbers } from './tree.ts';

/**
 * Which items of a list belong together where they have no identity. What cannot be told is left to whoever merges: an item
 * never gets what a side changed in another one, and what a side took away does not come back.
 * @returns null where the whole list is in conflict
 */
export function alignItems(base: Branch | null, ours: Branch, theirs: Branch, numbers: TreeNumbers): Slot[] | null {
  if (base === null) return withoutBase(ours, theirs, numbers);
  return new ItemAligner(base, ours, theirs, numbers).align();
}

function withoutBase(ours: Branch, theirs: Branch, numbers: TreeNumbers): Slot[] {
  const [a, b] = [ours.entries, theirs.entries];
  const inStep =
    a.length === b.length &&
    a.every(({ tree }, i) => {
      const other = b[i]?.tree;
      if (other === undefined) return false;
      return (tree.kind === 'leaf' && other.kind === 'leaf') || numbers.same(tree, other) || areAlike(tree, other);
    });
  if (inStep) return a.map((_, i) => ({ base: null, ours: i, theirs: i }));
  const all = { base: [], ours: range(0, a.length), theirs: range(0, b.length) };
  if (a.length > 0 && b.length > 0) return [all];
  return [
    ...a.map((_, i) => ({ base: null, ours: i, theirs: null })),
    ...b.map((_, i) => ({ base: null, ours: null, theirs: i })),
  ];
}

class ItemAligner {
  readonly #lists: { readonly base: Branch; readonly ours: Branch; readonly theirs: Branch };
  readonly #base: readonly number[];
  readonly #ours: readonly number[];
  readonly #theirs: readonly number[];
  readonly #inOurs: Pairing;
  readonly #inTheirs: Pairing;

  constructor(base: Branch, ours: Branch, theirs: Branch, numbers: TreeNumbers) {
    this.#lists = { base, ours, theirs };
    [this.#base, this.#ours, this.#theirs] = [base, ours, theirs].map((list) =>
      list.entries.map(({ tree }) => numbers.of(tree)),
    ) as [number[], number[], number[]];
    this.#inOurs = pairItems(base, ours, numbers);
    this.#inTheirs = pairItems(base, theirs, numbers);
  }

  align(): Slot[] | null {
    if (this.#copiesAreEntangled()) return null;
    return this.#inOurs.moved || this.#inTheirs.moved ? this.#moved() : this.#inPlace();
  }

  /** Of items that stand there more than once, a side took one away and the other changed another: perhaps they meant the same. */
  #copiesAreEntangled(): boolean {
    return [...placesOf(this.#base).values()].some((places) => {
      if (places.length < 2) return false;
      const changed = (side: readonly number[], { partners }: Pairing) =>
        places.filter((o) => side[partners.get(o) ?? -1] !== this.#base[o]);
      const [a, b] = [changed(this.#ours, this.#inOurs), changed(this.#theirs, this.#inTheirs)];
      if (a.length === 0 || b.length === 0 || a.join() === b.join()) return false;
      return !a.every((o) => this.#inOurs.partners.has(o)) || !b.every((o) => this.#inTheirs.partners.has(o));
    });
  }

  /** Items of the base hold their place; what the sides put between two of them goes there. */
  #inPlace(): Slot[] {
    const slots: Slot[] = [];
    let [a, b] = [0, 0];
    // What neither side has any more. If something new stands there, it may be what became of it.
    let gone: number[] = [];
    const added = (toA: number, toB: number): void => {
      const [newA, newB] = [range(a, toA), range(b, toB)];
      [a, b] = [toA, toB];
      if (newA.length === 0 && newB.length === 0) return;
      if (this.#areSame(newA, newB)) {
        for (const [n, i] of newA.entries()) slots.push({ base: null, ours: i, theirs: newB[n] as number });
      } else if (gone.length > 0 || (newA.length > 0 && newB.length > 0)) {
        slots.push({ base: gone, ours: newA, theirs: newB });
        gone = [];
      } else {
        for (const i of newA) slots.push({ base: null, ours: i, theirs: null });
        for (const i of newB) slots.push({ base: null, ours: null, theirs: i });
      }
    };
    for (let o = 0; o < this.#base.length; o++) {
      const [inA, inB] = [this.#inOurs.partners.get(o) ?? null, this.#inTheirs.partners.get(o) ?? null];
      // An item that one side took away does not part what was added around it.
      if (inA === null && inB === null) {
        gone.push(o);
        continue;
      }
      added(inA ?? a, inB ?? b);
      if (inA !== null && inB !== null) gone = [];
      slots.push(this.#slot(o, inA, inB));
      if (inA !== null) a = inA + 1;
      if (inB !== null) b = inB + 1;
    }
    added(this.#ours.length, this.#theirs.length);
    return slots;
  }

  #areSame(ours: readonly number[], theirs: readonly number[]): boolean {
    return ours.length === theirs.length && ours.every((i, n) => this.#ours[i] === this.#theirs[theirs[n] as number]);
  }

  /** A side put them into another order: each item is followed to its new place. */
  #moved(): Slot[] | null {
    const base = this.#base.map((_, o) => `item ${o}`);
    const [ours, theirs] = [namesOf(this.#ours, this.#inOurs.partners), namesOf(this.#theirs, this.#inTheirs.partners)];
    const [newA, newB] = [newIn(ours, theirs), newIn(theirs, ours)];
    const left = new Set([...ours, ...theirs]);
    const gone = base.some((name) => !left.has(name));
    // Which of them belong together, or came of what is gone, no place tells any more.
    if ((newA.length > 0 && newB.length > 0) || (gone && newA.length + newB.length > 0)) return null;
    const slots = byKey(base, ours, theirs, true);
    return (
      slots?.map((slot) =>
        !isCollision(slot) && slot.base !== null ? this.#slot(slot.base, slot.ours, slot.theirs) : slot,
      ) ?? null
    );
  }

  /** What both changed is merged only where it is the same thing on both sides. */
  #slot(o: number, a: number | null, b: number | null): Slot {
    const match = { base: o, ours: a, theirs: b };
    if (a === null || b === null) return match;
    if (!this.#inOurs.byPlace.has(o) && !this.#inTheirs.byPlace.has(o)) return match;
    const [before, inOurs, inTheirs] = [this.#base[o], this.#ours[a], this.#theirs[b]];
    if (before === inOurs || before === inTheirs || inOurs === inTheirs) return match;
    const { base, ours, theirs } = this.#lists;
    const trees = [base.entries[o], ours.entries[a], theirs.entries[b]];
    return trees.every((entry) => entry?.tree.kind === 'leaf') ? match : { base: [o], ours: [a], theirs: [b] };
  }
}

/** Names for a side's items: the base's where they are one's version, else by what they are. */
function namesOf(items: readonly number[], partners: ReadonlyMap<number, number>): string[] {
  const known = new Map([...partners].map(([o, i]) => [i, o]));
  const seen = new Map<number, number>();
  return items.map((number, i) => {
    const o = known.get(i);
    if (o !== undefined) return `item ${o}`;
    const count = (seen.get(number) ?? 0) + 1;
    seen.set(number, count);
    return `new ${number} ${count}`;
  });
}

function newIn(names: readonly string[], others: readonly string[]): string[] {
  const elsewhere = new Set(others);
  return names.filter((name) => name.startsWith('new ') && !elsewhere.has(name));
}
