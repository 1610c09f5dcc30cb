import { nodeBackend } from '../../crypto/node-backend.ts';
import { smudgeFile } from '../../document/smudge.ts';
import { GitSopsError } from '../../errors.ts';
import { formatNameOf } from '../../format/by-path.ts';
import { type BlobReader, treeObject } from '../../git/blob-reader.ts';
import { stagedChanges, touchedFiles } from '../../git/changes.ts';
import { getConfig } from '../../git/config.ts';
import type { GitPath } from '../../git/path.ts';
import type { Version } from '../../git/private-repository.ts';
import { readWorkFile } from '../../git/work-file.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Io } from '../io.ts';
import { type CoveredFile, coveredAmong, coveredFiles } from '../repository/covered-files.ts';
import { hasCrlf, toLf } from '../repository/line-ends.ts';
import { convertsLineEnds } from '../repository/line-ends-of.ts';
import { isUnder } from '../repository/under.ts';

export type PatchCommand = 'add' | 'reset' | 'restore';

/** One file in plaintext, as commit, index and working tree have it; null where a side has none. */
export interface Sides {
  readonly path: GitPath;
  readonly head: Version | null;
  readonly index: Version | null;
  readonly worktree: Version | null;
  /** The index entry that `index` was read from; null for a path that the index has not. */
  readonly entry: { readonly mode: string; readonly oid: string } | null;
  /** The working file's own bytes; null where there is none. */
  readonly onDisk: Uint8Array | null;
}

export interface PatchInput {
  readonly command: PatchCommand;
  readonly under: readonly GitPath[];
  readonly io: Io;
  readonly blobs: BlobReader;
  readonly keyring: Keyring;
}

/** A covered file, and its mode in HEAD; the id is empty where the index does not have it. */
export interface Patchable extends CoveredFile {
  readonly headMode: string | null;
}

/** The covered files that may have hunks to choose; how many are covered at all tells a wrong path from no changes. */
export async function patchable({
  command,
  under,
  io,
  blobs,
}: PatchInput): Promise<{ files: Patchable[]; covered: number }> {
  const covered = await coveredFiles(io, blobs, under);
  if (command !== 'reset') {
    const touched = await touchedFiles();
    const files = covered.filter(({ path }) => touched.has(path)).map((file) => ({ ...file, headMode: null }));
    return { files, covered: covered.length };
  }
  const changes = (await stagedChanges()).filter(({ path }) => isUnder(path, under));
  const before = new Map(changes.map((change) => [change.path, change.before]));
  const deleted = changes.flatMap(({ path, before, after }) =>
    after === null && before !== null ? [{ path, mode: before.mode, oid: before.oid }] : [],
  );
  const gone = (await coveredAmong(io, blobs, deleted)).map((file) => ({ ...file, oid: '' }));
  const files = [...covered.filter(({ path }) => before.has(path)), ...gone];
  return {
    files: files.map((file) => ({ ...file, headMode: before.get(file.path)?.mode ?? null })),
    covered: covered.length + gone.length,
  };
}

/** @throws GitSopsError for a file that does not open here: nobody can choose among its hunks. */
export async function sidesOf(file: Patchable, { command, io, blobs, keyring }: PatchInput): Promise<Sides> {
  const { path, mode, oid, headMode } = file;
  const executable = mode === '100755';
  const plaintextOf = async (bytes: Uint8Array): Promise<Uint8Array> => {
    const smudged = await smudgeFile(path, bytes, keyring, nodeBackend);
    if (smudged.state === 'locked' || smudged.state === 'broken') {
      throw smudged.why ?? new GitSopsError('broken-mac', { file: path });
    }
    return smudged.bytes;
  };
  const version = async (name: string, mode: boolean): Promise<Version | null> => {
    const blob = name === '' ? null : await blobs.read(name);
    return blob === null ? null : { content: await plaintextOf(blob.content), executable: mode };
  };

  const entry = oid === '' ? null : { mode, oid };
  const committed = treeObject('HEAD', path);
  if (command === 'reset') {
    const head = headMode === null ? null : await version(committed, headMode === '100755');
    const index = await version(oid, executable);
    return { path, head, index, worktree: index, entry, onDisk: null };
  }
  let index: Version | null;
  try {
    index = await version(oid, executable);
  } catch (error) {
    // What a plain `git add -p` left in the index does not open. What is committed does.
    if (command !== 'add' || !(error instanceof GitSopsError) || error.code === 'no-identity') throw error;
    index = await version(committed, executable);
    if (index === null) throw error;
  }
  const working = readWorkFile(io.cwd, path);
  if (working === null) return { path, head: null, index, worktree: null, entry, onDisk: null };
  const crlf = formatNameOf(path) !== 'binary' && hasCrlf(working.content) && (await convertsLineEnds(path));
  const content = await plaintextOf(crlf ? toLf(working.content) : working.content);
  const ownMode = (await getConfig('core.filemode')) === 'false' ? executable : (working.mode & 0o100) !== 0;
  return { path, head: null, index, worktree: { content, executable: ownMode }, entry, onDisk: working.content };
}

/** Whether Git would have nothing to show. */
export function isSame(a: Version | null, b: Version | null): boolean {
  if (a === null || b === null) return a === b;
  return a.executable === b.executable && Buffer.compare(a.content, b.content) === 0;
}
