import { type Allowed, settingsName } from '../../document/allow-list.ts';
import type { Finding } from '../../document/finding.ts';
import { severityOf } from '../../document/finding.ts';
import { type BlobReader, treeObject } from '../../git/blob-reader.ts';
import { peelTips, type RefUpdate } from '../../git/ref-updates.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { allowedBefore, sortOutAllowed } from '../gate/allowed.ts';
import type { Io } from '../io.ts';
import { type Collected, collectPush } from './collect.ts';
import type { Deadline } from './deadline.ts';
import { judgeBareObject } from './judge-bare-object.ts';
import type { JudgeOptions } from './judge-files.ts';
import { judgeCommits } from './judge-steps.ts';
import { isNew, weakenedRefs } from './weakened-refs.ts';

export interface PushOptions {
  /** What the other side has, as for `git rev-list`. */
  readonly known: readonly string[];
  /** The ref whose protection is agreed on, as the other side has it. */
  readonly agreed: { readonly ref: string; readonly tip: string } | null;
  /** Whether the other side has nothing at all yet. */
  readonly first: boolean;
  readonly keyring: Keyring | null;
  readonly deadline: Deadline;
  /** Is told how many files there are, and gives what is called after each. */
  readonly progress?: (files: number) => () => void;
}

export interface PushVerdict {
  /** How many covered files were judged. */
  readonly files: number;
  readonly commits: number;
  /** Errors in files. */
  readonly findings: readonly Finding[];
  /** What the push takes from the protection itself. */
  readonly weakened: readonly Finding[];
}

/** Judges all that a push brings: every commit that the other side lacks, whatever branch or tag it comes by. */
export async function judgePush(
  updates: readonly RefUpdate[],
  blobs: BlobReader,
  io: Io,
  options: PushOptions,
): Promise<PushVerdict> {
  const { deadline, keyring } = options;
  const peeled = await peelTips(
    updates.flatMap(({ after }) => (after === null ? [] : [after])),
    { signal: deadline.signal },
  );
  const named = updates.flatMap((update) => {
    const tip = peeled.get(update.after ?? '');
    return tip === undefined ? [] : [{ ...update, tip }];
  });
  const commits = named
    .filter(({ tip }) => tip.type === 'commit')
    .map((update) => ({ ...update, after: update.tip.oid }));
  const tips = await Promise.all(
    commits.map(async ({ ref, before, after }) => ({
      commit: after,
      // Where there was nothing, that of the push itself counts.
      allowList: await allowListAt(options.first ? after : before, blobs),
      agreed: isNew({ ref, before }) ? (options.agreed?.tip ?? null) : null,
    })),
  );
  const collected = await collectPush(tips, options.known, blobs, deadline);
  const step = options.progress?.(collected.files.length);
  const judging: JudgeOptions = { keyring, deadline, ...(step && { step }) };
  const { files, findings, byAgreed } = await judgeCommits(collected, blobs, judging);
  for (const { ref, tip } of named) {
    const bare = await judgeBareObject(ref, tip, options.agreed?.tip ?? null, blobs, keyring);
    findings.push(...bare.findings);
    byAgreed.push(...bare.byAgreed);
  }
  const weakened = await weakenedRefs(commits, blobs, { commits: collected.commits, agreed: options.agreed, deadline });
  const left = async (found: readonly Finding[]) => {
    const errors = found.filter(({ kind }) => severityOf(kind) === 'error');
    return errors.length === 0 ? errors : withoutAllowed(errors, collected, options, blobs, io);
  };
  return {
    files,
    commits: collected.commits.size,
    findings: await left(findings),
    weakened: [...weakened, ...(await left(byAgreed))],
  };
}

/**
 * What was agreed on before counts: for a commit the lists of the refs that come to it, as they were, and that of the default branch.
 * The list of another ref, or of where a new branch grew from, accepts nothing.
 */
async function withoutAllowed(
  findings: readonly Finding[],
  { ends }: Collected,
  { agreed }: PushOptions,
  blobs: BlobReader,
  io: Io,
): Promise<Finding[]> {
  const everywhere = await allowListAt(agreed?.tip ?? null, blobs);
  const known = new Map<string, Promise<Allowed[]>>();
  const listOf = (oid: string) => {
    const list = known.get(oid) ?? allowedBefore(async () => (await blobs.read(oid))?.content ?? null);
    known.set(oid, list);
    return list;
  };
  const left: Finding[] = [];
  for (const finding of findings) {
    const reached = [...(ends.get(finding.foundIn?.commit ?? '') ?? [])];
    const ids = new Set([everywhere, ...reached.map(({ allowList }) => allowList)].filter((oid) => oid !== null));
    const lists = await Promise.all([...ids].map(listOf));
    left.push(...sortOutAllowed([finding], lists.flat(), io.now()).findings);
  }
  return left;
}

/** The id of the list in a commit. */
async function allowListAt(commit: string | null, blobs: BlobReader): Promise<string | null> {
  return commit === null ? null : ((await blobs.stat(treeObject(commit, settingsName)))?.oid ?? null);
}
