import { configName, foldersOf, isRulesPath } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import type { AskedAhead } from '../../git/asked-ahead.ts';
import { filteredHere } from '../../git/attributes.ts';
import { type BlobReader, indexObject, treeObject } from '../../git/blob-reader.ts';
import { type Change, stagedAgainst, stagedChanges } from '../../git/changes.ts';
import { earlierBlobs } from '../../git/file-history.ts';
import {
  type IndexEntry,
  indexListing,
  listIndex,
  listTree,
  type TreeEntry,
  treeListing,
} from '../../git/index-entries.ts';
import { absenceFromIndex } from '../../git/index-file.ts';
import { listedReader } from '../../git/listed-reader.ts';
import type { Listing } from '../../git/listing.ts';
import { mergedCommits } from '../../git/merge-parents.ts';
import { type GitPath, splitPaths } from '../../git/path.ts';
import { ReadAhead } from '../../git/read-ahead.ts';
import type { SpawnGitOptions } from '../../git/run.ts';
import { isMissing } from '../../git/work-file.ts';
import { filteredPaths } from '../repository/filtered.ts';
import { hasSameAttributes } from '../repository/same-attributes.ts';
import { type Candidate, type Candidates, candidatesOf, isJudged, listedCandidates } from './candidates.ts';
import { contentIn, contentsIn } from './contents.ts';
import { noLongerEncrypted } from './no-longer-encrypted.ts';
import type { Snapshot } from './snapshot.ts';
import { amongHolding, holdingSigns, searching, smallOnes } from './suspects.ts';

/** What Git is asked about the whole index, by programs that run beside each other. */
export interface AskedOfIndex {
  readonly changes: Promise<Change[]>;
  readonly listing: Promise<Listing<IndexEntry>>;
  /** The files that hold a sign. */
  readonly holding: Promise<ReadonlySet<GitPath>>;
  /** The `.sops.yaml` of the top, which most repositories have, and the `.gitattributes` there. */
  readonly rules: Promise<Uint8Array | null>;
  readonly attributes: Promise<Uint8Array | null>;
  /** The files that have the filter, if the working tree's attributes are the index's; null where Git did not say. */
  readonly filtered: Promise<readonly GitPath[] | null>;
}

/** From any folder of the repository. */
export function askOfIndex(blobs: BlobReader): AskedOfIndex {
  // What is waited for first is started first.
  const asked = {
    listing: indexListing(),
    rules: ofIndex(blobs).read(configName),
    attributes: ofIndex(blobs).read('.gitattributes'),
    filtered: filteredHere('sops').catch(() => null),
    changes: stagedChanges(),
    holding: holdingSigns('index', blobs),
  };
  // Whoever waits for one of them is told.
  for (const one of Object.values(asked)) one.catch(() => {});
  return asked;
}

/** All that the index holds; and, as the hook would say, what the next commit takes out of encryption. */
export async function indexSnapshot(blobs: BlobReader, asked: AskedOfIndex = askOfIndex(blobs)): Promise<Snapshot> {
  const { changes } = asked;
  const listing = await asked.listing;
  const rules = listing.named(configName);
  // Of an index without rules nothing is covered, and all of it is clean.
  if ((await asked.rules) !== null && !rules.includes(configName)) throw new GitSopsError('index-changed-meanwhile');
  const { read, filtered, ...rest } = ofIndex(blobs);
  // Where nothing is in conflict, no entry has another stage than 0.
  const all = listing.mayEndHead('123') ? listing.all() : null;
  const candidates = all === null ? listedCandidates(listing) : candidatesOf(all.filter(({ stage }) => stage === 0));
  return {
    ...rest,
    ...whole(candidates, rules, (path) => (path === configName ? asked.rules : read(path))),
    contents: contentsIn(blobs),
    async filtered(paths) {
      const staged = { paths: listing.named('.gitattributes'), content: await asked.attributes };
      const isSame = hasSameAttributes(process.cwd(), staged, listing.folders(), process.env);
      // Ten thousand paths are not written to Git for that, nor as many answers read.
      const found = isSame ? await asked.filtered : null;
      return found === null ? filtered(paths) : new Set(found);
    },
    suspects: amongHolding(() => asked.holding, blobs),
    unmerged: (all ?? []).flatMap(({ stage, path }) => (stage === 0 ? [] : [path])),
    left: async (isCovered, keyring) => {
      const [ours, ...others] = await Promise.all([changes, ...stagedAgainstMerged()]);
      return noLongerEncrypted([...ours, ...ownOf(ours, others)], blobs, {
        isCovered,
        keyring,
        beside: { read: inBoth(read), named: async (names) => names.flatMap((name) => listing.named(name)) },
      });
    },
  };
}

