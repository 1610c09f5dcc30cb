import { fileMends, leftClauses } from '../../clauses.ts';
import { nodeBackend } from '../../crypto/node-backend.ts';
import { type Opener, silently } from '../../document/ask-once.ts';
import type { Finding } from '../../document/finding.ts';
import { foreignTool } from '../../document/foreign-ciphertext.ts';
import { isLinkTarget } from '../../document/link-target.ts';
import { openFile } from '../../document/open.ts';
import { plaintextUnder } from '../../document/protection.ts';
import { mayBeEncrypted, readContent, type SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { Change, ChangeSide } from '../../git/changes.ts';
import { isBlob } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { contentAt, sopsFileAt } from './sops-file-at.ts';

type Blobs = Pick<BlobReader, 'stat' | 'read' | 'fetches'>;

export interface LeavingOptions {
  /** Whether a rule covers the path after the change: what stands there is judged by that rule. */
  isCovered(path: GitPath): boolean | Promise<boolean>;
  /** Only keys that ask for nothing are used. Null uses none. */
  readonly keyring: Keyring | null;
  /** Whether a blob may be encrypted, where that is known already; null where it is not. False must be certain. */
  maySeal?(oid: string): boolean | null;
}

/**
 * Files that a change takes out of encryption, to a place where no rule sees them: a path that was ciphertext and is plaintext, and the
 * very plaintext of an encrypted file that is gone under another name. By itself neither side of such a change is wrong.
 * @param changes of one commit; of a merge against each parent
 */
export async function noLongerEncrypted(
  changes: readonly Change[],
  blobs: Blobs,
  options: LeavingOptions,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const changed = changes.filter(isFileAgain);
  for (const { path, before, after } of await mayHaveLeft(changed, blobs, options)) {
    if (findings.some((told) => told.path === path)) continue;
    const had = await sopsFileAt(path, before.oid, blobs);
    if (had === null || !(await isClear(path, after, had, blobs))) continue;
    const detail = leftClauses.before(before.oid);
    findings.push({ kind: 'no-longer-encrypted', path, oid: after.oid, detail, mend: fileMends.coverAgain(path) });
  }
  const told = new Set(findings.map(({ path }) => path));
  findings.push(...(await movedOut(changes, blobs, options)).filter(({ path }) => !told.has(path)));
  return findings;
}

type FileAgain = Replaced & { readonly after: ChangeSide };
type Replaced = Change & { readonly before: ChangeSide };

function isFileAgain(change: Change): change is FileAgain {
  const { before, after } = change;
  return hadFile(change) && after !== null && isBlob(after.kind) && before?.oid !== after.oid;
}

function hadFile(change: Change): change is Replaced {
  return change.before !== null && isBlob(change.before.kind);
}

/** So many are asked for together. */
const batch = 64;

/** Uncovered changes whose earlier side may be encrypted. */
async function mayHaveLeft<T extends Change & { readonly before: ChangeSide }>(
  changes: readonly T[],
  blobs: Blobs,
  { isCovered, maySeal }: Pick<LeavingOptions, 'isCovered' | 'maySeal'>,
): Promise<T[]> {
  const left: T[] = [];
  for (let start = 0; start < changes.length; start += batch) {
    const some = changes.slice(start, start + batch);
    const sealed = await Promise.all(
      some.map(async ({ before: { oid }, after, path }) => {
        const known = maySeal?.(oid) ?? null;
        if (known === false || (after !== null && (await isCovered(path)))) return false;
        return known ?? mayBeEncrypted((await contentAt(path, oid, blobs)) ?? new Uint8Array());
      }),
    );
    left.push(...some.filter((_, i) => sealed[i]));
  }
  return left;
}

/** Whether something stands there in the clear that the earlier version, by its own selector, had encrypted. */
async function isClear(path: GitPath, { oid, kind }: ChangeSide, had: SopsFile, blobs: Blobs): Promise<boolean> {
  const content = (await blobs.read(oid))?.content ?? null;
  if (content === null || content.length === 0 || foreignTool(content) !== null) return false;
  if (kind === 'symlink' && (await isLinkTarget(path, content))) return false;
  try {
    const read = await readContent(path, content);
    return read.kind === 'plaintext' && plaintextUnder(read.parsed, had.metadata.selector).length > 0;
  } catch (error) {
    // What does not parse is not encrypted either.
    if (error instanceof GitSopsError) return true;
    throw error;
  }
}

async function movedOut(changes: readonly Change[], blobs: Blobs, options: LeavingOptions): Promise<Finding[]> {
  if (options.keyring === null) return [];
  const gone = changes.filter((change): change is Change & { readonly before: ChangeSide } => {
    return hadFile(change) && change.after === null && change.status === 'D';
  });
  if (gone.length === 0) return [];
  const come = await uncoveredFiles(changes, blobs, options);
  if (come.length === 0) return [];
  const keyring = silently(options.keyring);
  const findings: Finding[] = [];
  for (const { path, before } of await mayHaveLeft(gone, blobs, options)) {
    // Ciphertext is always longer.
    const most = (await blobs.stat(before.oid))?.size ?? 0;
    const file = come.some(({ size }) => size < most) ? await sopsFileAt(path, before.oid, blobs) : null;
    const bytes = file === null ? null : await plaintextOf(file, keyring);
    if (bytes === null) continue;
    for (const { path: to, oid, size } of come) {
      if (findings.some((told) => told.path === to)) continue;
      if (size !== bytes.length || (await blobs.read(oid))?.content.equals(bytes) !== true) continue;
      const detail = leftClauses.moved(path);
      findings.push({ kind: 'no-longer-encrypted', path: to, oid, detail, mend: fileMends.coverAgain(to) });
    }
  }
  return findings;
}

/** What the change brings to places that no rule covers. */
async function uncoveredFiles(changes: readonly Change[], blobs: Blobs, { isCovered }: LeavingOptions) {
  const files: { path: GitPath; oid: string; size: number }[] = [];
  for (const { path, before, after } of changes) {
    if (after === null || !isBlob(after.kind) || after.oid === before?.oid || (await isCovered(path))) continue;
    files.push({ path, oid: after.oid, size: 0 });
  }
  const sizes = await Promise.all(files.map(({ oid }) => blobs.stat(oid)));
  return files.map((file, i) => ({ ...file, size: sizes[i]?.size ?? 0 })).filter(({ size }) => size > 0);
}

/** Null where it does not open here for nothing, or where nothing in it was encrypted. */
async function plaintextOf(file: SopsFile, keyring: Opener): Promise<Uint8Array | null> {
  const { keyGroups, shamirThreshold } = file.metadata;
  const { dataKey } = await keyring.dataKey(keyGroups, shamirThreshold);
  if (dataKey === null) return null;
  try {
    const { bytes, tokens } = openFile(file, dataKey, nodeBackend);
    return tokens.length === 0 ? null : bytes;
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}
