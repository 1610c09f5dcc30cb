import { GitSopsError } from '../errors.ts';
import { quotePath } from '../quote.ts';
import { gitFailed, runGit, type SpawnGitOptions } from './run.ts';

/**
 * What a user typed → the id of the commit.
 * @throws GitSopsError `git-no-revision` when it names none.
 */
export function resolveCommit(rev: string, options?: SpawnGitOptions): Promise<string> {
  return resolve(rev, 'commit', options);
}

/** The same; null for what is no commit, such as a tree. */
export function commitOf(rev: string, options?: SpawnGitOptions): Promise<string | null> {
  return peel(rev, 'commit', options);
}

/** The same for a tree: a commit's, or one that is named itself. */
export function resolveTree(rev: string, options?: SpawnGitOptions): Promise<string> {
  return resolve(rev, 'tree', options);
}

/** HEAD's commit; null before the first one. */
export async function headCommit(options?: SpawnGitOptions): Promise<string | null> {
  return peel('HEAD', 'commit', options);
}

/** All that `git stash list` shows; a ref of its own has only the last. */
export async function stashedCommits(options?: SpawnGitOptions): Promise<string[]> {
  const args = ['rev-list', '--walk-reflogs', '--ignore-missing', 'refs/stash', '--'];
  const { stdout } = await runGit(args, { ...options, okCodes: [0, 128] });
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '');
}

/** Whether older commits were left out when this was cloned. */
export async function isShallow(options?: SpawnGitOptions): Promise<boolean> {
  const { stdout } = await runGit(['rev-parse', '--is-shallow-repository'], options);
  return stdout.toString().trim() === 'true';
}

/** The id of the tree without files, in the repository's own hash. */
export async function emptyTree(options?: SpawnGitOptions): Promise<string> {
  const { stdout } = await runGit(['hash-object', '-t', 'tree', '--stdin'], options);
  return stdout.toString().trim();
}

/** Two ends of `A..B` (from A to B) or `A...B` (from where they parted to B); an empty end is HEAD. Null for another form. */
export async function resolveRange(
  text: string,
  options?: SpawnGitOptions,
): Promise<{ from: string; to: string } | null> {
  const found = /^(.*?)(\.\.\.?)(.*)$/s.exec(text);
  if (found === null) return null;
  const [, left, dots, right] = found as unknown as [string, string, string, string];
  const [a, b] = await Promise.all([resolveCommit(left || 'HEAD', options), resolveCommit(right || 'HEAD', options)]);
  if (dots === '..') return { from: a, to: b };
  return { from: await mergeBase(a, b, options), to: b };
}

/**
 * Where two commits parted; the empty tree where they have nothing in common.
 * @throws GitSopsError `history-shallow` where nobody can tell, since what they have in common may not be here
 */
export async function mergeBase(a: string, b: string, options?: SpawnGitOptions): Promise<string> {
  const { stdout, stderr, code } = await runGit(['merge-base', a, b], { ...options, okCodes: [0, 1, 128] });
  if (code === 0) return stdout.toString().trim();
  const nothing = await emptyTree(options);
  // No commit is asked about where a range begins with nothing.
  if (code === 128 && a !== nothing) throw gitFailed(['merge-base'], code, stderr.toString());
  if (await isShallow(options)) throw new GitSopsError('history-shallow', { detail: 'where the two ends parted' });
  return nothing;
}

async function resolve(rev: string, type: 'commit' | 'tree', options?: SpawnGitOptions): Promise<string> {
  const oid = await peel(rev, type, options);
  if (oid === null) throw new GitSopsError('git-no-revision', { detail: quotePath(rev) });
  return oid;
}

async function peel(rev: string, type: string, options?: SpawnGitOptions): Promise<string | null> {
  // What a user typed must not be taken for an option, and `--end-of-options` is not safe with rev-parse everywhere.
  if (rev.startsWith('-') || rev.includes('\0')) return null;
  const args = ['rev-parse', '--verify', '--quiet', `${rev}^{${type}}`];
  const { stdout, code } = await runGit(args, { ...options, okCodes: [0, 1, 128] });
  return code === 0 ? stdout.toString().trim() : null;
}
