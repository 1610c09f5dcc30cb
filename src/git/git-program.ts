import { delimiter, isAbsolute } from 'node:path';
import { GitSopsError } from '../errors.ts';
import { findProgram } from '../find-program.ts';

/** By `PATH`: what was found with it. */
const found = new Map<string, string>();

/**
 * What to start as `git`: never a file of the current folder, which is a repository's. Windows looks there before `PATH` (so did
 * CVE-2020-27955 happen to Git LFS), other systems where `PATH` has an empty or relative entry.
 * @throws GitSopsError `git-missing`
 */
export function gitProgram(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  const path = env['PATH'] ?? env['Path'];
  if (platform !== 'win32' && (path === undefined || path.split(delimiter).every(isAbsolute))) return 'git';
  const known = found.get(path ?? '');
  if (known !== undefined) return known;
  // A batch file would need a shell, which would read our arguments its own way.
  const program = findProgram('git', { env, platform }, (real) => /\.(?:cmd|bat)$/i.test(real));
  if (program === null) throw new GitSopsError('git-missing', { detail: 'ENOENT' });
  found.set(path ?? '', program);
  return program;
}
