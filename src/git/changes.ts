import { type FileKind, fileKind, type ListOptions, listIndex, unreadable } from './index-entries.ts';
import { decodePath, type GitPath, splitNul } from './path.ts';
import { rawOptions } from './raw-options.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/** One path that differs. A rename is a deletion and an addition. */
export interface Change {
  /** Added, deleted, modified (mode alone too), type changed (a file became a symlink …), unmerged. */
  readonly status: 'A' | 'D' | 'M' | 'T' | 'U';
  readonly path: GitPath;
  /** Null where it was not there, and for `U`. */
  readonly before: ChangeSide | null;
  /** Null where it is not there any more, and for `U`. */
  readonly after: ChangeSide | null;
}

export interface ChangeSide {
  /** Six octal digits. */
  readonly mode: string;
  readonly kind: FileKind;
  /** Hexadecimal. */
  readonly oid: string;
}

const raw = ['--raw', '-z', '--no-renames', '--no-abbrev'];

/**
 * What the next commit would change: the index against HEAD, or against nothing before the first commit. In a merge, all
 * that the merge brings to our side, and `U` for each path that is in conflict.
 */
export async function stagedChanges(options: ListOptions = {}): Promise<Change[]> {
  // The porcelain, since it alone knows what to do without a HEAD; so its config must be kept out.
  const plain = [...rawOptions, '-z', '--no-renames', '--ignore-submodules=none'];
  const pathspecs = options.pathspecs ?? [];
  const { stdout } = await runGit(['diff', '--cached', ...plain, '--', ...pathspecs], {
    ...options,
    env: { ...options.env, GIT_LITERAL_PATHSPECS: '0' },
  });
  return parseRaw(stdout);
}

/** The index against one commit, such as one that the next commit merges; none where there is no such commit. */
export async function stagedAgainst(commit: string, options: SpawnGitOptions = {}): Promise<Change[]> {
  const { stdout, code } = await runGit(['diff-index', '--cached', '-r', ...raw, commit, '--'], {
    ...options,
    okCodes: [0, 128],
  });
  return code === 0 ? parseRaw(stdout) : [];
}

/** Every path that differs between two commits or trees, which are given by their ids (`resolveTree`). */
export async function changesBetween(from: string, to: string, options?: SpawnGitOptions): Promise<Change[]> {
  const { stdout } = await runGit(['diff-tree', '-r', ...raw, from, to], options);
  return parseRaw(stdout);
}

/** Paths whose working file may differ from the index: those whose stat data does. Nearly never a filter runs for that. */
export async function touchedFiles(options?: SpawnGitOptions): Promise<Set<GitPath>> {
  const { stdout } = await runGit(['diff-files', ...raw, '--ignore-submodules=all'], options);
  return new Set(parseRaw(stdout).map(({ path }) => path));
}

/**
 * Regular files that HEAD has and that are gone from the index or the working tree; none before the first commit. Safe
 * in a filter: `diff-index` without `--cached` would clean what may have changed, and so call the filter that asks.
 */
export async function deletedFiles(options?: SpawnGitOptions): Promise<{ path: GitPath; oid: string }[]> {
  const [staged, missing] = await Promise.all([
    runGit(['diff-index', '--cached', '-r', ...raw, '--diff-filter=D', 'HEAD', '--'], {
      ...options,
      okCodes: [0, 128],
    }),
    runGit(['ls-files', '--deleted', '-z', '--full-name', '--', ':/'], {
      ...options,
      env: { ...options?.env, GIT_LITERAL_PATHSPECS: '0' },
    }),
  ]);
  if (staged.code !== 0) return [];
  const gone = parseRaw(staged.stdout).flatMap(({ path, before }) =>
    before?.kind === 'file' ? [{ path, oid: before.oid }] : [],
  );
  const names = new Set(splitNul(missing.stdout).map(decodePath));
  // `--stage` beside `--deleted` would list all there is.
  for (const { path, oid, kind, stage } of names.size === 0 ? [] : await listIndex(options)) {
    if (names.has(path) && kind === 'file' && stage === 0) gone.push({ path, oid });
  }
  return gone;
}

/** `:100644 100755 0123… 4567… M<NUL>path<NUL>`, see git-diff-index(1), "Raw output format". */
export function parseRaw(stdout: Buffer): Change[] {
  const fields = splitNul(stdout);
  const changes: Change[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    changes.push(changeOf((fields[i] as Buffer).toString('latin1'), decodePath(fields[i + 1] as Buffer)));
  }
  return changes;
}

/** @param line `:100644 100755 0123… 4567… M` */
export function changeOf(line: string, path: GitPath): Change {
  const [modeBefore, modeAfter, oidBefore, oidAfter, status] = line.slice(1).split(' ');
  if (modeBefore === undefined || modeAfter === undefined || oidBefore === undefined || oidAfter === undefined) {
    throw unreadable('diff');
  }
  if (status === undefined || !/^[ADMTU]$/.test(status)) throw unreadable('diff');
  const unmerged = status === 'U';
  return {
    status: status as Change['status'],
    path,
    before: unmerged ? null : changeSide(modeBefore, oidBefore),
    after: unmerged ? null : changeSide(modeAfter, oidAfter),
  };
}

/** Null where nothing is. */
export function changeSide(mode: string, oid: string): ChangeSide | null {
  return mode === '000000' ? null : { mode, kind: fileKind(mode), oid };
}
