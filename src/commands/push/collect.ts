import type { FoundIn } from '../../document/finding.ts';
import { isProtection } from '../../document/rule-finder.ts';
import { type BlobReader, treeObject } from '../../git/blob-reader.ts';
import type { Change } from '../../git/changes.ts';
import { type FileState, FileStates } from '../../git/file-states.ts';
import { isBlob, listTree } from '../../git/index-entries.ts';
import { mergeLog } from '../../git/merge-log.ts';
import type { GitPath } from '../../git/path.ts';
import { type LoggedCommit, rawLog } from '../../git/raw-log.ts';
import type { Deadline } from './deadline.ts';

/** A file that a push brings: one version of one path. */
export interface PushedFile {
  readonly path: GitPath;
  readonly oid: string;
  /** Whether Git stores it as a symlink. */
  readonly link: boolean;
  readonly foundIn: FoundIn;
  /** Rules and attributes of the commit that brings it. */
  readonly state: FileState;
  /** Those of the ends of the push that have this commit in them, where they are others, each once. */
  readonly ends: readonly FileState[];
  /** Those of the agreed branch, for what comes by a new ref: nobody has agreed on the rules that it comes with. */
  readonly agreed: FileState | null;
  /** Those of the place where the other side has this very version already. */
  readonly there: FileState | null;
}

/** A commit of a push as a change of its first parent; what a merge made of its own also as one of the others. */
export interface Step {
  readonly changes: readonly Change[];
  /** Rules and attributes of the commit. */
  readonly state: FileState;
  readonly foundIn: FoundIn;
  /** What a merge brings in that the other side has already. */
  readonly known: readonly string[];
}

/** A commit that a ref comes to. */
export interface Tip {
  readonly commit: string;
  /** The id of the allow-list that was agreed on for that ref, or null. */
  readonly allowList: string | null;
  /** The commit whose rules are agreed on, where the ref is new. */
  readonly agreed: string | null;
}

/** What holds for all that a tip reaches. Tips at which the same holds share one. */
export interface End {
  readonly state: FileState;
  readonly allowList: string | null;
  readonly agreed: FileState | null;
}

export interface Collected {
  /** Each version of each path, by the first commit that has it, and by later ones for which something else holds. */
  readonly files: readonly PushedFile[];
  /** All commits, parents first. */
  readonly steps: readonly Step[];
  /** Of each commit, the ends that reach it. */
  readonly ends: ReadonlyMap<string, ReadonlySet<End>>;
  /** What the push brings: the commit and its parents. */
  readonly commits: ReadonlyMap<string, readonly string[]>;
}

/**
 * All that is new in a push, through one walk over its commits.
 * @param known what the other side has, as for `git rev-list`
 */
export async function collectPush(
  tips: readonly Tip[],
  known: readonly string[],
  blobs: BlobReader,
  deadline: Deadline,
): Promise<Collected> {
  const states = new FileStates(isProtection);
  const commits: LoggedCommit[] = [];
  const brought = { tips: [...new Set(tips.map(({ commit }) => commit))], signal: deadline.signal };
  for await (const logged of rawLog(known, brought)) {
    deadline.check();
    for (const parent of logged.parents) {
      if (states.get(parent) === undefined) states.start(parent, await listTree(parent, { signal: deadline.signal }));
    }
    states.after(logged);
    commits.push(logged);
  }
  for (const { agreed } of commits.length === 0 ? [] : tips) {
    if (agreed === null || states.get(agreed) !== undefined) continue;
    states.start(agreed, await listTree(agreed, { signal: deadline.signal }));
  }
  const merges = commits.some(({ parents }) => parents.length > 1) ? await mergeLog(known, brought) : null;
  const ends = endsOf(commits, tips, states);
  const parents = new Map(commits.map((logged) => [logged.commit, logged.parents]));
  const files: PushedFile[] = [];
  const steps: Step[] = [];
  const seen = new Map<string, Set<FileState | End>>();
  for (const logged of commits) {
    deadline.check();
    const { commit, authorDate } = logged;
    const state = states.get(commit) ?? new Map();
    const reached = [...(ends.get(commit) ?? [])];
    const holding = [state, ...reached];
    const fresh = logged.changes.flatMap(({ path, after }) => {
      if (after === null || !isBlob(after.kind)) return [];
      const version = `${after.kind} ${after.oid} ${path}`;
      const judged = seen.get(version) ?? new Set();
      if (holding.every((one) => judged.has(one))) return [];
      for (const one of holding) judged.add(one);
      seen.set(version, judged);
      return [{ path, oid: after.oid, link: after.kind === 'symlink' }];
    });
    const known = logged.parents.slice(1).filter((parent) => !parents.has(parent));
    const changes = [...logged.changes, ...(merges?.get(commit) ?? [])];
    steps.push({ changes, state, foundIn: { commit, authorDate }, known });
    const there = await alreadyThere(known, fresh, states, blobs);
    const others = [...new Set(reached.map((end) => end.state))].filter((other) => other !== state);
    const agreed = reached.find((end) => end.agreed !== null)?.agreed ?? null;
    for (const [i, file] of fresh.entries()) {
      files.push({ ...file, foundIn: { commit, authorDate }, state, ends: others, agreed, there: there[i] ?? null });
    }
  }
  return { files, steps, ends, commits: parents };
}

/** Of each commit, the ends that reach it. */
function endsOf(commits: readonly LoggedCommit[], tips: readonly Tip[], states: FileStates) {
  const ends = new Map<string, ReadonlySet<End>>();
  const shared: End[] = [];
  const add = (commit: string, more: ReadonlySet<End>) => {
    const before = ends.get(commit);
    if (before === undefined) ends.set(commit, more);
    else if ([...more].some((end) => !before.has(end))) ends.set(commit, new Set([...before, ...more]));
  };
  for (const { commit, allowList, agreed: tip } of tips) {
    const state = states.get(commit);
    if (state === undefined) continue;
    const agreed = tip === null ? null : (states.get(tip) ?? null);
    const known = shared.find((end) => end.state === state && end.allowList === allowList && end.agreed === agreed);
    const end = known ?? { state, allowList, agreed };
    if (known === undefined) shared.push(end);
    add(commit, new Set([end]));
  }
  for (const { commit, parents } of commits.toReversed()) {
    for (const parent of parents) add(parent, ends.get(commit) ?? new Set());
  }
  return ends;
}

/** A merge brings in what its other parents have. Where those are known to the other side, so are their files. */
async function alreadyThere(
  parents: readonly string[],
  files: readonly { readonly path: GitPath; readonly oid: string }[],
  states: FileStates,
  blobs: BlobReader,
): Promise<(FileState | null)[]> {
  const there: (FileState | null)[] = files.map(() => null);
  for (const parent of parents) {
    const found = await Promise.all(files.map(({ path }) => blobs.stat(treeObject(parent, path))));
    for (const [i, blob] of found.entries()) {
      if (blob?.oid === files[i]?.oid) there[i] ??= states.get(parent) ?? null;
    }
  }
  return there;
}
