import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { encodePath, type GitPath } from './path.ts';

/**
 * Where the index is, without asking Git: good enough to see that it changed, or to save a question. Null when it is
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

/**
 * Tells of a path whether it is certainly not in the index, from the bytes of the file: to look for a few names in them costs less than
 * a program that lists all entries. The index is read once, when the first is asked for.
 */
export function absenceFromIndex(cwd: string, env: NodeJS.ProcessEnv): (path: GitPath) => boolean {
  let bytes: Buffer | null | undefined;
  return (path) => {
    bytes ??= wholePaths(guessIndexFile(cwd, env));
    return bytes !== null && !bytes.includes(Buffer.concat([encodePath(path), nul]));
  };
}

const nul = Buffer.alloc(1);

/** An index in which each path stands as a whole: see gitformat-index(5). Null where it is another kind, or not there. */
function wholePaths(file: string | null): Buffer | null {
  if (file === null) return null;
  try {
    const bytes = readFileSync(file);
    // Version 4 leaves out what a path has in common with the one before; the extensions keep entries elsewhere, or folders instead.
    const whole = bytes.toString('latin1', 0, 4) === 'DIRC' && [2, 3].includes(bytes.readUInt32BE(4));
    return whole && !bytes.includes('link\0') && !bytes.includes('sdir\0') ? bytes : null;
  } catch {
    return null;
  }
}

/** Changes when the file does: Git replaces its index by a new file. Empty when there is none. */
export function fileStamp(file: string | Buffer): string {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeNs}`;
}
