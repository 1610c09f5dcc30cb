import { gitOnTerminal } from '../git/on-terminal.ts';
import type { Io } from './io.ts';
import { driverSettings, fastestProgram } from './set-up/drivers.ts';

const help = `git sops blame: git blame on plaintext, the working file's own changes included

Usage: git sops blame [git blame's options] [REV] [--] PATH

Without a revision git blame cleans the working file first, and every line would be ciphertext that is not committed yet.

Examples:
  git sops blame secrets/db.yaml          # who wrote each line, and which are not committed
  git sops blame -L '/password/,+1' secrets/db.yaml
`;

/**
 * `git blame` with a filter that smudges and does not clean: Git compares the working file as it is with its smudged history.
 * Blame stores no object, so nothing of it can reach the database.
 */
export async function blame(args: string[], io: Io): Promise<number> {
  if (args.length === 0 || args.includes('--help') || args[0] === '-h') {
    io.stdout.write(help);
    return args.length === 0 ? 2 : 0;
  }
  const settings = new Map(driverSettings(fastestProgram(io), false));
  return gitOnTerminal([
    '-c',
    `filter.sops.process=${settings.get('filter.sops.process')} --smudge-only`,
    '-c',
    'filter.sops.required=false',
    '-c',
    `diff.sops.textconv=${settings.get('diff.sops.textconv')}`,
    'blame',
    ...args,
  ]);
}
