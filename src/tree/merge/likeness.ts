import { haveOneName } from './identity.ts';
import type { Tree } from './tree.ts';

/** Items with more leaves than this are like nothing. */
const mostLeaves = 20_000;

/**
 * Whether two maps or lists can be two versions of one thing: they have the same name, or nothing that names them differs and
 * at least half of their leaves are the same. What both sides changed is merged key by key only between such, lest one thing
 * gets another's values.
 */
export function areAlike(a: Tree, b: Tree): boolean {
  if (a.kind === 'leaf' || a.kind !== b.kind) return false;
  const oneName = haveOneName(a, b);
  if (oneName !== null) return oneName;
  const [left, right] = [leavesOf(a), leavesOf(b)];
  if (left.size === 0 || right.size === 0) return false;
  let common = 0;
  for (const leaf of left) if (right.has(leaf)) common++;
  return common * 2 >= Math.max(left.size, right.size);
}

const known = new WeakMap<Tree, ReadonlySet<string>>();

/** Each leaf with its path; none where there are too many. */
export function leavesOf(whole: Tree): ReadonlySet<string> {
  const before = known.get(whole);
  if (before !== undefined) return before;
  const leaves = new Set<string>();
  const visit = (tree: Tree, path: string): void => {
    if (leaves.size > mostLeaves) return;
    if (tree.kind === 'leaf') leaves.add(`${path}=${tree.meaning}`);
    else
      for (const [i, { key, tree: inner }] of tree.entries.entries())
        visit(inner, `${path}/${tree.kind === 'map' ? JSON.stringify(key) : i}`);
  };
  visit(whole, '');
  const found: ReadonlySet<string> = leaves.size > mostLeaves ? new Set<string>() : leaves;
  known.set(whole, found);
  return found;
}
