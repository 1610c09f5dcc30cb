import { type HeldIndex, holdIndex } from './hold-index.ts';
import { listIndex } from './index-entries.ts';
import { decodePath, encodePath, type GitPath, splitNul } from './path.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/**
 * Makes Git look anew at files that were rewritten although their cleaned content is the same (locked, unlocked), so that
 * `git status` has nothing to say. Nothing is staged: a path whose cleaned content differs stays "modified".
 *
 * `update-index --refresh` alone does not do: for an entry whose size on disk changed Git does not ask the filter, it takes
 * the file for modified (`ie_modified` in git's read-cache.c). So the entries are written anew without stat data, which
 * is the one case where a refresh compares the content.
 *
 * Entries in conflict, and those that the user told Git not to look at (skip-worktree, assume-unchanged), stay as they are.
 * Must run in a working tree. The clean filter runs once for each path.
 */
export async function refreshIndex(paths: Iterable<GitPath>, options: SpawnGitOptions = {}): Promise<void> {
  const wanted = new Set(paths);
  if (wanted.size === 0) return;
  // What somebody stages between the listing and the writing would be taken back.
  await holdIndex(options, (held) => refreshHeld(wanted, held));
}

/** The same by whoever holds the index already. */
export async function refreshHeld(wanted: ReadonlySet<GitPath>, options: HeldIndex): Promise<void> {
  const watched = await watchedPaths(options);
  const lines: Buffer[] = [];
  for (const entry of await listIndex(options)) {
    if (entry.stage !== 0 || entry.kind !== 'file' || !wanted.has(entry.path) || !watched.has(entry.path)) continue;
    lines.push(Buffer.from(`${entry.mode} ${entry.oid} 0\t`), encodePath(entry.path), Buffer.alloc(1));
  }
  if (lines.length === 0) return;
  await runGit(['update-index', '-z', '--index-info'], { ...options, input: Buffer.concat(lines) });
  // Exit code 1: another file is modified or in conflict, which is no failure here. 128: the filter could not clean one, such as
  // where the key came through a pipe that only this process could read; Git asks again with the next command.
  await runGit(['update-index', '-q', '--refresh'], { ...options, okCodes: [0, 1, 128] });
}

/** Those with the plain tag `H`: writing an entry anew would lose its flags. */
async function watchedPaths(options: HeldIndex): Promise<Set<GitPath>> {
  const { stdout } = await runGit(['ls-files', '-v', '-z', '--full-name', '--', ':/'], {
    ...options,
    env: { ...options.env, GIT_LITERAL_PATHSPECS: '0' },
  });
  const lines = splitNul(stdout).filter((line) => line[0] === 0x48);
  return new Set(lines.map((line) => decodePath(line.subarray(2))));
}
