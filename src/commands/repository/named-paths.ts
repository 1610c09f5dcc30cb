import { GitSopsError } from '../../errors.ts';
import { listPaths } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';

/**
 * What a user names must be there: a typing error would have nothing judged or written, and that looks like success.
 * @param named from the top of the repository, as `AtTop.path` gives them
 * @returns those that are no file of these and no folder of one
 */
export function notAmong(named: readonly GitPath[], files: Iterable<GitPath>): GitPath[] {
  if (named.length === 0) return [];
  const known = new Set<GitPath>(['.']);
  for (let path of files) {
    // What is known has its folders known already.
    for (; !known.has(path); path = path.slice(0, Math.max(path.lastIndexOf('/'), 0)) || '.') known.add(path);
  }
  return named.filter((path) => !known.has(path));
}

/** @throws GitSopsError `no-such-path` for the first that is no file and no folder of the index */
export async function requireTracked(named: readonly GitPath[]): Promise<void> {
  const [missing] = named.length === 0 ? [] : notAmong(named, await listPaths());
  if (missing !== undefined) throw new GitSopsError('no-such-path', { file: missing, detail: 'in the index' });
}
