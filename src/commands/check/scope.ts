import type { Allowed } from '../../document/allow-list.ts';
import { isRulesPath } from '../../document/rule-finder.ts';
import { type BlobReader, treeObject } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { commitOf, mergeBase, resolveRange, resolveTree } from '../../git/revision.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { allowedBefore, readAllowList } from '../gate/allowed.ts';
import { candidatesOf } from '../gate/candidates.ts';
import { judgeSnapshot, type Verdict } from '../gate/gate.ts';
import { identityFindings } from '../gate/identity-findings.ts';
import type { Snapshot } from '../gate/snapshot.ts';
import { type AskedOfIndex, indexSnapshot, stagedSnapshot, treeSnapshot } from '../gate/snapshots.ts';
import { withUnstagedProtection } from '../gate/unstaged-protection.ts';
import { unstagedRules } from '../gate/unstaged-rules.ts';
import { weakenedBy } from '../gate/weakened.ts';
import { withoutFilter } from '../gate/without-filter.ts';
import { worktreeVerdict } from '../gate/worktree-verdict.ts';
import type { Io } from '../io.ts';
import { isUnder } from '../repository/under.ts';
import { worktreeReader } from '../repository/worktree-reader.ts';
import { compileLater } from './compile-later.ts';

export interface Scope {
  readonly staged: boolean;
  readonly worktree: boolean;
  /** A commit, a tree or a range; null for the index. */
  readonly rev: string | null;
  /** None for everything. */
  readonly paths: readonly GitPath[];
}

export interface ScopeVerdict extends Verdict {
  /** The allow-list that counts for the scope. @throws GitSopsError `invalid-settings` */
  allowList(): Promise<Allowed[]>;
}

export function nameOf({ staged, worktree, rev }: Scope): string {
  return staged ? 'the staged changes' : worktree ? 'the working tree' : (rev ?? 'the index');
}

/**
 * @param asked where the scope is the index: what was asked of it already
 * @throws GitSopsError for whatever keeps the judgement from being made: that is never a clean result
 */
export async function judgeScope(
  scope: Scope,
  blobs: BlobReader,
  keyring: Keyring,
  io: Io,
  asked?: AskedOfIndex,
): Promise<ScopeVerdict> {
  const { rev, paths } = scope;
  const range = rev === null ? null : await resolveRange(rev);
  if (range !== null) return judgeRange(range, paths, blobs, keyring);
  if (scope.worktree) {
    const { files, findings } = await worktreeVerdict(paths, blobs, keyring, io);
    return {
      files,
      findings: [...findings, ...identityFindings(keyring)],
      allowList: () => readAllowList(worktreeReader(io.cwd, blobs)),
    };
  }
  const all = await snapshotOf(scope, blobs, asked);
  if (all.candidates.isMoreThan(mostForShort)) compileLater(false);
  const snapshot = paths.length === 0 ? all : limited(all, paths);
  const unstaged = rev === null ? meanwhile(() => unstagedRules(snapshot, io.cwd)) : null;
  const { files, findings: found } = await judgeSnapshot(snapshot, keyring);
  const findings =
    unstaged === null
      ? found
      : await withoutFilter(await withUnstagedProtection(found, snapshot, io.cwd, blobs, await unstaged));
  return {
    files,
    findings: [...findings, ...identityFindings(keyring)],
    allowList: () => readAllowList(snapshot.read),
  };
}

/** When there is nothing to do but to wait for Git. */
function meanwhile<T>(work: () => Promise<T>): Promise<T> {
  const done = new Promise<T>((resolve, reject) => setImmediate(() => work().then(resolve, reject)));
  // Whoever waits for it is told.
  done.catch(() => {});
  return done;
}

/** Above so many files what is compiled pays. */
const mostForShort = 30_000;

function limited(snapshot: Snapshot, paths: readonly GitPath[]): Snapshot {
  // Rules elsewhere may be those of these paths.
  const unmerged = snapshot.unmerged.filter((path) => isRulesPath(path) || isUnder(path, paths));
  const candidates = candidatesOf(snapshot.candidates.all().filter(({ path }) => isUnder(path, paths)));
  const { left } = snapshot;
  const leftHere: Snapshot['left'] =
    left && (async (...args) => (await left(...args)).filter(({ path }) => isUnder(path, paths)));
  return { ...snapshot, whole: false, candidates, unmerged, ...(leftHere && { left: leftHere }) };
}

async function snapshotOf({ staged, rev }: Scope, blobs: BlobReader, asked?: AskedOfIndex): Promise<Snapshot> {
  if (staged) return stagedSnapshot(blobs);
  if (rev === null) return indexSnapshot(blobs, asked);
  // A tree by itself has no history, and so nobody whom the rules once named.
  return treeSnapshot(blobs, (await commitOf(rev)) ?? (await resolveTree(rev)));
}

/** A change is judged by what was agreed on before it: the allow-list is that of the merge base. */
async function judgeRange(
  range: { readonly from: string; readonly to: string },
  paths: readonly GitPath[],
  blobs: BlobReader,
  keyring: Keyring,
): Promise<ScopeVerdict> {
  const base = await mergeBase(range.from, range.to);
  const { rangeVerdict } = await import('./range.ts');
  const { files, findings } = await rangeVerdict(range, paths, blobs, keyring);
  const weakened = await weakenedBy(base, range.to, blobs);
  return {
    files,
    // Rules and attributes speak of paths elsewhere, so a limit to some paths does not hide them.
    findings: [...findings, ...weakened],
    allowList: () => allowedBefore(async (path) => (await blobs.read(treeObject(base, path)))?.content ?? null),
  };
}
