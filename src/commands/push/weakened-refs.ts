import type { Finding } from '../../document/finding.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { RefUpdate } from '../../git/ref-updates.ts';
import { emptyTree, mergeBase } from '../../git/revision.ts';
import { weakenedBy } from '../gate/weakened.ts';
import type { Deadline } from './deadline.ts';

/** A ref after a push, and what it is held against. */
interface Held {
  readonly ref: string;
  readonly base: string;
  readonly tip: string;
}

export interface WeakenedOptions {
  /** What the push brings: each commit and its parents. */
  readonly commits: ReadonlyMap<string, readonly string[]>;
  /** The branch whose protection is agreed on, as the other side has it: its ref and its commit. */
  readonly agreed: { readonly ref: string; readonly tip: string } | null;
  readonly deadline: Deadline;
}

/**
 * What a push takes from the protection, whatever ref it comes by: what a branch was, and for a new ref, a tag too, where it parted from
 * the default branch. A history of its own took nothing away; its files are judged by the default branch's rules. What the default branch
 * has come to meanwhile was agreed on there, and is no change of other branches that are merged with it or rebased onto it.
 */
export async function weakenedRefs(
  updates: readonly RefUpdate[],
  blobs: BlobReader,
  { commits, agreed, deadline }: WeakenedOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const told = new Set<string>();
  for (const update of updates) {
    deadline.check();
    const held = await heldAgainst(update, commits, agreed?.tip ?? null);
    if (held === null) continue;
    const { ref, base, tip } = held;
    const found = await weakenedBy(base, tip, blobs);
    if (found.length === 0) continue;
    const accepted = new Set<string>();
    if (agreed !== null && agreed.ref !== ref) {
      for (const finding of await changedSince(base, agreed.tip, blobs)) accepted.add(keyOf(finding));
    }
    for (const finding of found) {
      const key = keyOf(finding);
      if (accepted.has(key) || told.has(key)) continue;
      told.add(key);
      findings.push({ ...finding, detail: `${finding.detail ?? ''} (${ref})` });
    }
  }
  return findings;
}

/** What the agreed branch lost since another parted from it; nothing where the clone is too shallow to tell. */
async function changedSince(base: string, agreed: string, blobs: BlobReader): Promise<Finding[]> {
  try {
    return await weakenedBy(await mergeBase(base, agreed), agreed, blobs);
  } catch (error) {
    if (error instanceof GitSopsError && error.code === 'history-shallow') return [];
    throw error;
  }
}

/** A tag that is moved is as good as new: what it named before may be anything. */
export function isNew({ ref, before }: Pick<RefUpdate, 'ref' | 'before'>): boolean {
  return before === null || !ref.startsWith('refs/heads/');
}

async function heldAgainst(
  update: RefUpdate,
  commits: WeakenedOptions['commits'],
  agreed: string | null,
): Promise<Held | null> {
  const { ref, before, after } = update;
  if (after === null) return null;
  let base = before;
  if (isNew(update)) base = agreed === null ? firstKnown(after, commits) : await partedFrom(after, agreed, commits);
  return base === null || base === after ? null : { ref, base, tip: after };
}

/** Null for a history of its own, and for what brings no commit: that was judged when it came. */
async function partedFrom(tip: string, agreed: string, commits: WeakenedOptions['commits']): Promise<string | null> {
  if (!commits.has(tip)) return null;
  try {
    const base = await mergeBase(tip, agreed);
    return base === (await emptyTree()) ? null : base;
  } catch (error) {
    if (error instanceof GitSopsError && error.code === 'history-shallow') return firstKnown(tip, commits);
    throw error;
  }
}

/** Where a branch leaves what was known, along its first parents; null for a history of its own. */
function firstKnown(tip: string, commits: WeakenedOptions['commits']): string | null {
  let at: string | undefined = tip;
  while (at !== undefined) {
    const parents: readonly string[] | undefined = commits.get(at);
    if (parents === undefined) return at;
    at = parents[0];
  }
  return null;
}

function keyOf({ kind, path, detail }: Finding): string {
  return `${kind} ${path} ${detail}`;
}
