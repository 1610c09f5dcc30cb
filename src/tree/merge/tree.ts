/** What a file says, without how: the values of a document as maps, lists and leaves. */
export type Tree = Leaf | Branch;

export interface Leaf {
  readonly kind: 'leaf';
  /** Type and value; equal for two leaves that mean the same. */
  readonly meaning: string;
}

export interface Branch {
  readonly kind: 'map' | 'list';
  readonly entries: readonly Entry[];
}

export interface Entry {
  /** Empty in a list. In a map that has one twice, the entries' order counts, and nothing is merged entry by entry. */
  readonly key: string;
  readonly tree: Tree;
}

/**
 * Numbers for trees, equal for equal ones: a map's order does not count unless it has a key twice, a list's does. One object
 * serves one merge.
 */
export class TreeNumbers {
  readonly #numbers = new Map<string, number>();
  readonly #known = new WeakMap<Tree, number>();

  of(tree: Tree): number {
    const known = this.#known.get(tree);
    if (known !== undefined) return known;
    const shape = this.#shape(tree);
    let number = this.#numbers.get(shape);
    if (number === undefined) {
      number = this.#numbers.size;
      this.#numbers.set(shape, number);
    }
    this.#known.set(tree, number);
    return number;
  }

  same(a: Tree, b: Tree): boolean {
    return a === b || this.of(a) === this.of(b);
  }

  #shape(tree: Tree): string {
    if (tree.kind === 'leaf') return `=${tree.meaning}`;
    const parts = tree.entries.map(({ key, tree: inner }) => `${JSON.stringify(key)}${this.of(inner)}`);
    if (tree.kind === 'list') return `[${parts.join(',')}`;
    return hasTwins(tree) ? `!${parts.join(',')}` : `{${parts.sort().join(',')}`;
  }
}

/** Whether a map has a key twice, so that nobody can say which of its entries another version's is about. */
export function hasTwins({ kind, entries }: Branch): boolean {
  return kind === 'map' && new Set(entries.map(({ key }) => key)).size < entries.length;
}

/** What stands under a key of a map; null for everything else. */
export function childOf(tree: Tree | null | undefined, key: string): Tree | null {
  if (tree?.kind !== 'map') return null;
  return tree.entries.find((entry) => entry.key === key)?.tree ?? null;
}
