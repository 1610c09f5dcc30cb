import type { Change } from './changes.ts';
import { type FileKind, isBlob } from './index-entries.ts';
import type { GitPath } from './path.ts';
import type { LoggedCommit } from './raw-log.ts';

/** The files of certain names that a commit has, symlinks too: path → id of the blob. Commits that have the same share one map. */
export type FileState = ReadonlyMap<GitPath, string>;

type Entry = { readonly path: GitPath; readonly kind: FileKind; readonly oid: string };

/** Which files of certain names each commit has, worked out from what each commit changes, parents first. */
export class FileStates {
  readonly #wanted: (path: GitPath) => boolean;
  readonly #states = new Map<string, FileState>();
  readonly #of = new Map<string, FileState>();

  constructor(wanted: (path: GitPath) => boolean) {
    this.#wanted = wanted;
  }

  get(commit: string): FileState | undefined {
    return this.#of.get(commit);
  }

  /** A commit whose parents are not looked at. @param files all that it has */
  start(commit: string, files: readonly Entry[]): FileState {
    const wanted = files.filter(({ path, kind }) => isBlob(kind) && this.#wanted(path));
    return this.#keep(commit, new Map(wanted.map(({ path, oid }) => [path, oid])));
  }

  /** The next commit of the log. One whose first parent is unknown counts as a root. */
  after({ commit, parents, changes }: Pick<LoggedCommit, 'commit' | 'parents' | 'changes'>): FileState {
    const before = this.#of.get(parents[0] ?? '') ?? new Map();
    const touched = changes.filter(({ path }) => this.#wanted(path));
    if (touched.length > 0 || before.size === 0) return this.#keep(commit, applied(before, touched));
    this.#of.set(commit, before);
    return before;
  }

  #keep(commit: string, files: FileState): FileState {
    const key = JSON.stringify([...files].sort());
    const state = this.#states.get(key) ?? files;
    this.#states.set(key, state);
    this.#of.set(commit, state);
    return state;
  }
}

function applied(before: FileState, changes: readonly Change[]): Map<GitPath, string> {
  const files = new Map(before);
  for (const { path, after } of changes) {
    if (after !== null && isBlob(after.kind)) files.set(path, after.oid);
    else files.delete(path);
  }
  return files;
}
