import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { hookScript, hookState, hooksFolder, installHook, ourHookFile, removeHook } from '../../git/hook-file.ts';
import { runGit } from '../../git/run.ts';
import type { Io } from '../io.ts';
import { fastestProgram } from './drivers.ts';
import { hookBody } from './hooks/hook-body.ts';
import type { Step } from './step.ts';

/** The event on a server that sees a push before any ref moves. */
const event = 'pre-receive';

/** Whether this is a repository without a working tree, as servers have. */
export async function isBare(): Promise<boolean> {
  const { stdout } = await runGit(['rev-parse', '--is-bare-repository'], { okCodes: [0, 128] });
  return stdout.toString() === 'true\n';
}

/** What is missing for pushes to be judged here; a hook that is there runs after ours and gets all that Git tells. */
export async function serverHookPlan(io: Io): Promise<Step[]> {
  const folder = await hooksFolder();
  const body = hookBody(event, fastestProgram(io, true));
  const file = await ourHookFile(folder, event);
  if (file !== null && readFileSync(join(folder, file), 'utf8') === hookScript(event, body)) return [];
  const foreign = file === null && (await hookState(folder, event)) === 'foreign';
  // Such as hooks/pre-receive of this package.
  if (foreign && runsOurs(readFileSync(join(folder, event), 'latin1'))) return [];
  return [
    {
      what: `install the ${event} hook${foreign ? ' in front of the one that is there' : ''}: every push is judged`,
      run: async () => void (await installHook(folder, event, body)),
    },
  ];
}

function runsOurs(script: string): boolean {
  return /^[^#\n]*\bgit[ -]sops hook pre-receive\b/m.test(script);
}

/** What there is to take away. */
export async function serverHookRemoval(): Promise<Step[]> {
  const folder = await hooksFolder();
  if ((await ourHookFile(folder, event)) === null) return [];
  return [{ what: `take the ${event} hook away`, run: async () => void (await removeHook(folder, event)) }];
}
