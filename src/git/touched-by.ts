import type { GitPath } from './path.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/** Whether any of these commits adds, changes or deletes a file at or below a path. Must run at the top of the working tree. */
export async function touchedBy(revs: readonly string[], path: GitPath, options?: SpawnGitOptions): Promise<boolean> {
  // Without `--full-history` a merge hides the branch whose files it did not take.
  const args = ['rev-list', '--max-count=1', '--full-history', ...revs, '--', path];
  return (await runGit(args, options)).stdout.length > 0;
}
