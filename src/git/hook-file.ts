import { copyFile, lstat, mkdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { GitSopsError } from '../errors.ts';
import { commitHooks, pushHook } from './hook-events.ts';
import { runGit, type SpawnGitOptions } from './run.ts';
import { replaceFile } from './work-file.ts';

/**
 * A hook of ours as a file in the hooks folder. A hook that is there already is kept beside it, runs exactly once and comes
 * back, byte for byte and with its mode, when ours is removed.
 */

/** Events that tell their hook more by its standard input, which can be read once. */
const telling = [pushHook, 'pre-receive'];

const marker = '# Installed by git-sops; "git sops deinit" takes it away.';

/** Absolute. Where Git looks for hooks: `core.hooksPath`, else the folder that all worktrees share. */
export async function hooksFolder(options?: SpawnGitOptions): Promise<string> {
  const args = ['rev-parse', '--path-format=absolute', '--git-path', 'hooks'];
  return (await runGit(args, options)).stdout.toString().replace(/\n$/, '');
}

export type HookState = 'ours' | 'foreign' | 'none';

/** Whose hook is there. One that Git would not run, for want of the executable bit, counts too. */
export async function hookState(folder: string, name: string): Promise<HookState> {
  if (!(await exists(join(folder, name)))) return 'none';
  const text = await readFile(join(folder, name), 'latin1').catch(() => '');
  return text.split('\n', 3).includes(marker) ? 'ours' : 'foreign';
}

/**
 * The file that our hook is in, or null: under its own name, or moved by `pre-commit install`, which runs it first as
 * `<name>.legacy`.
 */
export async function ourHookFile(folder: string, name: string): Promise<string | null> {
  for (const file of [name, `${name}.legacy`]) if ((await hookState(folder, file)) === 'ours') return file;
  return null;
}

/** Whether the hook that was there before ours is kept beside it. */
export function keepsHook(folder: string, name: string): Promise<boolean> {
  return exists(keptName(join(folder, name)));
}

/**
 * @param body Lines of POSIX shell that exit with another code than 0 to refuse. See `hookScript` for their turn and for `told`.
 * @throws GitSopsError `git-hook-in-the-way` where a foreign hook is there and an earlier one is kept already.
 */
export async function installHook(
  folder: string,
  name: string,
  body: string,
): Promise<'installed' | 'updated' | 'unchanged'> {
  const present = (await ourHookFile(folder, name)) ?? name;
  const file = join(folder, present);
  const kept = keptName(join(folder, name));
  const script = hookScript(name, body);
  const state = await hookState(folder, present);
  if (state === 'ours' && (await readFile(file, 'utf8')) === script && ((await lstat(file)).mode & 0o100) !== 0) {
    return 'unchanged';
  }
  if (state === 'foreign') {
    if (await exists(kept)) throw new GitSopsError('git-hook-in-the-way', { detail: file, other: kept });
    await keep(file, kept);
  }
  await mkdir(folder, { recursive: true });
  await replaceFile(file, Buffer.from(script), 0o755);
  return state === 'ours' ? 'updated' : 'installed';
}

/** @returns `foreign` where somebody else's hook has taken the place: then nothing is done. */
export async function removeHook(folder: string, name: string): Promise<'removed' | 'restored' | 'none' | 'foreign'> {
  const present = await ourHookFile(folder, name);
  if (present === null) return (await hookState(folder, name)) === 'none' ? 'none' : 'foreign';
  const file = join(folder, present);
  const kept = keptName(join(folder, name));
  if (!(await exists(kept))) {
    await rm(file);
    return 'removed';
  }
  // One step: at no time is there no hook.
  await rename(kept, file);
  return 'restored';
}

/**
 * What stands in the file. The kept hook is found by its name, so that a tool may move ours and still call it.
 *
 * Before a commit it runs first: it may stage something, such as what it generates, and ours judges what will be committed. Where the
 * event tells something by standard input nothing can change any more, and ours runs first, since a kept one may send things away;
 * `told` repeats that input.
 */
export function hookScript(name: string, body: string): string {
  const ours = body.replace(/\n*$/, '');
  const kept = `kept="\${0%/*}/${keptName(name)}"\n`;
  return `#!/bin/sh
${marker}
${
  telling.includes(name)
    ? `refs=$(cat)\ntold() { [ -z "$refs" ] || printf '%s\\n' "$refs"; }\n${ours}\n${kept}if [ -x "$kept" ]; then told | "$kept" "$@"; exit $?; fi`
    : `${kept}if [ -x "$kept" ]; then "$kept" "$@" || exit $?; fi\n${ours}`
}
`;
}

/** Every name under which a hook of ours, or the one that it keeps, may be in the hooks folder. */
export const hookFileNames: readonly string[] = [...commitHooks, pushHook].flatMap((name) => [
  name,
  `${name}.legacy`,
  keptName(name),
]);

function keptName(file: string): string {
  return `${file}.before-git-sops`;
}

/** A copy, so that the place is never empty: ours then replaces the original in one step. */
async function keep(file: string, kept: string): Promise<void> {
  if ((await lstat(file)).isSymbolicLink()) await symlink(await readlink(file), kept);
  // Keeps the mode as well.
  else await copyFile(file, kept);
}

function exists(file: string): Promise<boolean> {
  return lstat(file).then(
    () => true,
    () => false,
  );
}
