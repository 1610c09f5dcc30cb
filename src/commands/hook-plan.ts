import { chmodSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runGit } from '../git/run.ts';
import { atLeast, gitVersion, gitWith } from '../git/version.ts';
import { replaceFile } from '../git/work-file.ts';
import { fastestProgram } from './drivers.ts';
import type { Step } from './init.ts';
import type { Io } from './io.ts';
import { readSetting, writeSettings } from './set-up.ts';
import { shellQuote } from './shell-quote.ts';

/** Git runs `pre-merge-commit`, not `pre-commit`, for a merge without conflicts. */
const names = ['pre-commit', 'pre-merge-commit'] as const;
const mark = '# git-sops hook: written by "git sops init", removed by "git sops deinit"';

/** What is missing of the hooks: in the configuration where this Git runs hooks from there, else files in the hooks path. */
export async function hookPlan(io: Io): Promise<Step[]> {
  const command = commandOf(io);
  if (atLeast(await gitVersion(), gitWith.configHooks)) {
    if ((await readSetting('hook.git-sops.command')) === `${command} hook pre-commit`) return [];
    return [
      { what: 'register the pre-commit hook in this clone’s Git configuration', run: () => configureHook(command) },
    ];
  }
  const folder = await hooksFolder();
  return names
    .filter((name) => readHook(join(folder, name)) !== scriptOf(name, io))
    .map((name) => ({
      what: `install the ${name} hook${existsSync(join(folder, name)) && !isOurs(join(folder, name)) ? '; the one that is there runs first' : ''}`,
      run: () => installHook(folder, name, io),
    }));
}

/** @returns what was done, a line each */
export async function removeHooks(_io: Io): Promise<string[]> {
  const done: string[] = [];
  const { code } = await runGit(['config', '--local', '--remove-section', 'hook.git-sops'], {
    okCodes: [0, 1, 5, 128],
  });
  if (code === 0) done.push('took the hook out of the configuration');
  const folder = await hooksFolder();
  for (const name of names) {
    const file = join(folder, name);
    if (!isOurs(file)) continue;
    // A rename replaces: the earlier hook is back in one step, bits and bytes.
    if (existsSync(earlierOf(file))) renameSync(earlierOf(file), file);
    else rmSync(file);
    done.push(`took the ${name} hook away`);
  }
  return done;
}

async function configureHook(command: string): Promise<void> {
  await writeSettings([['hook.git-sops.command', `${command} hook pre-commit`]], '--local');
  await runGit(['config', '--local', '--replace-all', 'hook.git-sops.event', 'pre-commit']);
  await runGit(['config', '--local', '--add', 'hook.git-sops.event', 'pre-merge-commit']);
}

async function installHook(folder: string, name: string, io: Io): Promise<void> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, name);
  if (existsSync(file) && !isOurs(file)) renameSync(file, earlierOf(file));
  await replaceFile(file, Buffer.from(scriptOf(name, io)), 0o755);
  chmodSync(file, 0o755);
}

/**
 * The hook runs an earlier one first, then judges. When the program is gone it refuses: a hook that fails
 * open is the leak that nobody sees.
 */
function scriptOf(name: string, io: Io): string {
  const words = fastestProgram(io).words.map((word) => shellQuote(word.replaceAll('\\', '/')));
  return `#!/bin/sh
${mark}
earlier="$0.before-git-sops"
if [ -x "$earlier" ]; then "$earlier" "$@" || exit $?; fi
for part in ${words.join(' ')}; do
  [ -e "$part" ] && continue
  echo 'git-sops: not found where "git sops init" left it; the commit is refused' >&2
  echo '  try: git sops init --yes' >&2
  exit 1
done
exec ${words.join(' ')} hook ${name}
`;
}

function commandOf(io: Io): string {
  return fastestProgram(io)
    .words.map((word) => shellQuote(word.replaceAll('\\', '/')))
    .join(' ');
}

async function hooksFolder(): Promise<string> {
  const { stdout } = await runGit(['rev-parse', '--path-format=absolute', '--git-path', 'hooks']);
  return stdout.toString().replace(/\n$/, '');
}

function earlierOf(file: string): string {
  return `${file}.before-git-sops`;
}

function readHook(file: string): string | null {
  return existsSync(file) ? readFileSync(file, 'utf8') : null;
}

function isOurs(file: string): boolean {
  return readHook(file)?.includes(mark) ?? false;
}
