import { posix } from 'node:path';
import { GitSopsError } from '../../errors.ts';
import { decodePath, type GitPath } from '../../git/path.ts';
import { runGit } from '../../git/run.ts';
import type { Io } from '../io.ts';

/** The world as seen from the top of the working tree, where Git's own paths count from. */
export interface AtTop {
  readonly io: Io;
  /**
   * A path as the user wrote it, from where the user stands, as one from the top; the top itself is `.`.
   * @throws GitSopsError `empty-operand`, `outside-repository`
   */
  path(given: string): GitPath;
}

/**
 * Goes to the top of the working tree.
 * @throws GitSopsError `no-repository`
 */
export async function atTop(io: Io): Promise<AtTop> {
  const { stdout, code } = await runGit(['rev-parse', '--show-toplevel', '--show-prefix'], { okCodes: [0, 128] });
  if (code !== 0) throw new GitSopsError('no-repository');
  const [top = '', prefix = ''] = stdout.toString('latin1').split('\n');
  const folder = decodePath(Buffer.from(prefix, 'latin1'));
  const cwd = Buffer.from(top, 'latin1').toString();
  process.chdir(cwd);
  return {
    io: { ...io, cwd },
    path(given) {
      // A variable that a script expected to be set; the whole repository is never meant.
      if (given === '') throw new GitSopsError('empty-operand');
      const path = posix.normalize(posix.join(folder, given)).replace(/\/$/, '');
      if (path === '..' || path.startsWith('../')) throw new GitSopsError('outside-repository', { file: given });
      return path;
    },
  };
}
