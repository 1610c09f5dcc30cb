import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getConfig } from '../git/config.ts';
import { hasConfigHooks, installConfigHook, removeConfigHook } from '../git/config-hook.ts';
import { commitHooks, hookScript, hookState, hooksFolder, installHook, removeHook } from '../git/hook-file.ts';
import { findHookManagers } from '../git/hook-manager.ts';
import { gitVersion } from '../git/version.ts';
import { fastestProgram } from './drivers.ts';
import type { Io } from './io.ts';
import { shellQuote } from './shell-quote.ts';

/** One thing that init would do. */
export interface Step {
  readonly what: string;
  run(): Promise<void>;
}

/** What is missing of the hooks: in the configuration where this Git runs hooks from there, else files in the hooks path. */
export async function hookPlan(io: Io): Promise<Step[]> {
  const words = programWords(io);
  if (hasConfigHooks(await gitVersion())) {
    const hook = { name: 'git-sops', command: `${words.join(' ')} hook pre-commit`, events: commitHooks };
    if ((await getConfig('hook.git-sops.command', { scope: 'local' })) === hook.command) return [];
    return [
      {
        what: 'register the pre-commit hook in the configuration of this clone',
        run: async () => void (await installConfigHook(hook)),
      },
    ];
  }
  const folder = await hooksFolder();
  const steps: Step[] = [];
  for (const name of commitHooks) {
    const body = bodyOf(name, words);
    const state = await hookState(folder, name);
    if (state === 'ours' && readFileSync(join(folder, name), 'utf8') === hookScript(name, body)) continue;
    steps.push({
      what: `install the ${name} hook${state === 'foreign' ? ' in front of the one that is there' : ''}`,
      run: async () => void (await installHook(folder, name, body)),
    });
  }
  return steps;
}

/** Hook managers that write the hooks themselves, and would overwrite ours: the user adds a line to theirs. */
export function hookManagers(io: Io): string[] {
  return findHookManagers(io.cwd).map(({ manager, file }) => `${manager} (${file})`);
}

/** @returns what was done, a line each */
export async function removeHooks(): Promise<string[]> {
  const done: string[] = [];
  if (await removeConfigHook('git-sops')) done.push('took the hook out of the configuration');
  const folder = await hooksFolder();
  for (const name of commitHooks) {
    const result = await removeHook(folder, name);
    if (result === 'removed') done.push(`took the ${name} hook away`);
    if (result === 'restored') done.push(`gave the earlier ${name} hook back`);
  }
  return done;
}

/** When the program is gone the hook refuses: one that fails open is the leak that nobody sees. */
function bodyOf(name: string, words: readonly string[]): string {
  return `for part in ${words.join(' ')}; do
  [ -e "$part" ] && continue
  echo 'git-sops: not found where "git sops init" left it; the commit is refused' >&2
  echo '  try: git sops init --yes' >&2
  exit 1
done
${words.join(' ')} hook ${name} || exit $?`;
}

function programWords(io: Io): string[] {
  return fastestProgram(io).words.map((word) => shellQuote(word.replaceAll('\\', '/')));
}
