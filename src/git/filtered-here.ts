import { type GitPath, splitPaths } from './path.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/**
 * The files of the index whose `filter` attribute is this, as `git add` would see it: by the `.gitattributes` of the working tree, and of
 * the index where a file is missing there. Git prints those alone, which of very many are few. From any folder.
 */
export async function filteredHere(filter: string, options: SpawnGitOptions = {}): Promise<GitPath[]> {
  const { stdout } = await runGit(['ls-files', '-z', '--full-name', '--', `:(top,attr:filter=${filter})`], {
    ...options,
    env: { ...options.env, GIT_LITERAL_PATHSPECS: '0' },
  });
  return splitPaths(stdout);
}
