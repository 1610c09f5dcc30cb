import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { getAllConfig, getConfig } from '../../../git/config.ts';
import { type ConfigHook, hasConfigHooks, installConfigHook, removeConfigHook } from '../../../git/config-hook.ts';
import { commitHooks, type HookEvent, pushHook } from '../../../git/hook-events.ts';
import {
  hookScript,
  hookState,
  hooksFolder,
  installHook,
  keepsHook,
  ourHookFile,
  removeHook,
} from '../../../git/hook-file.ts';
import { gitVersion } from '../../../git/version.ts';
import type { Io } from '../../io.ts';
import { commandLine, type Program } from '../command-line.ts';
import { fastestProgram } from '../drivers.ts';
import { missingFile } from '../missing-file.ts';
import type { Step } from '../step.ts';
import { commitHookLine, hookBody } from './hook-body.ts';
import { husky } from './husky.ts';
import { lefthook } from './lefthook.ts';

/** The hook in this clone alone: in the configuration where this Git runs hooks from there, else files in the hooks path. */
export interface NativeHook {
  /** `stale`: of another place or version of this program. */
  readonly state: 'none' | 'stale' | 'current';
  /** Where it is or would be, in words. */
  readonly place: string;
  /** Why it does not judge commits although it is there, as a clause; null where it does. */
  readonly broken: string | null;
  /** What is missing of it. */
  readonly steps: readonly Step[];
}

export async function nativeHook(io: Io, events: readonly HookEvent[]): Promise<NativeHook> {
  const folder = await hooksFolder();
  const files = new Map<HookEvent, string | null>();
  for (const name of [...commitHooks, pushHook] as const) files.set(name, await ourHookFile(folder, name));
  const inConfiguration = hasConfigHooks(await gitVersion()) && !(await isBehindOthers(folder));
  const hook = inConfiguration ? await inConfig(io, events, files) : await inFiles(io, events, folder, files);
  if (inConfiguration || !(await isConfigured())) return hook;
  return { ...hook, steps: [...hook.steps, { what: 'take the hook out of the configuration', run: removeConfigured }] };
}

/**
 * Git runs the hooks of its configuration before the file, which may stage something then: where somebody has a hook file, ours is one
 * too, and runs behind it. Not beside a manager's own, which would not let it last.
 */
async function isBehindOthers(folder: string): Promise<boolean> {
  for (const name of commitHooks) {
    const state = await hookState(folder, name);
    if (state === 'foreign' || (state === 'ours' && (await keepsHook(folder, name)))) {
      return ![husky, lefthook].some((manager) => manager.active(folder, [name]));
    }
  }
  return false;
}

/** Whether this clone alone has a pre-push hook of ours. */
export async function hasNativePush(): Promise<boolean> {
  if ((await getConfig(`hook.${ofPushes}.command`, { scope: 'local' })) !== null) return true;
  return (await ourHookFile(await hooksFolder(), pushHook)) !== null;
}

/** Their names in the configuration. Git gives each hook what it tells of a push, so nothing need be passed on. */
const ofCommits = 'git-sops';
const ofPushes = 'git-sops-push';

function configHooks(io: Io, events: readonly HookEvent[]): ConfigHook[] {
  const judging = commitHookLine('pre-commit', programFor(io, 'pre-commit'));
  const hooks: ConfigHook[] = [{ name: ofCommits, command: judging, events: commitHooks }];
  if (events.includes(pushHook)) {
    const command = commandLine(programFor(io, pushHook), `hook ${pushHook}`);
    hooks.push({ name: ofPushes, command, events: [pushHook] });
  }
  return hooks;
}