/**
 * What the next commit changes. A leak that HEAD already holds does not stop unrelated work. A merge changes what differs from any of
 * its parents: a file of ours that is kept against the other side's rules comes to them, though HEAD has it already.
 * @param asked what Git has said already
 */
export async function stagedSnapshot(
  blobs: BlobReader,
  asked: AskedAhead | null = null,
): Promise<Snapshot & { readonly changes: readonly Change[] }> {
  // A hook has nothing else to do meanwhile, and each commit waits for it.
  const reader = new ReadAhead(blobs);
  if (asked !== null) reader.know(asked.blobs);
  const { read, filtered, ...rest } = ofIndex(blobs, { reader, quick: true });
  const [changes, ...others] = await Promise.all([
    asked?.changes ?? stagedChanges({ quick: true }),
    ...stagedAgainstMerged({ quick: true }),
  ]);
  const unmerged = changes.filter(({ status }) => status === 'U').map(({ path }) => path);
  const candidates = new Map([changes, ...others].flatMap(newSides).map((candidate) => [candidate.path, candidate]));
  askAhead([...candidates.values()], changes, reader);
  return {
    ...rest,
    read: remembered(listedReader(read, rulesOfIndex, absenceFromIndex(process.cwd(), process.env))),
    filtered: async (paths) => filteredByAnswers(paths(), asked) ?? filtered(paths),
    whole: false,
    good: 'HEAD',
    suspects: smallOnes(reader),
    candidates: candidatesOf([...candidates.values()]),
    unmerged,
    changes,
    left: (isCovered, keyring) =>
      noLongerEncrypted([...changes, ...ownOf(changes, others)], reader, {
        isCovered,
        keyring,
        beside: { read: inBoth(read), named: namedInIndex },
      }),
  };
}

/** Null where Git has not said it of each of these paths. */
function filteredByAnswers(paths: Buffer, asked: AskedAhead | null): Set<GitPath> | null {
  const wanted = splitPaths(paths);
  if (asked === null || !wanted.every((path) => asked.filters.has(path))) return null;
  return new Set(wanted.filter((path) => asked.filters.get(path) === 'sops'));
}

/** Of a few changes the rules around them and both their sides: what a hook asks of Git one after the other costs more than to judge it. */
function askAhead(candidates: readonly Candidate[], changes: readonly Change[], reader: ReadAhead): void {
  if (candidates.length > few) return;
  const folders = new Set(candidates.flatMap(({ path }) => foldersOf(path)));
  const files = [...candidates, ...earlierSides(changes)].filter(isJudged);
  reader.ask([...[...folders].map((folder) => indexObject(`${folder}${configName}`)), ...files.map(({ oid }) => oid)]);
}

/** All of them are kept. */
const few = 64;

/** Files of a commit: all of them, or those given. @param tree the id of a commit or tree */
export async function treeSnapshot(
  blobs: BlobReader,
  tree: string,
  candidates?: readonly Candidate[],
): Promise<Snapshot> {
  const read = async (path: GitPath) => (await blobs.read(treeObject(tree, path)))?.content ?? null;
  const rest = {
    earlier: earlierIn(blobs, tree),
    unmerged: [],
    content: contentIn(blobs),
    filtered: (paths: () => Buffer) => filteredPaths(paths(), { tree }),
  };
  if (candidates !== undefined) {
    const some = { candidates: candidatesOf(candidates), whole: false, suspects: smallOnes(blobs) };
    return { ...rest, ...some, read: listedReader(read, () => listTree(tree)) };
  }
  const listing = await treeListing(tree);
  const all = whole(listedCandidates(listing), listing.named(configName), read);
  return { ...rest, ...all, suspects: searching({ tree }, blobs), contents: contentsIn(blobs) };
}

