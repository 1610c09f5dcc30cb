import { decodePath, splitNul } from './path.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/**
 * Which file: this clone's, this user's, or this working tree's (the clone's unless `extensions.worktreeConfig` is on).
 * Reading without a scope asks all of them, as Git does.
 */
export type ConfigScope = 'local' | 'global' | 'worktree';

export interface ConfigOptions extends SpawnGitOptions {
  readonly scope?: ConfigScope | undefined;
}

/** The value that counts, as a `GitPath` where it is not UTF-8; null where there is none. A bare key is the empty string. */
export async function getConfig(key: string, options: ConfigOptions = {}): Promise<string | null> {
  return (await getAllConfig(key, options)).at(-1) ?? null;
}

/** All values, in the order in which Git reads them. */
export async function getAllConfig(key: string, options: ConfigOptions = {}): Promise<string[]> {
  const { stdout } = await runGit(['config', ...where(options), '-z', '--get-all', key], {
    ...options,
    okCodes: [0, 1],
  });
  return splitNul(stdout).map(decodePath);
}

/** Every setting below a section, such as `filter.sops`. Sections and names come in small letters, subsections as written. */
export async function listConfig(
  section: string,
  options: ConfigOptions = {},
): Promise<[key: string, value: string][]> {
  const { stdout, code } = await runGit(['config', ...where(options), '-z', '--list'], {
    ...options,
    okCodes: [0, 1, 128],
  });
  // Without a file of that scope some versions say so with a failure.
  if (code !== 0) return [];
  const settings = splitNul(stdout).map((entry): [string, string] => {
    // `key<LF>value`, and only `key` where the file has no `=`. A key's subsection has no newline.
    const text = decodePath(entry);
    const end = text.indexOf('\n');
    return end < 0 ? [text, ''] : [text.slice(0, end), text.slice(end + 1)];
  });
  return settings.filter(([key]) => key.startsWith(`${section}.`) && !key.slice(section.length + 1).includes('.'));
}

/** Makes this the only value in its scope. */
export async function setConfig(key: string, value: string, options: ConfigOptions = {}): Promise<void> {
  await runGit(['config', ...where(options, 'local'), '--replace-all', key, value], options);
}

/** Adds a value to those that are there. */
export async function addConfig(key: string, value: string, options: ConfigOptions = {}): Promise<void> {
  await runGit(['config', ...where(options, 'local'), '--add', key, value], options);
}

/** Takes all values of a key away; false where there were none. */
export async function unsetConfig(key: string, options: ConfigOptions = {}): Promise<boolean> {
  // Exit code 5: there is no such key.
  const { code } = await runGit(['config', ...where(options, 'local'), '--unset-all', key], {
    ...options,
    okCodes: [0, 5],
  });
  return code === 0;
}

/** Takes a section and all in it away; false where there was none. */
export async function removeConfigSection(section: string, options: ConfigOptions = {}): Promise<boolean> {
  const scoped = { ...options, scope: options.scope ?? 'local' };
  // Git's exit code for a missing section is that for any failure, so it is looked up first.
  if ((await listConfig(section, scoped)).length === 0) return false;
  await runGit(['config', ...where(scoped), '--remove-section', section], options);
  return true;
}

function where({ scope }: ConfigOptions, otherwise?: ConfigScope): string[] {
  const chosen = scope ?? otherwise;
  return chosen === undefined ? [] : [`--${chosen}`];
}
