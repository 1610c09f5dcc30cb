import { headCommit, resolveCommit, resolveRange, stashedCommits } from '../../../git/revision.ts';

/** Branches, tags, notes, what remotes had, and the HEAD of every working tree. */
export const everything = '--all';

/** Where to walk, and the commit whose rules and allow-list are those of now. @param rev null for everything that is reachable */
export async function revisionsOf(rev: string | null): Promise<{ revs: string[]; now: string | null }> {
  if (rev === null) {
    // Of the stash that is only the last.
    const [head, stashed] = await Promise.all([headCommit(), stashedCommits()]);
    return { revs: [everything, ...(head === null ? [] : [head]), ...stashed], now: head };
  }
  const range = await resolveRange(rev);
  if (range !== null) return { revs: [range.to, `^${range.from}`], now: range.to };
  const commit = await resolveCommit(rev);
  return { revs: [commit], now: commit };
}