/** Each folder may have rules; Git need not be asked for those that it has just said are not there. */
function whole(candidates: Candidates, rules: readonly GitPath[], read: Snapshot['read']) {
  const named = new Set(rules);
  const isThere = (path: GitPath) => (isRulesPath(path) ? named.has(path) : candidates.at([path]).length > 0);
  const listed = remembered(listedReader(read, async () => candidates.all()));
  return { candidates, whole: true, rules, read: async (path: GitPath) => (isThere(path) ? listed(path) : null) };
}

/** All of them; of one in conflict there is none that counts. */
async function rulesOfIndex(): Promise<TreeEntry[]> {
  const entries = await listIndex({ pathspecs: [`:(top,glob)**/${configName}`], quick: true });
  return entries.filter(({ stage }) => stage === 0);
}

/** Rules are asked for again by those that compare them. */
function remembered(read: Snapshot['read']): Snapshot['read'] {
  const rules = new Map<GitPath, Promise<Uint8Array | null>>();
  return (path) => {
    if (!isRulesPath(path)) return read(path);
    const found = rules.get(path) ?? read(path);
    rules.set(path, found);
    return found;
  };
}

/** What there is after a change, where anything is. */
export function newSides(changes: readonly Change[]): Candidate[] {
  return changes.flatMap(({ path, after }) => (after === null ? [] : [{ path, mode: after.mode, oid: after.oid }]));
}

/** In a merge, the index against each parent beside HEAD. */
function stagedAgainstMerged(options?: SpawnGitOptions): Promise<Change[]>[] {
  return mergedCommits(process.cwd(), process.env).map((commit) => stagedAgainst(commit, options));
}

/** What a merge makes of its own: files that are as no parent has them, against the parents beside HEAD. @param others changes against those */
function ownOf(changes: readonly Change[], others: readonly (readonly Change[])[]): Change[] {
  const ours = new Map(changes.map(({ path, after }) => [path, after?.oid]));
  return others.flat().filter(({ path, after }) => ours.has(path) && ours.get(path) === after?.oid);
}

function earlierSides(changes: readonly Change[]): Candidate[] {
  return changes.flatMap(({ path, before, after }) =>
    before === null || after === null || before.oid === after.oid ? [] : [{ path, mode: before.mode, oid: before.oid }],
  );
}

function ofIndex(
  blobs: BlobReader,
  { reader = blobs, quick = false }: { reader?: BlobReader | ReadAhead; quick?: boolean } = {},
): Omit<Snapshot, 'candidates' | 'unmerged' | 'whole' | 'suspects'> {
  return {
    earlier: earlierIn(blobs, 'HEAD'),
    read: async (path) => (await reader.read(indexObject(path)))?.content ?? null,
    content: contentIn(reader),
    filtered: (paths) => filteredPaths(paths(), 'index', quick),
  };
}

async function namedInIndex(names: readonly string[]): Promise<GitPath[]> {
  const pathspecs = names.map((name) => `:(top,glob)**/${name.replace(/[\\*?[\]]/g, '\\$&')}`);
  return (await listIndex({ pathspecs, quick: true })).map(({ path }) => path);
}

/** A file of the index that is in the working tree as well: whether it is there costs next to nothing to ask. */
function inBoth(read: Snapshot['read']): Snapshot['read'] {
  return async (path) => (isMissing(process.cwd(), path) ? null : read(path));
}

/** Earlier versions of a file, as the commits up to this one have them. */
export function earlierIn(blobs: BlobReader, rev: string): Snapshot['earlier'] {
  const known = new Map<GitPath, Promise<Uint8Array[]>>();
  const load = async (path: GitPath) => {
    const found = await Promise.all((await earlierBlobs(path, rev)).map((oid) => blobs.read(oid)));
    return found.flatMap((blob) => (blob === null ? [] : [blob.content]));
  };
  return (path) => {
    const versions = known.get(path) ?? load(path);
    known.set(path, versions);
    return versions;
  };
}