async function inConfig(
  io: Io,
  events: readonly HookEvent[],
  files: ReadonlyMap<HookEvent, string | null>,
): Promise<NativeHook> {
  const steps: Step[] = [];
  const found: string[] = [];
  let current = true;
  const hooks = configHooks(io, events);
  for (const hook of hooks) {
    const command = await getConfig(`hook.${hook.name}.command`, { scope: 'local' });
    const there = await getAllConfig(`hook.${hook.name}.event`, { scope: 'local' });
    if (command !== null) found.push(command);
    if (command === hook.command && there.join() === hook.events.join()) continue;
    current = false;
    steps.push({
      what: `register the ${hook.events[0]} hook in the configuration of this clone`,
      run: async () => void (await installConfigHook(hook)),
    });
  }
  if (hooks.length === 1 && (await getConfig(`hook.${ofPushes}.command`, { scope: 'local' })) !== null) {
    steps.push({ what: 'take the pre-push hook away', run: async () => void (await removeConfigHook(ofPushes)) });
  }
  // From before Git could do this: it would run a second time.
  if ([...files.values()].some((file) => file !== null)) {
    steps.push({ what: 'take the earlier hook files away', run: removeHookFiles });
  }
  return {
    state: current ? 'current' : found.length === 0 ? 'none' : 'stale',
    place: 'the configuration of this clone',
    broken: found.map(goneIn).find((gone) => gone !== null) ?? null,
    steps,
  };
}

async function inFiles(
  io: Io,
  events: readonly HookEvent[],
  folder: string,
  files: ReadonlyMap<HookEvent, string | null>,
): Promise<NativeHook> {
  const steps: Step[] = [];
  let broken: string | null = null;
  let current = true;
  for (const [name, file] of files) {
    if (!events.includes(name)) {
      if (file !== null)
        steps.push({ what: `take the ${name} hook away`, run: async () => void (await removeHook(folder, name)) });
      continue;
    }
    const body = hookBody(name, programFor(io, name));
    if (file !== null) {
      const text = readFileSync(join(folder, file), 'utf8');
      // Windows knows no such bit, and Git does not ask for it there.
      const runs = io.platform === 'win32' || (statSync(join(folder, file)).mode & 0o111) !== 0;
      if (runs && text === hookScript(name, body)) continue;
      broken ??= runs
        ? goneIn(/^for part in (.*); do$/m.exec(text)?.[1] ?? '')
        : 'Git ignores it: it is not executable';
    }
    current = false;
    const foreign = file === null && (await hookState(folder, name)) === 'foreign';
    steps.push({
      what: `install the ${name} hook${foreign ? ` ${name === pushHook ? 'in front of' : 'behind'} the one that is there` : ''}`,
      run: async () => void (await installHook(folder, name, body)),
    });
  }
  const state = current ? 'current' : files.get('pre-commit') != null ? 'stale' : 'none';
  return { state, place: folder, broken, steps };
}

/** Only the judgement of commits is in the small bundle that starts quickly. */
function programFor(io: Io, name: HookEvent): Program {
  return fastestProgram(io, name === pushHook);
}

function goneIn(command: string): string | null {
  const file = missingFile(command);
  return file === null ? null : `it refuses every commit: ${file} is gone`;
}

/** What there is to take away; empty when there is nothing. */
export async function nativeRemoval(): Promise<Step[]> {
  const folder = await hooksFolder();
  const files = await Promise.all(allEvents.map((name) => ourHookFile(folder, name)));
  if (!(await isConfigured()) && files.every((one) => one === null)) return [];
  return [{ what: 'take the hook of this clone alone away', run: removeNative }];
}

const allEvents = [...commitHooks, pushHook] as const;

async function isConfigured(): Promise<boolean> {
  for (const name of [ofCommits, ofPushes]) {
    if ((await getConfig(`hook.${name}.command`, { scope: 'local' })) !== null) return true;
  }
  return false;
}

async function removeNative(): Promise<void> {
  await removeConfigured();
  await removeHookFiles();
}

async function removeConfigured(): Promise<void> {
  for (const name of [ofCommits, ofPushes]) await removeConfigHook(name);
}

async function removeHookFiles(): Promise<void> {
  const folder = await hooksFolder();
  for (const name of allEvents) await removeHook(folder, name);
}
