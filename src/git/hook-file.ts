import { copyFile, lstat, mkdir, readFile, readlink, rename, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { GitSopsError } from '../errors.ts';
import { runGit, type SpawnGitOptions } from './run.ts';
import { replaceFile } from './work-file.ts';

/**
 * A hook of ours as a file in the hooks folder. A hook that is there already is kept beside it, runs after ours and comes
 * back, byte for byte and with its mode, when ours is removed.
 */

/** The events that see a commit before it is made: Git runs the second, not the first, on a merge without conflicts. */
export const commitHooks = ['pre-commit', 'pre-merge-commit'] as const;

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
 * @param body Lines of POSIX shell that exit with another code than 0 to refuse. They run first.
 * @throws GitSopsError `git-hook-in-the-way` where a foreign hook is there and an earlier one is kept already.
 */
export async function installHook(
  folder: string,
  name: string,
  body: string,
): Promise<'installed' | 'updated' | 'unchanged'> {
  const file = join(folder, name);
  const kept = keptName(file);
  const script = hookScript(name, body);
  const state = await hookState(folder, name);
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
  const file = join(folder, name);
  const state = await hookState(folder, name);
  if (state !== 'ours') return state;
  if (!(await exists(keptName(file)))) {
    await rm(file);
    return 'removed';
  }
  // One step: at no time is there no hook.
  await rename(keptName(file), file);
  return 'restored';
}

/** What stands in the file. The kept hook is found by its name, so that a tool may move ours and still call it. */
export function hookScript(name: string, body: string): string {
  return `#!/bin/sh
${marker}
${body.replace(/\n*$/, '')}
kept="\${0%/*}/${keptName(name)}"
if [ -x "$kept" ]; then exec "$kept" "$@"; fi
`;
}

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
