import { runGit, type SpawnGitOptions } from './run.ts';

/**
 * The sizes of many blobs by their ids, in that order, from one Git process. Nothing is fetched for it.
 * @returns null where the object is not here, or is no blob
 * @throws GitSopsError `git-failed` for one that a partial clone lacks, by Git before 2.45
 */
export async function blobSizes(oids: readonly string[], options: SpawnGitOptions = {}): Promise<(number | null)[]> {
  if (oids.length === 0) return [];
  const args = ['cat-file', '--batch-check=%(objecttype) %(objectsize)', '--buffer'];
  const input = `${oids.join('\n')}\n`;
  const lines = (await runGit(args, { ...options, input, lazyFetch: false })).stdout.toString('latin1').split('\n');
  return oids.map((_, i) => {
    const found = /^blob (\d+)$/.exec(lines[i] ?? '');
    return found === null ? null : Number(found[1]);
  });
}

/** The ids of all objects that are here, of whatever kind. */
export async function objectsHere(options: SpawnGitOptions = {}): Promise<ReadonlySet<string>> {
  const args = ['cat-file', '--batch-all-objects', '--unordered', '--batch-check=%(objectname)', '--buffer'];
  const { stdout } = await runGit(args, { ...options, lazyFetch: false });
  return new Set(stdout.toString('latin1').split('\n'));
}
