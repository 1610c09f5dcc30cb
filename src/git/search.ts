import { type GitPath, splitPaths } from './path.ts';
import { emptyTree } from './revision.ts';
import { type GitOutput, gitFailed, runGit, type SpawnGitOptions } from './run.ts';

/** Whose files are searched: the index's, the working tree's (untracked files too), or those of a tree by its id. */
export type Searched = 'index' | 'worktree' | { readonly tree: string };

/**
 * The files that hold one of these texts, found by one `git grep`, which reads many blobs at once. In all of the repository, from any folder.
 * @throws GitSopsError `git-failed` where Git could not read them all: a partial clone where nothing is fetched, or a damaged one
 */
export async function filesHolding(
  texts: readonly string[],
  searched: Searched,
  options: SpawnGitOptions = {},
): Promise<ReadonlySet<GitPath>> {
  const where = searched === 'index' ? ['--cached'] : searched === 'worktree' ? ['--untracked'] : [searched.tree];
  const args = [
    'grep',
    // More of them wait for each other where files are small, and whoever asks has work of its own meanwhile.
    '--threads=1',
    '--files-with-matches',
    '-z',
    '--full-name',
    '--fixed-strings',
    '--no-recurse-submodules',
    '--text',
    '--no-textconv',
    // A pager around us, or a config, would have names come in colour, which are no names then.
    '--no-color',
    ...texts.flatMap((text) => ['-e', text]),
    ...where,
    '--',
    ':/',
  ];
  const { lazyFetch = false, ...given } = options;
  const local = { ...given, env: { ...given.env, GIT_LITERAL_PATHSPECS: '0' } };
  const first = await runGit(args, { ...local, okCodes: lazyFetch ? [0, 1, 128] : [0, 1] });
  // Git 2.39 ends at a blob that a partial clone lacks, 2.55 goes on with the next one.
  const lacks = lazyFetch && (first.code === 128 || complains(first));
  if (lacks) await fetchAll(searched, options);
  const { stdout, stderr, code } = lacks ? await runGit(args, { ...local, lazyFetch, okCodes: [0, 1] }) : first;
  if (complains({ stderr })) throw gitFailed(['grep'], code, stderr.toString());
  const prefix = typeof searched === 'object' ? `${searched.tree}:`.length : 0;
  return new Set(splitPaths(stdout).map((path) => path.slice(prefix)));
}

/** Git goes on without a blob that it cannot read, and says so beside an exit code that tells of the others. */
function complains({ stderr }: Pick<GitOutput, 'stderr'>): boolean {
  return /^error:/m.test(stderr.toString());
}

/** `git grep` would fetch blob by blob. A diff fetches all that it is about to count at once. */
async function fetchAll(searched: Searched, options: SpawnGitOptions): Promise<void> {
  if (searched === 'worktree') return;
  const sides = searched === 'index' ? ['diff-index', '--cached'] : ['diff-tree', '-r'];
  const ends = searched === 'index' ? [] : [searched.tree];
  const plain = ['--shortstat', '--no-ext-diff', '--no-textconv', '--no-renames'];
  // Where that fails, the search itself tells why.
  await runGit([...sides, ...plain, await emptyTree(options), ...ends, '--'], { ...options, okCodes: [0, 1, 128] });
}
