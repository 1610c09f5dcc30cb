import { foldersOf } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import type { GitPath } from '../../git/path.ts';
import { isMissing, readWorkFile } from '../../git/work-file.ts';

const name = '.gitattributes';

/**
 * Whether the working tree's attributes are those of the index, in the simple case: one file at the top, or none. False where it takes
 * more to tell.
 * @param staged all `.gitattributes` of the index, and what the one at the top holds
 * @param folders that hold a file of the index, each with a `/` at its end, but for the top
 */
export function hasSameAttributes(
  top: string,
  staged: { readonly paths: readonly GitPath[]; readonly content: Uint8Array | null },
  folders: Iterable<GitPath>,
  env: NodeJS.ProcessEnv,
): boolean {
  // Then both are those of a tree.
  if (env['GIT_ATTR_SOURCE'] !== undefined) return false;
  if (staged.paths.length > 1 || (staged.paths[0] ?? name) !== name) return false;
  if ((staged.content === null) !== (staged.paths.length === 0)) return false;
  for (const folder of new Set([...folders].flatMap(foldersOf))) {
    if (folder !== '' && !isMissing(top, `${folder}${name}`)) return false;
  }
  try {
    const here = readWorkFile(top, name)?.content ?? null;
    // Where it is missing here, Git reads the index's.
    return here === null || (staged.content !== null && here.equals(staged.content));
  } catch (error) {
    if (error instanceof GitSopsError) return false;
    throw error;
  }
}
