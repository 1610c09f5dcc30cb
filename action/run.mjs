import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Without a shell, for which a range or a file's name would be code. What npm puts in the PATH on Windows is a script for one. */
export function runGitSops(args) {
  const options = { encoding: 'utf8', maxBuffer: 1 << 28, stdio: ['ignore', 'pipe', 'inherit'] };
  if (process.platform !== 'win32') return spawnSync('git-sops', args, options);
  const program = (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, '../git-sops/dist/start.cjs'))
    .find((file) => existsSync(file));
  return spawnSync(process.execPath, [program ?? 'git-sops is not installed', ...args], options);
}
