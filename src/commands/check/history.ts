import { availableParallelism } from 'node:os';
import { fileMends, historyClauses } from '../../clauses.ts';
import type { Finding } from '../../document/finding.ts';
import { createRuleFinder, type RuleFinder } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import { amongFiltered } from '../../git/attributes.ts';
import { type BlobReader, treeObject } from '../../git/blob-reader.ts';
import { listTree } from '../../git/index-entries.ts';
import { listedReader } from '../../git/listed-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { isShallow } from '../../git/revision.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { readAllowList } from '../gate/allowed.ts';
import type { Io } from '../io.ts';
import { collectHistory, type HistoricBlob, type History, type Place } from './history/collect.ts';
import { holdingKeys } from './history/elsewhere.ts';
import { Journal } from './history/journal.ts';
import type { Task } from './history/judge-blob.ts';
import { judgeLeaving } from './history/judge-leaving.ts';
import { judgeAll } from './history/pool.ts';
import { Progress } from './history/progress.ts';
import { revisionsOf } from './history/revisions.ts';
import { untilSignal } from './history/until-signal.ts';
import type { ScopeVerdict } from './scope.ts';

export interface HistoryOptions {
  /** A revision or range; null for everything that is reachable. */
  readonly rev: string | null;
  readonly paths: readonly GitPath[];
  /** Threads; null for what suits. */
  readonly jobs: number | null;
  /** The part `index` (from 1) of `count`. */
  readonly shard: { readonly index: number; readonly count: number };
  /** The journal. */
  readonly resume: string | null;
}

/** Fewer are done before a thread has started. */
const worthThreads = 500;
const mostThreads = 8;

/**
 * Judges every distinct blob that ever stood at a covered path, and looks for private keys in all others. A leak that a later commit took
 * out is one all the same.
 */
export async function judgeHistory(
  options: HistoryOptions,
  blobs: BlobReader,
  keyring: Keyring,
  io: Io,
): Promise<ScopeVerdict> {
  const { revs, now } = await revisionsOf(options.rev);
  // Half a history would look clean.
  if (!revs.some((rev) => rev.startsWith('^')) && (await isShallow())) throw new GitSopsError('history-shallow');
  const read =
    now === null
      ? async () => null
      : listedReader(
          async (path) => (await blobs.read(treeObject(now, path)))?.content ?? null,
          () => listTree(now),
        );
  const { blobs: all, elsewhere, leaving } = await collected(revs, options.paths, createRuleFinder(read), blobs, io);
  const filtered = await withAttribute(elsewhere, now);
  const isInPart = (oid: string) => shardOf(oid, options.shard.count) === options.shard.index;
  const part = [...all, ...filtered.values()].filter(({ oid }) => isInPart(oid));
  const others = elsewhere.filter(({ oid }) => isInPart(oid) && !filtered.has(oid));
  const holding = await searched(others, blobs, io);
  const findings = await judgeBlobs([...part, ...holding], options, blobs, io);
  const left = await judgeLeaving(leaving, keyring, blobs);
  findings.push(...left.filter(({ oid }) => isInPart(oid ?? '')));
  return { files: part.length, findings, allowList: () => readAllowList(read) };
}

/**
 * Those at a path that has the filter today, and no rule: what is stored there is plaintext wherever the filter did not run. By their ids.
 * @param now the tree whose attributes count
 */
async function withAttribute(
  elsewhere: readonly HistoricBlob[],
  now: string | null,
): Promise<ReadonlyMap<string, HistoricBlob>> {
  if (now === null) return new Map();
  const paths = new Set(elsewhere.flatMap(({ places }) => places.map(({ path }) => path)));
  const filtered = new Set(await amongFiltered([...paths], 'sops', { of: { tree: now }, lazyFetch: true }));
  if (filtered.size === 0) return new Map();
  return new Map(
    elsewhere.flatMap(({ oid, places }) => {
      const here = places.filter(({ path }) => filtered.has(path)).map((place) => ({ ...place, filtered: true }));
      return here.length === 0 ? [] : [[oid, { oid, places: here }] as const];
    }),
  );
}

async function searched(others: readonly HistoricBlob[], blobs: BlobReader, io: Io): Promise<HistoricBlob[]> {
  const progress = new Progress(io, 'blobs that no rule covers');
  try {
    return await holdingKeys(others, blobs, () => progress.step());
  } finally {
    progress.end();
  }
}

async function collected(
  revs: readonly string[],
  paths: readonly GitPath[],
  rules: RuleFinder,
  blobs: BlobReader,
  io: Io,
): Promise<History> {
  const progress = new Progress(io, 'commits');
  try {
    return await collectHistory(revs, paths, rules, blobs, () => progress.step());
  } finally {
    progress.end();
  }
}

/** From 1. Ids are spread evenly, and every machine comes to the same parts. */
function shardOf(oid: string, count: number): number {
  return (Number.parseInt(oid.slice(0, 8), 16) % count) + 1;
}

async function judgeBlobs(
  part: readonly HistoricBlob[],
  { jobs, resume }: HistoryOptions,
  blobs: BlobReader,
  io: Io,
): Promise<Finding[]> {
  const found = new Map<string, readonly Finding[]>();
  const journal = resume === null ? null : new Journal(resume, io.version);
  const tasks: Task[] = [];
  for (const { oid, places } of part) {
    const task = { oid, places: places.map(({ foundIn: _, ...place }) => place) };
    const known = journal?.find(task);
    if (known === undefined) tasks.push(task);
    else found.set(oid, known);
  }
  io.trace(`history: ${part.length} blobs, ${tasks.length} to judge`);
  const suits = tasks.length < worthThreads ? 1 : Math.min(availableParallelism(), mostThreads);
  const progress = new Progress(io, 'blobs', tasks.length);
  const stop = () => {
    journal?.flush();
    progress.end();
    const done = found.size;
    const more = resume === null ? 'with --resume FILE the next run would go on here' : 'the same command goes on here';
    io.stderr.write(`git-sops: stopped after ${done} of ${part.length} blobs; ${more}\n`);
  };
  await untilSignal(stop, async () => {
    try {
      await judgeAll(tasks, jobs ?? suits, blobs, (task, findings) => {
        found.set(task.oid, findings);
        journal?.add(task, findings);
        progress.step();
      });
    } finally {
      journal?.flush();
      progress.end();
    }
  });
  return part.flatMap(({ oid, places }) =>
    (found.get(oid) ?? []).map((finding) => placed(finding, places.find(({ path }) => path === finding.path)?.foundIn)),
  );
}

function placed(finding: Finding, foundIn: Place['foundIn'] | undefined): Finding {
  if (foundIn === undefined || 'commit' in foundIn) return { ...finding, foundIn };
  const { ref } = foundIn;
  const named = historyClauses.named(ref);
  const detail = finding.detail === undefined ? named : `${finding.detail} (${named})`;
  return { ...finding, ref, detail, mend: fileMends.deleteRef(ref) };
}
