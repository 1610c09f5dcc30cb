import type { Finding } from '../document/finding.ts';
import type { BlobReader } from '../git/blob-reader.ts';
import { changesBetween } from '../git/changes.ts';
import type { GitPath } from '../git/path.ts';
import { emptyTree, listCommits } from '../git/revision.ts';
import { runGit } from '../git/run.ts';
import type { Keyring } from '../keys/keyring.ts';
import { judgeSnapshot, type Verdict } from './gate.ts';
import { newSides, treeSnapshot } from './snapshots.ts';
import { isUnder } from './under.ts';

/**
 * Judges what each commit of a range brings in, by the rules of that very commit: a leak that a later commit of the
 * range takes out again is in history all the same.
 */
export async function rangeVerdict(
  range: { from: string; to: string },
  paths: readonly GitPath[],
  blobs: BlobReader,
  keyring: Keyring,
): Promise<Verdict> {
  const findings: Finding[] = [];
  const seen = new Set<string>();
  let files = 0;
  for (const commit of await listCommits(range.to, range.from)) {
    const changed = newSides(await changesBetween(await parentOf(commit), commit));
    const fresh = changed.filter(({ path, oid }) => isUnder(path, paths) && !seen.has(`${oid} ${path}`));
    if (fresh.length === 0) continue;
    for (const { path, oid } of fresh) seen.add(`${oid} ${path}`);
    const verdict = await judgeSnapshot(await treeSnapshot(blobs, commit, fresh), keyring);
    files += verdict.files;
    for (const finding of verdict.findings) {
      const detail = `in commit ${commit.slice(0, 12)}${finding.detail === undefined ? '' : `: ${finding.detail}`}`;
      findings.push({ ...finding, detail });
    }
  }
  return { files, findings };
}

async function parentOf(commit: string): Promise<string> {
  const { stdout, code } = await runGit(['rev-parse', '--verify', '--quiet', `${commit}^1`], { okCodes: [0, 1] });
  return code === 0 ? stdout.toString().trim() : emptyTree();
}
