import { writeSync } from 'node:fs';
import { plumbingCommands } from './plumbing-commands.ts';
import { finishWith, runCommand } from './run.ts';

/**
 * What Git starts when it is run by Node or Bun: the same commands as `git-sops` has, in one file that holds nothing else. Half
 * of what a filter of one file costs is to find, read and parse the program.
 */
finishWith(plumbing(process.argv.slice(2)));

async function plumbing([name = '', ...args]: string[]): Promise<number> {
  const entry = Object.hasOwn(plumbingCommands, name) ? plumbingCommands[name] : undefined;
  if (entry !== undefined) return runCommand(name, args, entry.load);
  writeSync(2, 'git-sops: this is for Git to call\n  try: git sops help\n');
  return 2;
}
