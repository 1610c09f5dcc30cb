import { type AttributeOptions, amongFiltered } from '../../git/attributes.ts';
import { type GitPath, joinPaths } from '../../git/path.ts';

/** As `git add` would see it now. */
export function filteredInWorktree(paths: readonly GitPath[]): Promise<ReadonlySet<GitPath>> {
  return filteredPaths(joinPaths(paths), 'worktree');
}

/** Which of these paths carry `filter=sops`. @param paths a NUL behind each */
export async function filteredPaths(
  paths: Buffer,
  of: NonNullable<AttributeOptions['of']>,
  quick = false,
): Promise<ReadonlySet<GitPath>> {
  return new Set(await amongFiltered(paths, 'sops', { of, quick }));
}
