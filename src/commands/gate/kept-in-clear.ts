import { fileMends, leftClauses } from '../../clauses.ts';
import { nodeBackend } from '../../crypto/node-backend.ts';
import { type Opener, silently } from '../../document/ask-once.ts';
import type { Finding } from '../../document/finding.ts';
import { KeptSecrets } from '../../document/kept-secrets.ts';
import { type Opened, openFile } from '../../document/open.ts';
import { readSopsFile, type SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { Change } from '../../git/changes.ts';
import { isBlob } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { originalsOf } from './beside.ts';
import { type Blobs, hadFile, type LeavingOptions, mayHaveLeft, type Replaced } from './replaced.ts';
import { sopsFileAt } from './sops-file-at.ts';
import { mostSuspectBytes } from './suspects.ts';

/** What comes to a place that no rule covers and holds what an encrypted file holds, or held. */
export async function keptInTheClear(
  changes: readonly Change[],
  blobs: Blobs,
  options: LeavingOptions,
): Promise<Finding[]> {
  if (options.keyring === null) return [];
  const opener = silently(options.keyring);
  const findings = await movedOut(changes, opener, blobs, options);
  const others = changes.filter(({ path }) => !findings.some((told) => told.path === path));
  return [...findings, ...(await keptBeside(others, opener, blobs, options))];
}

async function movedOut(
  changes: readonly Change[],
  opener: Opener,
  blobs: Blobs,
  options: LeavingOptions,
): Promise<Finding[]> {
  const gone = changes.filter((change): change is Replaced => {
    return hadFile(change) && change.after === null && change.status === 'D';
  });
  const come = gone.length === 0 ? [] : await uncoveredFiles(changes, blobs, options);
  const findings: Finding[] = [];
  for (const { path, before } of come.length === 0 ? [] : await mayHaveLeft(gone, blobs, options)) {
    const opened = await openedBy(opener, await sopsFileAt(path, before.oid, blobs));
    if (opened === null) continue;
    const kept = new KeptSecrets(opened.tokens);
    for (const { path: to, oid, size } of come) {
      if (findings.some((told) => told.path === to)) continue;
      if (!(await holds({ path: to, oid, size }, opened, kept, 2, blobs))) continue;
      const detail = leftClauses.moved(path);
      findings.push({ kind: 'no-longer-encrypted', path: to, oid, detail, mend: fileMends.coverAgain(to) });
    }
  }
  return findings;
}

/** Copies that editors, merges and people keep beside an encrypted file, by their names and what they hold. */
async function keptBeside(
  changes: readonly Change[],
  opener: Opener,
  blobs: Blobs,
  { beside, isCovered }: LeavingOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  if (beside === undefined) return findings;
  for (const { path, before, after } of changes) {
    if (before !== null || after === null || !isBlob(after.kind) || (await isCovered(path))) continue;
    for (const original of originalsOf(path)) {
      const sealed = await beside(original);
      const opened = sealed === null ? null : await openedBy(opener, await readQuietly(original, sealed));
      if (opened === null) continue;
      const come = { path, oid: after.oid, size: (await blobs.stat(after.oid))?.size ?? 0 };
      if (!(await holds(come, opened, new KeptSecrets(opened.tokens), 1, blobs))) continue;
      const detail = leftClauses.copied(original);
      findings.push({ kind: 'no-longer-encrypted', path, oid: after.oid, detail, mend: fileMends.leaveOut(path) });
      break;
    }
  }
  return findings;
}

/** Whether a file has the very plaintext, or most of what is secret in it. */
async function holds(
  { path, oid, size }: Come,
  { bytes }: Opened,
  kept: KeptSecrets,
  leastLines: number,
  blobs: Blobs,
): Promise<boolean> {
  // A larger one is read where it may be the same.
  if (size !== bytes.length && size >= mostSuspectBytes) return false;
  const content = (await blobs.read(oid))?.content ?? null;
  return content !== null && (content.equals(bytes) || (await kept.areIn(path, content, leastLines)));
}

async function readQuietly(path: GitPath, content: Uint8Array): Promise<SopsFile | null> {
  try {
    return await readSopsFile(path, content);
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

/** A file that a change brings. */
interface Come {
  readonly path: GitPath;
  readonly oid: string;
  readonly size: number;
}

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

/** Null where it does not open here for nothing, or where nothing in it was encrypted. */
async function openedBy(opener: Opener, file: SopsFile | null): Promise<Opened | null> {
  if (file === null) return null;
  const { keyGroups, shamirThreshold } = file.metadata;
  const { dataKey } = await opener.dataKey(keyGroups, shamirThreshold);
  if (dataKey === null) return null;
  try {
    const opened = openFile(file, dataKey, nodeBackend);
    return opened.tokens.length === 0 ? null : opened;
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}
