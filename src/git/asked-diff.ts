import { GitSopsError } from '../errors.ts';
import { type FileKind, fileKind, unreadable } from './index-entries.ts';
import { decodePath, type GitPath, splitNul } from './path.ts';
import { rawOptions } from './raw-options.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/** A path that differs between whatever two things somebody asked `git diff` to compare. */
export interface AskedChange {
  /** Added, copied, deleted, modified (or its mode alone), renamed, type changed, unmerged. */
  readonly status: 'A' | 'C' | 'D' | 'M' | 'R' | 'T' | 'U';
  /** Where it is now; where it was, if it is gone. */
  readonly path: GitPath;
  /** Where it was: another path for a rename or a copy. */
  readonly from: GitPath;
  readonly before: AskedSide | null;
  readonly after: AskedSide | null;
}

export interface AskedSide {
  /** Six octal digits. */
  readonly mode: string;
  readonly kind: FileKind;
  /** Hexadecimal; null is the working file. */
  readonly oid: string | null;
}

/**
 * A file whose times say nothing Git would send through its filter, to compare what comes out; the caller reads it anyway. Without
 * a filter it counts as different, and one that the filter refuses does not stop the whole command.
 */
const unasked = [
  'diff.autoRefreshIndex=false',
  'filter.sops.process=',
  'filter.sops.clean=',
  'filter.sops.required=false',
];

const plain = [...rawOptions, '-z', '--ignore-submodules=all'];

/**
 * Lets Git itself understand revisions, ranges and pathspecs. A working file may be listed whose times alone changed.
 * @param args as for `git diff`: options that the caller has checked, operands, `--`, pathspecs
 * @throws GitSopsError `git-failed` with what Git says to them, `git-merge-diff` for more than two sides
 */
export async function askedDiff(args: readonly string[], options: SpawnGitOptions = {}): Promise<AskedChange[]> {
  const { stdout } = await runGit([...unasked.flatMap((setting) => ['-c', setting]), 'diff', ...plain, ...args], {
    ...options,
    env: { ...options.env, GIT_LITERAL_PATHSPECS: '0' },
  });
  const fields = splitNul(stdout);
  const changes: AskedChange[] = [];
  for (let i = 0; i < fields.length; ) {
    const head = (fields[i++] as Buffer).toString('latin1');
    if (head.startsWith('::')) throw new GitSopsError('git-merge-diff');
    // `:100644 100755 0123… 4567… M`, see git-diff-index(1), "Raw output format".
    const [modeBefore, modeAfter, oidBefore, oidAfter, status] = head.slice(1).split(' ');
    const first = fields[i++];
    if (modeBefore === undefined || modeAfter === undefined || oidBefore === undefined || oidAfter === undefined) {
      throw unreadable('diff');
    }
    const letter = /^([ACDMRTU])\d*$/.exec(status ?? '')?.[1] as AskedChange['status'] | undefined;
    if (letter === undefined || first === undefined) throw unreadable('diff');
    const second = letter === 'R' || letter === 'C' ? fields[i++] : first;
    if (second === undefined) throw unreadable('diff');
    changes.push({
      status: letter,
      path: decodePath(second),
      from: decodePath(first),
      before: letter === 'U' ? null : side(modeBefore, oidBefore),
      after: letter === 'U' ? null : side(modeAfter, oidAfter),
    });
  }
  return changes;
}

/** The commits and trees that the same arguments name. */
export async function askedRevisions(args: readonly string[], options: SpawnGitOptions = {}): Promise<string[]> {
  const { stdout, code } = await runGit(['rev-parse', '--revs-only', ...args], { ...options, okCodes: [0, 128] });
  if (code !== 0) return [];
  return stdout
    .toString()
    .split('\n')
    .map((line) => line.replace(/^\^/, ''))
    .filter((line) => /^[0-9a-f]{40,64}$/.test(line));
}

function side(mode: string, oid: string): AskedSide | null {
  if (mode === '000000') return null;
  return { mode, kind: fileKind(mode), oid: /^0+$/.test(oid) ? null : oid };
}
