import type { CreationRule } from '../../../document/creation-rule.ts';
import type { FoundIn } from '../../../document/finding.ts';
import { isNeverCovered, type RuleFinder } from '../../../document/rule-finder.ts';
import type { BlobReader } from '../../../git/blob-reader.ts';
import { isBlob, listTree } from '../../../git/index-entries.ts';
import { mergeLog } from '../../../git/merge-log.ts';
import type { GitPath } from '../../../git/path.ts';
import { type LoggedCommit, rawLog } from '../../../git/raw-log.ts';
import { sameSelector } from '../../../tree/selector.ts';
import { isUnder } from '../../repository/under.ts';
import { ConfigStates } from './config-states.ts';
import { type Leaving, LeavingFiles } from './leaving.ts';

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
  readonly foundIn: FoundIn;
}

export interface History {
  readonly blobs: readonly HistoricBlob[];
  /** Those that stood at no covered path. */
  readonly elsewhere: readonly HistoricBlob[];
  readonly leaving: readonly Leaving[];
}

/**
 * Every distinct blob that stood at a covered path in any of these commits: covered by the rules of now, or by those
 * of a commit that had it. Where a commit changes the rules, its other files are looked at too: it may have covered what was there.
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
  const found = new Map<string, HistoricBlob>();
  const elsewhere = new Map<string, HistoricBlob>();
  const seen = new Set<string>();
  const known = new Map<string, Place>();
  const states = new ConfigStates(blobs);
  let merges: ReturnType<typeof mergeLog> | null = null;
  for await (const logged of rawLog(revs)) {
    const { state, changed } = await states.after(logged);
    const isCovered = async (path: GitPath) =>
      ((await now.find(path)) ?? (await state.find(path))) !== null || !isUnder(path, paths);
    if (logged.parents.length > 1) merges ??= mergeLog(revs);
    const ofMerge = (await merges)?.get(logged.commit);
    const whole = ofMerge === undefined ? logged : { ...logged, changes: [...logged.changes, ...ofMerge] };
    await leaving.after(whole, (oid) => limited || found.has(oid), isCovered);
    const files = changed ? await listTree(logged.commit) : newSides(logged.changes);
    for (const { path, kind, oid } of files) {
      if (!isBlob(kind) || !isUnder(path, paths)) continue;
      const link = kind === 'symlink';
      const key = `${kind} ${oid} ${path}`;
      const rules = [(await now.find(path))?.rule, (await state.find(path))?.rule].filter((rule) => rule !== undefined);
      if (rules.length === 0 && !isNeverCovered(path)) {
        if (seen.has(key)) continue;
        seen.add(key);
        const blob = elsewhere.get(oid) ?? { oid, places: [] };
        blob.places.push({ path, rules: [], link, foundIn: foundIn(logged) });
        elsewhere.set(oid, blob);
        continue;
      }
      const place = known.get(key) ?? { path, rules: [], link, foundIn: foundIn(logged) };
      for (const rule of rules)
        if (!place.rules.some((other) => sameSelector(other.selector, rule.selector))) place.rules.push(rule);
      if (known.has(key)) continue;
      known.set(key, place);
      const blob = found.get(oid) ?? { oid, places: [] };
      blob.places.push(place);
      found.set(oid, blob);
    }
    step();
  }
  const others = [...elsewhere.values()].filter(({ oid }) => !found.has(oid));
  return { blobs: [...found.values()], elsewhere: others, leaving: leaving.list };
}

function newSides(changes: LoggedCommit['changes']) {
  return changes.flatMap(({ path, after }) => (after === null ? [] : [{ path, ...after }]));
}

function foundIn({ commit, authorDate }: LoggedCommit): FoundIn {
  return { commit, authorDate };
}
