import { mkdir, rmdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { GitSopsError } from '../../errors.ts';
import { hasConfigHooks } from '../../git/config-hook.ts';
import { commitHooks, type HookEvent, pushHook } from '../../git/hook-events.ts';
import { hooksFolder, ourHookFile } from '../../git/hook-file.ts';
import { decodePath, encodePath, type GitPath } from '../../git/path.ts';
import { gitVersion } from '../../git/version.ts';
import { readWorkFile, removeWorkFile, requireAsBefore, writeWorkFileOver } from '../../git/work-file.ts';
import type { Io } from '../io.ts';
import { husky } from './hooks/husky.ts';
import { lefthook } from './hooks/lefthook.ts';
import type { FileChange, ManagedHook, ReadText } from './hooks/managed-hook.ts';
import { hasNativePush, type NativeHook, nativeHook, nativeRemoval } from './hooks/native.ts';
import { preCommit } from './hooks/pre-commit.ts';
import type { Step } from './step.ts';

export const hookKinds = ['native', 'husky', 'lefthook', 'pre-commit', 'none'] as const;
export type HookKind = (typeof hookKinds)[number];

const managed: readonly ManagedHook[] = [husky, lefthook, preCommit];

/** What a plan may change in the working tree. */
export const managedFiles: readonly GitPath[] = managed.flatMap(({ files }) => files);

export interface HookPlan {
  /** What is to be done for the hook to be as asked. */
  readonly steps: readonly Step[];
  /** Managers whose list has the hook, or will, but which Git does not run in this clone yet. */
  readonly asleep: readonly ManagedHook[];
  /** What the hook is for. */
  readonly events: readonly HookEvent[];
  /** Managers' lists that the steps change: files that are committed. */
  readonly lists: readonly GitPath[];
}

/** The hook as it is now. */
export interface HookHere {
  readonly native: NativeHook;
  /** Managers whose list has the hook. */
  readonly listed: readonly ManagedHook[];
  /** Those of them that Git runs in this clone. */
  readonly awake: readonly ManagedHook[];
  /** Those of the others that Git runs for a commit at least: `pre-commit install` takes no other event by itself. */
  readonly partly: readonly ManagedHook[];
  /** Events for which Git runs neither a manager that lists the hook nor a hook file of ours. */
  readonly missing: readonly HookEvent[];
  /** What the hook is for: commits, and pushes where that was asked for. */
  readonly events: readonly HookEvent[];
}

export async function hookHere(io: Io): Promise<HookHere> {
  const read = reader(io);
  const folder = await hooksFolder();
  const events = eventsFor(await judgesPushes(read));
  const listed: ManagedHook[] = [];
  for (const hook of managed) if (await hook.present(read, commitHooks)) listed.push(hook);
  const awake = listed.filter((hook) => hook.active(folder, events));
  const partly = listed.filter((hook) => !awake.includes(hook) && hook.active(folder, ['pre-commit']));
  const missing: HookEvent[] = [];
  for (const name of events) {
    if (listed.some((hook) => hook.active(folder, [name])) || (await ourHookFile(folder, name)) !== null) continue;
    missing.push(name);
  }
  return { native: await nativeHook(io, events), listed, awake, partly, missing, events };
}

/** Whether there is a pre-push hook of ours, in this clone or in a manager's list. */
async function judgesPushes(read: ReadText): Promise<boolean> {
  for (const hook of managed) if (await hook.present(read, [pushHook])) return true;
  return hasNativePush();
}

function eventsFor(pushes: boolean): HookEvent[] {
  return pushes ? [...commitHooks, pushHook] : [...commitHooks];
}

/**
 * Where the hook goes. Asked for nothing, a manager that has it keeps it; one that would overwrite a hook beside its own
 * gets it; else it is a native one. As long as Git does not run the manager in this clone, a native hook stands in.
 * @param pushes whether it judges pushes too; by default as it is now
 */
export async function hookPlan(io: Io, asked?: HookKind, pushes?: boolean): Promise<HookPlan> {
  const read = reader(io);
  const events = eventsFor(pushes ?? (await judgesPushes(read)));
  if (asked === 'none') return { steps: await nativeRemoval(), asleep: [], events, lists: [] };
  const folder = await hooksFolder();
  const chosen: ManagedHook[] = [];
  for (const hook of managed) {
    if (asked === undefined ? await hook.present(read, commitHooks) : hook.manager === asked) chosen.push(hook);
  }
  if (asked === undefined && chosen.length === 0 && !hasConfigHooks(await gitVersion())) {
    // pre-commit runs a hook that it finds; these two write their own over it the next time they are installed.
    chosen.push(...[husky, lefthook].filter((hook) => hook.active(folder, commitHooks)));
  }
  if (asked === 'native' && husky.active(folder, commitHooks) && !hasConfigHooks(await gitVersion())) {
    throw new GitSopsError('hook-folder-owned', { file: folder, detail: husky.manager });
  }
  const steps: Step[] = [];
  const { made, now, stepsOf } = successive(read, io);
  const plan = (changes: readonly FileChange[]) => steps.push(...stepsOf(changes));
  for (const hook of chosen) plan(await hook.added(now, events));
  const asleep = chosen.filter((hook) => !hook.active(folder, events));
  if (chosen.length > asleep.length) steps.push(...(await nativeRemoval()));
  else steps.push(...(await nativeHook(io, events)).steps);
  for (const hook of managed) {
    const gone: readonly HookEvent[] =
      asked !== undefined && !chosen.includes(hook) ? allEvents : pushes === false ? [pushHook] : [];
    plan(await hook.removed(now, gone));
  }
  const lists = [...made].flatMap(([path, text]) => (text === null ? [] : [path]));
  return { steps, asleep, events, lists };
}

const allEvents = [...commitHooks, pushHook] as const;

/** What there is to take away, wherever init put it. */
export async function removalPlan(io: Io): Promise<Step[]> {
  const steps = await nativeRemoval();
  const { now, stepsOf } = successive(reader(io), io);
  for (const hook of managed) steps.push(...stepsOf(await hook.removed(now, allEvents)));
  return steps;
}

/** Changes of which the next one goes on from what the one before makes of a file. */
function successive(read: ReadText, io: Io) {
  const made = new Map<GitPath, string | null>();
  const seen = new Map<GitPath, string | null>();
  const now: ReadText = (path) => {
    const text = made.get(path) ?? (made.has(path) ? null : (seen.get(path) ?? read(path)));
    if (!made.has(path)) seen.set(path, text);
    return text;
  };
  const stepsOf = (changes: readonly FileChange[]): Step[] =>
    changes.map((change) => {
      const before = now(change.path);
      made.set(change.path, change.text);
      return { what: change.what, run: () => carryOut(change, before, io.cwd) };
    });
  return { made, now, stepsOf };
}

/** @throws GitSopsError `file-changed-meanwhile` where the file is not what the change was made of */
async function carryOut({ path, text, mode }: FileChange, before: string | null, top: string): Promise<void> {
  const folder = posix.dirname(path);
  const old = before === null ? null : encodePath(before);
  if (text !== null) {
    if (folder !== '.') await mkdir(join(top, folder), { recursive: true });
    return writeWorkFileOver(top, path, old, encodePath(text), mode ?? null);
  }
  requireAsBefore(top, path, old);
  await removeWorkFile(top, path);
  // Gone if we made it; one that holds something else stays.
  if (folder !== '.') await rmdir(join(top, folder)).catch(() => {});
}

/** As a path is read: bytes that are not UTF-8 survive. */
function reader(io: Io): ReadText {
  return (path) => {
    const file = readWorkFile(io.cwd, path);
    return file === null ? null : decodePath(file.content);
  };
}
