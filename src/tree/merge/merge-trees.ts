import { align } from './align.ts';
import { isCollision } from './slot.ts';
import type { Branch, Entry, Tree, TreeNumbers } from './tree.ts';

/** Whose version stands where both sides changed the same thing differently. */
export type Side = 'base' | 'ours' | 'theirs';

export interface MergedTree {
  readonly tree: Tree;
  readonly conflicts: number;
}

/** Shared subtrees (YAML's aliases) are merged once for each place, so there is an end to it. */
const mostVisits = 1_000_000;

/**
 * What a three-way merge must say: the reference that every merged text is held against.
 * @param base null where there is no common ancestor
 * @returns null for trees that are too large
 */
export function mergeTrees(
  base: Tree | null,
  ours: Tree,
  theirs: Tree,
  side: Side,
  numbers: TreeNumbers,
): MergedTree | null {
  const merger = new TreeMerger(side, numbers);
  const tree = merger.merge(base, ours, theirs) ?? ours;
  return merger.visits > mostVisits ? null : { tree, conflicts: merger.conflicts };
}

class TreeMerger {
  readonly #side: Side;
  readonly #numbers: TreeNumbers;
  conflicts = 0;
  visits = 0;

  constructor(side: Side, numbers: TreeNumbers) {
    this.#side = side;
    this.#numbers = numbers;
  }

  /** Null where the result has nothing there. */
  merge(base: Tree | null, ours: Tree | null, theirs: Tree | null): Tree | null {
    if (++this.visits > mostVisits) return ours;
    if (this.#same(ours, theirs)) return ours;
    if (this.#same(base, ours)) return theirs;
    if (this.#same(base, theirs)) return ours;
    const merged = this.#containers(base, ours, theirs);
    if (merged !== null) return merged;
    this.conflicts++;
    return this.#side === 'ours' ? ours : this.#side === 'theirs' ? theirs : base;
  }

  /** Null where they are not three containers of one kind, the base being one or not there. */
  #containers(base: Tree | null, ours: Tree | null, theirs: Tree | null): Branch | null {
    if (ours === null || theirs === null || ours.kind === 'leaf' || theirs.kind === 'leaf') return null;
    if (ours.kind !== theirs.kind || (base !== null && base.kind !== ours.kind)) return null;
    return this.#branch(base as Branch | null, ours, theirs);
  }

  #branch(base: Branch | null, ours: Branch, theirs: Branch): Branch | null {
    const slots = align(base, ours, theirs, this.#numbers, this.visits === 1);
    if (slots === null) return null;
    const entries: Entry[] = [];
    for (const slot of slots) {
      if (isCollision(slot)) {
        this.conflicts++;
        const from = { base, ours, theirs }[this.#side];
        entries.push(...slot[this.#side].map((i) => from?.entries[i] as Entry));
        continue;
      }
      const [o, a, b] = [entryAt(base, slot.base), entryAt(ours, slot.ours), entryAt(theirs, slot.theirs)];
      const tree = this.merge(o?.tree ?? null, a?.tree ?? null, b?.tree ?? null);
      if (tree !== null) entries.push({ key: (a ?? b ?? o)?.key ?? '', tree });
    }
    return { kind: ours.kind, entries };
  }

  #same(a: Tree | null, b: Tree | null): boolean {
    return a === null || b === null ? a === b : this.#numbers.same(a, b);
  }
}

function entryAt(branch: Branch | null, position: number | null): Entry | null {
  return position === null ? null : (branch?.entries[position] ?? null);
}
