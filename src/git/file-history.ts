import { parseRaw } from './changes.ts';
import type { GitPath } from './path.ts';
import { rawLogOptions } from './raw-options.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/** Ids of the blobs that a path had in the commits up to this one, the newest first; none before the first commit. */
export async function earlierBlobs(path: GitPath, rev = 'HEAD', options?: SpawnGitOptions): Promise<string[]> {
  const args = ['log', ...rawLogOptions, '-z', '--format='];
  const { stdout, code } = await runGit([...args, '--full-history', rev, '--', path], {
    ...options,
    okCodes: [0, 128],
  });
  if (code !== 0) return [];
  return [
    ...new Set(parseRaw(stdout).flatMap(({ before, after }) => [after, before].map((side) => side?.oid ?? ''))),
  ].filter((oid) => oid !== '');
}
