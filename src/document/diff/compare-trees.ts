import type { KeyPath } from '../../tree/key-path.ts';
import { type Alignment, alignDocuments, alignItems } from './align.ts';
import type { Cell } from './cell.ts';
import { type Branch, cellsIn, isBranch, type Node } from './node.ts';

/** What differs between two trees, before anybody looks for what moved. */
export interface TreeDiff {
  readonly removed: Cell[];
  readonly added: Cell[];
  /** Both sides have it, with another value or type, or only one of them encrypted. */
  readonly paired: { readonly before: Cell; readonly after: Cell }[];
  /** Null for the documents themselves. */
  readonly reordered: { readonly path: KeyPath; readonly document: number | null }[];
}

export function compareTrees(before: readonly Branch[], after: readonly Branch[]): TreeDiff {
  const diff: TreeDiff = { removed: [], added: [], paired: [], reordered: [] };
  const visit = (a: Node, b: Node, path: KeyPath, document: number): void => {
    if (!isBranch(a) && !isBranch(b)) {
      if (a.id !== b.id || a.shown.encrypted !== b.shown.encrypted) diff.paired.push({ before: a, after: b });
      return;
    }
    if (!isBranch(a) || !isBranch(b) || a.kind !== b.kind) {
      diff.removed.push(...cellsIn(a));
      diff.added.push(...cellsIn(b));
      return;
    }
    if (a.kind === 'mapping') visitMapping(a, b, path, document);
    else align([...a.entries.values()], [...b.entries.values()], alignItems, path, document);
  };
  const visitMapping = (a: Branch, b: Branch, path: KeyPath, document: number): void => {
    const common = [...b.entries.keys()].filter((key) => a.entries.has(key));
    const oldOrder = [...a.entries.keys()].filter((key) => b.entries.has(key));
    if (common.some((key, i) => key !== oldOrder[i])) diff.reordered.push({ path, document });
    for (const [key, node] of a.entries) if (!b.entries.has(key)) diff.removed.push(...cellsIn(node));
    for (const [key, node] of b.entries) {
      const old = a.entries.get(key);
      if (old === undefined) diff.added.push(...cellsIn(node));
      else visit(old, node, [...path, key], document);
    }
  };
  const align = (
    a: readonly Node[],
    b: readonly Node[],
    how: (a: readonly Node[], b: readonly Node[]) => Alignment,
    path: KeyPath,
    document: number | null,
  ): void => {
    const { pairs, removed, added, reordered } = how(a, b);
    if (reordered) diff.reordered.push({ path, document });
    for (const i of removed) diff.removed.push(...cellsIn(a[i] as Node));
    for (const j of added) diff.added.push(...cellsIn(b[j] as Node));
    for (const [i, j] of pairs) {
      visit(a[i] as Node, b[j] as Node, document === null ? path : [...path, j], document ?? j);
    }
  };
  align(before, after, alignDocuments, [], null);
  return diff;
}
