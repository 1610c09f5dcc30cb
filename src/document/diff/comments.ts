import type { Cell } from './cell.ts';

interface Pair {
  readonly before: Cell;
  readonly after: Cell;
}

export interface CommentDiff {
  readonly removed: Cell[];
  readonly added: Cell[];
  readonly paired: Pair[];
}

/**
 * Comments that came, went or changed. Where one stands is no news: a new key above it may already give it to another
 * mapping. Of those that stand in the same one, the first that went and the first that came are the same one, changed.
 */
export function compareComments(before: readonly Cell[], after: readonly Cell[]): CommentDiff {
  const removed = before.filter(isComment);
  const added = after.filter(isComment);
  for (const same of [(a: Cell, b: Cell) => a.id === b.id && inOne(a, b), (a: Cell, b: Cell) => a.id === b.id]) {
    takePairs(removed, added, same);
  }
  return { removed, added, paired: takePairs(removed, added, inOne) };
}

function takePairs(removed: Cell[], added: Cell[], belong: (a: Cell, b: Cell) => boolean): Pair[] {
  const pairs: Pair[] = [];
  for (let i = 0; i < removed.length; ) {
    const before = removed[i] as Cell;
    const j = added.findIndex((cell) => belong(before, cell));
    if (j < 0) i++;
    else {
      removed.splice(i, 1);
      pairs.push({ before, after: added.splice(j, 1)[0] as Cell });
    }
  }
  return pairs;
}

function inOne(a: Cell, b: Cell): boolean {
  return a.document === b.document && JSON.stringify(a.path) === JSON.stringify(b.path);
}

function isComment({ shown }: Cell): boolean {
  return shown.type === 'comment';
}
