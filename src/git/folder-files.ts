import { listFolder, listPaths } from './index-entries.ts';
import { encodePath, type GitPath } from './path.ts';
import { headCommit } from './revision.ts';

/**
 * The files that index and HEAD have in a folder, in whatever stage.
 * @param folder with `/` at its end
 * @returns null where Git cannot say
 */
export async function filesInFolder(folder: GitPath): Promise<ReadonlySet<GitPath> | null> {
  // No command line can name such a folder.
  if (!encodePath(folder).equals(Buffer.from(folder))) return null;
  try {
    const head = await headCommit();
    const [staged, committed] = await Promise.all([
      listPaths({ pathspecs: [`:(top,literal)${folder}`] }),
      head === null ? [] : listFolder(head, folder),
    ]);
    return new Set([...staged, ...committed]);
  } catch {
    // Whoever asks about one file is told what is wrong.
    return null;
  }
}
