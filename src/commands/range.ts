import type { Finding } from '../document/finding.ts';
import type { BlobReader } from '../git/blob-reader.ts';
import { changesOf, commitsIn } from '../git/history.ts';
import type { GitPath } from '../git/path.ts';
import type { Keyring } from '../keys/keyring.ts';
import { judgeSnapshot, type Verdict } from './gate.ts';
import { treeSnapshot } from './snapshots.ts';
import { isUnder } from './under.ts';

/**
 * Judges what each commit of a range brings in, by the rules of that very commit: a leak that a later commit of the
 * range takes out again is in history all the same.
 */
export async function rangeVerdict(
  range: string,
  paths: readonly GitPath[],
  blobs: BlobReader,
  keyring: Keyring,
): Promise<Verdict> {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  let files = 0;
  for (const commit of await commitsIn(range)) {
    const changed = new Set((await changesOf(commit)).filter((path) => isUnder(path, paths)));
    if (changed.size === 0) continue;
    const snapshot = await treeSnapshot(blobs, commit, ({ path }) => changed.has(path));
    const fresh = snapshot.candidates.filter(({ path, oid }) => !seen.has(`${oid} ${path}`));
    for (const { path, oid } of fresh) seen.add(`${oid} ${path}`);
    const verdict = await judgeSnapshot({ ...snapshot, candidates: fresh }, keyring);
    files += verdict.files;
    for (const finding of verdict.findings) {
      const detail = `in commit ${commit.slice(0, 12)}${finding.detail === undefined ? '' : `: ${finding.detail}`}`;
      findings.push({ ...finding, detail });
    }
  }
  return { files, findings };
}
