import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { guessIndexFile } from './index-file.ts';

/**
 * The commits that the next commit merges into HEAD, by their ids; none outside of a merge. A merge that stopped has written them
 * down; one that goes on by itself asks the hooks before it does, and names them in the environment.
 */
export function mergedCommits(cwd: string, env: NodeJS.ProcessEnv): string[] {
  const named = Object.keys(env).flatMap((name) => /^GITHEAD_([0-9a-f]{40,64})$/.exec(name)?.[1] ?? []);
  const index = guessIndexFile(cwd, { ...env, GIT_INDEX_FILE: undefined });
  return [...new Set([...named, ...(index === null ? [] : linesOf(join(dirname(index), 'MERGE_HEAD')))])];
}

function linesOf(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').match(/^[0-9a-f]{40,64}$/gm) ?? [];
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
