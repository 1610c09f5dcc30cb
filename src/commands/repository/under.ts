import type { GitPath } from '../../git/path.ts';

/** Whether a path is one of these or below one; no folders means everywhere. Both count from the top of the repository. */
export function isUnder(path: GitPath, folders: readonly GitPath[]): boolean {
  if (folders.length === 0) return true;
  return folders.some((given) => {
    const folder = given.replace(/^\.\//, '').replace(/\/+$/, '');
    return folder === '.' || folder === '' || path === folder || path.startsWith(`${folder}/`);
  });
}
