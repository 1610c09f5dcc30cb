import { type FileKind, fileKind, type ListOptions, unreadable } from './index-entries.ts';
import { decodePath, type GitPath, splitNul } from './path.ts';
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
  const plain = [
    '--no-ext-diff',
    '--no-textconv',
    '--no-relative',
    '--no-color',
    '--ignore-submodules=none',
    '-O/dev/null',
  ];
  const pathspecs = options.pathspecs ?? [];
  const { stdout } = await runGit(['diff', '--cached', ...raw, ...plain, '--', ...pathspecs], {
    ...options,
    env: { ...options.env, GIT_LITERAL_PATHSPECS: '0' },
  });
  return parseRaw(stdout);
}

/** Every path that differs between two commits or trees, which are given by their ids (`resolveTree`). */
export async function changesBetween(from: string, to: string, options?: SpawnGitOptions): Promise<Change[]> {
  const { stdout } = await runGit(['diff-tree', '-r', ...raw, from, to], options);
  return parseRaw(stdout);
}

/** `:100644 100755 0123… 4567… M<NUL>path<NUL>`, see git-diff-index(1), "Raw output format". */
function parseRaw(stdout: Buffer): Change[] {
  const fields = splitNul(stdout);
  const changes: Change[] = [];
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const [modeBefore, modeAfter, oidBefore, oidAfter, status] = (fields[i] as Buffer)
      .toString('latin1')
      .slice(1)
      .split(' ');
    if (modeBefore === undefined || modeAfter === undefined || oidBefore === undefined || oidAfter === undefined) {
      throw unreadable('diff');
    }
    if (status === undefined || !/^[ADMTU]$/.test(status)) throw unreadable('diff');
    const unmerged = status === 'U';
    changes.push({
      status: status as Change['status'],
      path: decodePath(fields[i + 1] as Buffer),
      before: unmerged ? null : side(modeBefore, oidBefore),
      after: unmerged ? null : side(modeAfter, oidAfter),
    });
  }
  return changes;
}

function side(mode: string, oid: string): ChangeSide | null {
  return mode === '000000' ? null : { mode, kind: fileKind(mode), oid };
}
