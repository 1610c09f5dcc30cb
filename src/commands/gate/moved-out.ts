import { fileMends, leftClauses } from '../../clauses.ts';
import type { Opener } from '../../document/ask-once.ts';
import type { Finding } from '../../document/finding.ts';
import type { Change } from '../../git/changes.ts';
import { isBlob } from '../../git/index-entries.ts';
import { type Come, type Held, heldBy, heldIn } from './held-by.ts';
import { type Blobs, hadFile, type LeavingOptions, mayHaveLeft, type Replaced } from './replaced.ts';
import { sopsFileAt } from './sops-file-at.ts';

/** What comes to a place that no rule covers, and holds what a file held that was encrypted and is gone. */
export async function movedOut(
  changes: readonly Change[],
  opener: Opener,
  blobs: Blobs,
  options: LeavingOptions,
): Promise<Finding[]> {
  const gone = changes.filter((change): change is Replaced => {
    return hadFile(change) && change.after === null && change.status === 'D';
  });
  const come = gone.length === 0 ? [] : await uncoveredFiles(changes, blobs, options);
  if (come.length === 0) return [];
  const lost: Held[] = [];
  for (const { path, before } of await mayHaveLeft(gone, blobs, options)) {
    const held = await heldIn(path, await sopsFileAt(path, before.oid, blobs), opener);
    if (held !== null) lost.push(held);
  }
  const bytes = come.reduce((sum, { size }) => sum + size, 0);
  const leastLines = lost.length * bytes > mostCompared ? null : 2;
  const findings: Finding[] = [];
  for (const file of lost.length === 0 ? [] : come) {
    const from = await heldBy(file, lost, leastLines, blobs);
    if (from === null || findings.some(({ path }) => path === file.path)) continue;
    const detail = leftClauses.moved(from.path);
    const mend = fileMends.coverAgain(file.path);
    findings.push({ kind: 'no-longer-encrypted', path: file.path, oid: file.oid, detail, mend });
  }
  return findings;
}

/** More is not searched line by line. Bytes of what comes, for each file that is gone. */
const mostCompared = 32 << 20;

/** What the change brings to places that no rule covers. */
async function uncoveredFiles(
  changes: readonly Change[],
  blobs: Blobs,
  { isCovered }: LeavingOptions,
): Promise<Come[]> {
  const files: Omit<Come, 'size'>[] = [];
  for (const { path, before, after } of changes) {
    if (after === null || !isBlob(after.kind) || after.oid === before?.oid || (await isCovered(path))) continue;
    files.push({ path, oid: after.oid });
  }
  const sizes = await Promise.all(files.map(({ oid }) => blobs.stat(oid)));
  return files.map((file, i) => ({ ...file, size: sizes[i]?.size ?? 0 })).filter(({ size }) => size > 0);
}
