import type { CreationRule } from '../../../document/creation-rule.ts';
import type { FoundIn } from '../../../document/finding.ts';
import { isNeverCovered, type RuleFinder } from '../../../document/rule-finder.ts';
import type { BlobReader } from '../../../git/blob-reader.ts';
import { fileKind, isBlob, listTree, type TreeEntry, treeListing } from '../../../git/index-entries.ts';
import { mergeLog } from '../../../git/merge-log.ts';
import { type GitPath, splitPaths } from '../../../git/path.ts';
import { type LoggedCommit, rawLog } from '../../../git/raw-log.ts';
import { type BareTip, bareRefs } from '../../../git/ref-updates.ts';
import { sameSelector } from '../../../tree/selector.ts';
import { listedCandidates } from '../../gate/candidates.ts';
import { isUnder } from '../../repository/under.ts';
import { type ConfigState, ConfigStates } from './config-states.ts';
import { type Leaving, LeavingFiles } from './leaving.ts';
import { everything } from './revisions.ts';

/** A blob of history, and each path where it was covered. */
export interface HistoricBlob {
  readonly oid: string;
  readonly places: Place[];
}

export interface Place {
  readonly path: GitPath;
  /** Today's rule and those of the commits, as far as their selectors differ; none for a file that no rule covers and that is read all the same. */
  readonly rules: CreationRule[];
  /** Whether Git stores it as a symlink there. */
  readonly link: boolean;
  /** Whether it has the filter attribute all the same. */
  readonly filtered?: boolean;
  /** The first commit that has it, or the ref that names a tree or a blob. */
  readonly foundIn: FoundIn | BareRef;
}

export type BareRef = Pick<BareTip, 'ref'>;

export interface History {
  readonly blobs: readonly HistoricBlob[];
  /** Those that stood at no covered path. */
  readonly elsewhere: readonly HistoricBlob[];
  readonly leaving: readonly Leaving[];
}

/**
 * Every distinct blob that stood at a covered path in any of these commits: covered by the rules of now, or by those
 * of a commit that had it. Where a commit changes the rules, its other files are looked at too: it may have covered what was there.
 * And what is named by a ref that names no commit.
 */
export async function collectHistory(
  revs: readonly string[],
  paths: readonly GitPath[],
  now: RuleFinder,
  blobs: BlobReader,
  step: () => void,
): Promise<History> {
  const leaving = new LeavingFiles();
  // What was in front of a range was not looked at.
  const limited = revs.some((rev) => rev.startsWith('^'));
  const states = new ConfigStates(blobs);
  const places = new Places(now, paths);
  let merges: ReturnType<typeof mergeLog> | null = null;
  for await (const logged of rawLog(revs)) {
    const { state, changed } = await states.after(logged);
    const isCovered = async (path: GitPath) =>
      ((await now.find(path)) ?? (await state.find(path))) !== null || !isUnder(path, paths);
    if (logged.parents.length > 1) merges ??= mergeLog(revs);
    const ofMerge = (await merges)?.get(logged.commit);
    const whole = ofMerge === undefined ? logged : { ...logged, changes: [...logged.changes, ...ofMerge] };
    await leaving.after(whole, (oid) => limited || places.covered.has(oid), isCovered);
    const foundIn = { commit: logged.commit, authorDate: logged.authorDate };
    await places.take(newSides(logged.changes), state, foundIn);
    if (changed) await places.take(await coveredIn(logged.commit, state), state, foundIn);
    step();
  }
  for (const { ref, oid, type } of revs.includes(everything) ? await bareRefs() : []) {
    const entries = type === 'tree' ? await listTree(oid) : null;
    // A blob has no path.
    if (entries === null) await places.take([{ path: ref, kind: 'file', oid }], null, { ref });
    else await places.take(entries, states.alone(oid, entries), { ref });
  }
  const blobsElsewhere = [...places.elsewhere.values()].filter(({ oid }) => !places.covered.has(oid));
  return { blobs: [...places.covered.values()], elsewhere: blobsElsewhere, leaving: leaving.list };
}

type File = Pick<TreeEntry, 'path' | 'kind' | 'oid'>;

/** Where the blobs stood, each place once, by the first commit that has it. */
class Places {
  readonly covered = new Map<string, HistoricBlob>();
  readonly elsewhere = new Map<string, HistoricBlob>();
  readonly #now: RuleFinder;
  readonly #under: readonly GitPath[];
  readonly #seen = new Set<string>();
  readonly #known = new Map<string, Place>();

  constructor(now: RuleFinder, under: readonly GitPath[]) {
    this.#now = now;
    this.#under = under;
  }

  /** @param state the rules of the commit that has the files */
  async take(all: readonly File[], state: ConfigState | null, foundIn: Place['foundIn']): Promise<void> {
    const files = all.filter(({ path, kind }) => isBlob(kind) && isUnder(path, this.#under));
    const paths = files.map(({ path }) => path);
    const found = await Promise.all([this.#now.findAll(paths), state?.findAll(paths)]);
    for (const [i, { path, kind, oid }] of files.entries()) {
      const rules = found.map((rulesOf) => rulesOf?.get(i)?.rule).filter((rule) => rule !== undefined);
      const key = `${kind} ${oid} ${path}`;
      if (rules.length === 0 && !isNeverCovered(path)) {
        if (this.#seen.has(key)) continue;
        this.#seen.add(key);
        add(this.elsewhere, oid, { path, rules: [], link: kind === 'symlink', foundIn });
        continue;
      }
      const known = this.#known.get(key);
      const place = known ?? { path, rules: [], link: kind === 'symlink', foundIn };
      for (const rule of rules)
        if (!place.rules.some((other) => sameSelector(other.selector, rule.selector))) place.rules.push(rule);
      if (known !== undefined) continue;
      this.#known.set(key, place);
      add(this.covered, oid, place);
    }
  }
}

function add(blobs: Map<string, HistoricBlob>, oid: string, place: Place): void {
  const blob = blobs.get(oid) ?? { oid, places: [] };
  blob.places.push(place);
  blobs.set(oid, blob);
}

/** The files of a commit that its own rules cover: often few of very many. */
async function coveredIn(commit: string, state: ConfigState): Promise<File[]> {
  const listing = await treeListing(commit);
  const paths = splitPaths(listing.paths());
  const covered = [...(await state.findAll(paths)).keys()].map((i) => paths[i] as GitPath);
  return listedCandidates(listing)
    .at(covered)
    .map(({ path, mode, oid }) => ({ path, kind: fileKind(mode), oid }));
}

function newSides(changes: LoggedCommit['changes']) {
  return changes.flatMap(({ path, after }) => (after === null ? [] : [{ path, ...after }]));
}
