import { fileMends, leftClauses } from '../../clauses.ts';
import { nodeBackend } from '../../crypto/node-backend.ts';
import { type Opener, silently } from '../../document/ask-once.ts';
import type { Finding } from '../../document/finding.ts';
import { KeptSecrets, valuesIn } from '../../document/kept-secrets.ts';
import { type Opened, openFile } from '../../document/open.ts';
import { readSopsFile, type SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { formatNameOf } from '../../format/by-path.ts';
import type { Change } from '../../git/changes.ts';
import { isBlob } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { originalsOf } from './beside.ts';
import { type Beside, type Blobs, hadFile, type LeavingOptions, mayHaveLeft, type Replaced } from './replaced.ts';
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
  return [...findings, ...(await copiesOf(others, opener, blobs, options))];
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
  if (come.length === 0) return [];
  const lost: Lost[] = [];
  for (const { path, before } of await mayHaveLeft(gone, blobs, options)) {
    const opened = await openedBy(opener, await sopsFileAt(path, before.oid, blobs));
    if (opened !== null) lost.push({ path, bytes: opened.bytes, kept: new KeptSecrets(opened.tokens) });
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

/** Copies that editors, merges and people keep beside an encrypted file or elsewhere, by their names and what they hold. */
async function copiesOf(
  changes: readonly Change[],
  opener: Opener,
  blobs: Blobs,
  { beside, isCovered }: LeavingOptions,
): Promise<Finding[]> {
  if (beside === undefined) return [];
  const come: Omit<Come, 'size'>[] = [];
  for (const { path, before, after } of changes) {
    if (before !== null || after === null || !isBlob(after.kind) || (await isCovered(path))) continue;
    come.push({ path, oid: after.oid });
  }
  const namesakes = await namesakesOf(come, beside);
  const findings: Finding[] = [];
  for (const { path, oid } of come) {
    const originals = [...originalsOf(path), ...(namesakes.get(path) ?? [])];
    const contents = await Promise.all(originals.map(beside.read));
    for (const [i, original] of originals.entries()) {
      const sealed = contents[i] ?? null;
      const opened = sealed === null ? null : await openedBy(opener, await readQuietly(original, sealed));
      if (opened === null) continue;
      const lost = { path: original, bytes: opened.bytes, kept: new KeptSecrets(opened.tokens) };
      const size = (await blobs.stat(oid))?.size ?? 0;
      if ((await heldBy({ path, oid, size }, [lost], 1, blobs)) === null) continue;
      const detail = leftClauses.copied(original);
      findings.push({ kind: 'no-longer-encrypted', path, oid, detail, mend: fileMends.leaveOut(path) });
      break;
    }
  }
  return findings;
}

/** More names are not asked for at once, and of one name not more files are looked at: `kustomization.yaml` is in each folder of many. */
const [mostNames, mostNamesakes] = [64, 32];

/** Files of the same name in other folders, of the formats that secrets are kept in. */
async function namesakesOf(
  come: readonly Pick<Come, 'path'>[],
  beside: Beside,
): Promise<ReadonlyMap<GitPath, readonly GitPath[]>> {
  const paths = come.map(({ path }) => path).filter((path) => formatNameOf(path) !== 'binary');
  const names = new Set(paths.map(nameOf));
  if (names.size === 0 || names.size > mostNames) return new Map();
  const found = await beside.named([...names]);
  return new Map(
    paths.map((path) => {
      const others = found.filter((other) => other !== path && nameOf(other) === nameOf(path));
      return [path, others.slice(0, mostNamesakes)];
    }),
  );
}

function nameOf(path: GitPath): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** What an encrypted file holds in the clear. */
interface Lost {
  readonly path: GitPath;
  readonly bytes: Uint8Array;
  readonly kept: KeptSecrets;
}

/** The one whose very plaintext, or most of what is secret in it, stands in a file. @param leastLines null to look at keys alone */
async function heldBy(
  { path, oid, size }: Come,
  all: readonly Lost[],
  leastLines: number | null,
  blobs: Blobs,
): Promise<Lost | null> {
  // A larger one is read where it may be the same.
  const isSmall = size < mostSuspectBytes;
  const some = isSmall ? all : all.filter(({ bytes }) => bytes.length === size);
  const content = some.length === 0 ? null : ((await blobs.read(oid))?.content ?? null);
  if (content === null) return null;
  const same = some.find(({ bytes }) => content.equals(bytes));
  if (same !== undefined || !isSmall) return same ?? null;
  const values = await valuesIn(path, content);
  return (
    some.find(({ kept }) => kept.areUnderKeys(values) || (leastLines !== null && kept.areLines(content, leastLines))) ??
    null
  );
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
