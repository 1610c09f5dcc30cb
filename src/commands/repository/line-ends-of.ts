import type { GitPath } from '../../git/path.ts';
import { runGit } from '../../git/run.ts';

/**
 * Whether Git itself converts line ends at this path. `init` writes `-text`, so it does so only under attributes that somebody
 * else wrote; it is asked only for a file that holds CRLF.
 */
export async function convertsLineEnds(path: GitPath): Promise<boolean> {
  const { stdout } = await runGit(['check-attr', '-z', '--stdin', 'text', 'eol'], { input: Buffer.from(`${path}\0`) });
  const fields = stdout.toString().split('\0');
  const text = fields[2];
  if (text === 'unset') return false;
  if (text === 'set' || text === 'auto' || fields[5] === 'crlf' || fields[5] === 'lf') return true;
  const { stdout: autocrlf } = await runGit(['config', '--get', 'core.autocrlf'], { okCodes: [0, 1] });
  return /^(true|input|1|yes|on)$/i.test(autocrlf.toString().trim());
}
