import { GitSopsError } from '../../errors.ts';
import { listPaths, listTree } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { headCommit, resolveRange, resolveTree } from '../../git/revision.ts';
import { touchedBy } from '../../git/touched-by.ts';
import { quotePath } from '../../quote.ts';
import { notAmong } from '../repository/named-paths.ts';
import { revisionsOf } from './history/revisions.ts';
import type { Scope } from './scope.ts';

export interface Named extends Scope {
  readonly history: boolean;
  /** The operand that may have been meant as a revision, as it was typed. */
  readonly word: string | null;
}

/**
 * Each path must match a file of what is judged.
 * @throws GitSopsError `no-such-path`, or `no-revision-or-path` where a revision could have stood
 */
export async function requireInScope(named: Named): Promise<void> {
  if (named.paths.length === 0) return;
  const { where, missing } = await missingFrom(named);
  const [first] = missing;
  if (first === undefined) return;
  if (first !== named.paths[0] || named.word === null) {
    throw new GitSopsError('no-such-path', { file: first, detail: where });
  }
  const fromTop = first === named.word ? '' : ` (from the top of the repository: ${quotePath(first)})`;
  throw new GitSopsError('no-revision-or-path', {
    detail: `${quotePath(named.word)} names`,
    other: `${where}${fromTop}`,
  });
}

async function missingFrom({ history, rev, staged, worktree, paths }: Named) {
  const range = rev === null ? null : await resolveRange(rev);
  if (history || range !== null) {
    // A file that one commit brought and a later one took away is judged, or is why there is nothing to judge.
    const revs = range === null ? (await revisionsOf(rev)).revs : [range.to, `^${range.from}`];
    const standing = range === null ? paths : notAmong(paths, await filesOf(range.to));
    const touched = await Promise.all(standing.map(async (path) => path === '.' || (await touchedBy(revs, path))));
    const where = history && rev === null ? 'in the history' : `in ${quotePath(rev ?? '')}`;
    return { where, missing: standing.filter((_, i) => !touched[i]) };
  }
  if (worktree) {
    return { where: 'in the working tree', missing: notAmong(paths, await listPaths({ untracked: true })) };
  }
  if (rev !== null) return { where: `in ${quotePath(rev)}`, missing: notAmong(paths, await filesOf(rev)) };
  const files = await listPaths();
  if (!staged) return { where: 'in the index', missing: notAmong(paths, files) };
  // The next commit may delete a file, or a folder of them.
  const head = await headCommit();
  const before = head === null ? [] : await filesOf(head);
  return { where: 'in the index or in HEAD', missing: notAmong(paths, [...files, ...before]) };
}

async function filesOf(rev: string): Promise<GitPath[]> {
  return (await listTree(await resolveTree(rev))).map(({ path }) => path);
}
