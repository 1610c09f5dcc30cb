import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * Where the index is, without asking Git: good enough to see that it changed, and for nothing else. Null when it is
 * not where it usually is.
 */
export function guessIndexFile(cwd: string, env: NodeJS.ProcessEnv): string | null {
  const own = env['GIT_INDEX_FILE'];
  if (own !== undefined && own !== '') return resolve(cwd, own);
  const gitDir = env['GIT_DIR'];
  if (gitDir !== undefined && gitDir !== '') return resolve(cwd, gitDir, 'index');
  for (let dir = resolve(cwd); ; dir = dirname(dir)) {
    const git = join(dir, '.git');
    const stat = statSync(git, { throwIfNoEntry: false });
    if (stat?.isDirectory()) return join(git, 'index');
    if (stat?.isFile()) {
      // A linked worktree or a submodule: `gitdir: PATH`, relative to the file.
      const target = /^gitdir: (.*?)\r?\n?$/s.exec(readFileSync(git, 'utf8'))?.[1];
      return target === undefined ? null : resolve(dir, target, 'index');
    }
    if (dirname(dir) === dir) return null;
  }
}

/**
 * Whether a Git command is about to write the index, which it locks before it cleans what it adds. Commands that only compare
 * with working files lock nothing. True where the index is not where it usually is.
 */
export function mayBeWritten(cwd: string, env: NodeJS.ProcessEnv): boolean {
  const index = guessIndexFile(cwd, env);
  return index === null || existsSync(`${index}.lock`);
}

/** Changes when the file does: Git replaces its index by a new file. Empty when there is none. */
export function fileStamp(file: string | Buffer): string {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}
