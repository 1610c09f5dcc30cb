import { GitSopsError } from '../errors.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/** `[major, minor, patch]`. */
export type GitVersion = readonly [number, number, number];

/**
 * What git-sops needs: 2.31 has `rev-parse --path-format=absolute`, without which nobody can tell where the hooks of a
 * linked worktree are, and `config --fixed-value`. The filter process with delay is older (2.15).
 * Newer ones bring: paths with a newline or with a carriage return at the end as base (2.38, `cat-file -z`; refused
 * before), attributes of a tree without a temporary index (2.40), hooks in the config (2.54).
 */
export const minimumGit: GitVersion = [2, 31, 0];

export const gitWith = {
  worktreeListNul: [2, 36, 0],
  attributesOfTree: [2, 40, 0],
  configHooks: [2, 54, 0],
} as const satisfies Record<string, GitVersion>;

/** @throws GitSopsError `git-missing`. */
export async function gitVersion(options?: SpawnGitOptions): Promise<GitVersion> {
  const { stdout } = await runGit(['version'], options);
  return parseGitVersion(stdout.toString());
}

/** Of `git version 2.39.5 (Apple Git-154)`, `git version 2.55.0.windows.1`, `git version 2.56.0-rc1`. */
export function parseGitVersion(line: string): GitVersion {
  const found = /\b(\d+)\.(\d+)(?:\.(\d+))?/.exec(line);
  return [Number(found?.[1] ?? 0), Number(found?.[2] ?? 0), Number(found?.[3] ?? 0)];
}

export function atLeast(version: GitVersion, wanted: GitVersion): boolean {
  for (let i = 0; i < 3; i++) {
    const difference = (version[i] as number) - (wanted[i] as number);
    if (difference !== 0) return difference > 0;
  }
  return true;
}

/** @throws GitSopsError `git-too-old`. */
export function requireGit(version: GitVersion): void {
  if (!atLeast(version, minimumGit)) {
    throw new GitSopsError('git-too-old', { detail: version.join('.'), other: minimumGit.join('.') });
  }
}
