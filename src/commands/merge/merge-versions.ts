import type { CryptoBackend } from '../../crypto/backend.ts';
import { readMarkedText } from '../../document/merge/marked-text.ts';
import { openVersion } from '../../document/merge/version.ts';
import { GitSopsError } from '../../errors.ts';
import { type BlobReader, indexObject, treeObject } from '../../git/blob-reader.ts';
import { listIndex, listResolved } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { runGit } from '../../git/run.ts';
import type { Keyring } from '../../keys/keyring.ts';

/** What a broken merge was made of. */
export interface FoundVersions {
  readonly base: Uint8Array | 'unknown' | null;
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
  /** For people: where they were found. */
  readonly source: 'index' | 'resolved' | 'markers' | 'history';
}

/** How many commits back a merge with markers in it is looked for. */
const mostCommits = 50;

/**
 * The versions behind a conflict: the index's stages; else the two sides that the markers show, if both verify (a merge by
 * lines mixes values of both sides, and then no MAC is right); else the parents of the merge that committed the markers. Where
 * there are no markers either, the stages that a `git add` of one whole side took out of the index.
 * @param content the file with its markers
 * @throws GitSopsError `no-conflict`, `lost-conflict`
 */
export async function findVersions(
  path: GitPath,
  content: Uint8Array,
  blobs: BlobReader,
  keyring: Keyring,
  backend: CryptoBackend,
): Promise<FoundVersions> {
  const read = async (name: string) => (await blobs.read(name))?.content ?? null;
  const [base, ours, theirs] = [
    await read(indexObject(path, 1)),
    await read(indexObject(path, 2)),
    await read(indexObject(path, 3)),
  ];
  if (ours !== null && theirs !== null) return { base, ours, theirs, source: 'index' };
  const marked = readMarkedText(content);
  if (marked === null) {
    const resolved = await resolvedVersions(path, read);
    if (resolved !== null) return resolved;
    throw new GitSopsError('no-conflict', { file: path, ...(await otherSide(path, read)) });
  }

  const verifies = async (blob: Uint8Array): Promise<boolean> => {
    try {
      return (await openVersion(path, blob, keyring, backend)).opened !== null;
    } catch (error) {
      if (error instanceof GitSopsError && error.code !== 'no-identity') return false;
      throw error;
    }
  };
  if ((await verifies(marked.ours)) && (await verifies(marked.theirs))) {
    const known = marked.base !== null && (await verifies(marked.base)) ? marked.base : 'unknown';
    return { base: known, ours: marked.ours, theirs: marked.theirs, source: 'markers' };
  }
  for (const { commit, parents } of await commitsOf(path)) {
    const blob = await read(treeObject(commit, path));
    if (blob === null || readMarkedText(blob) === null) break;
    const [first, second] = parents;
    if (first === undefined || second === undefined || parents.length > 2) continue;
    const [one, other] = [await read(treeObject(first, path)), await read(treeObject(second, path))];
    if (one === null || other === null) continue;
    const { stdout } = await runGit(['merge-base', first, second], { okCodes: [0, 1] });
    const ancestor = stdout.toString().trim();
    const before = ancestor === '' ? null : await read(treeObject(ancestor, path));
    // What was changed by hand since then would be lost.
    if (Buffer.compare(blob, content) !== 0) break;
    return { base: before, ours: one, theirs: other, source: 'history' };
  }
  throw new GitSopsError('lost-conflict', { file: path });
}

type Read = (name: string) => Promise<Uint8Array | null>;

/** Without a key, and with a file that is no text, a conflict leaves ours in place: `git add` then takes it for the result. */
async function resolvedVersions(path: GitPath, read: Read): Promise<FoundVersions | null> {
  const stages = (await listResolved()).filter((entry) => entry.path === path);
  const [base, ours, theirs] = ([1, 2, 3] as const).map((stage) => stages.find((entry) => entry.stage === stage));
  if (ours === undefined || theirs === undefined) return null;
  // What somebody has put together by hand is no whole side, and stays.
  const staged = (await listIndex()).find((entry) => entry.path === path)?.oid;
  if (staged !== ours.oid && staged !== theirs.oid) return null;
  const [before, one, other] = await Promise.all([
    base === undefined ? null : read(base.oid),
    read(ours.oid),
    read(theirs.oid),
  ]);
  return one === null || other === null ? null : { base: before, ours: one, theirs: other, source: 'resolved' };
}

/** A merge whose other side has another version of the file, which a `git checkout` can still take. */
async function otherSide(path: GitPath, read: Read): Promise<{ other?: string }> {
  const now = await read(indexObject(path, 0));
  for (const side of ['MERGE_HEAD', 'HEAD^2']) {
    const theirs = await read(treeObject(side, path));
    if (now !== null && theirs !== null && Buffer.compare(now, theirs) !== 0) return { other: side };
  }
  return {};
}

/** The commits that changed a file, newest first. */
async function commitsOf(path: GitPath): Promise<{ commit: string; parents: string[] }[]> {
  const args = ['rev-list', '--parents', `--max-count=${mostCommits}`, 'HEAD', '--', path];
  const { stdout, code } = await runGit(args, { okCodes: [0, 128] });
  if (code !== 0) return [];
  return stdout
    .toString()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [commit = '', ...parents] = line.split(' ');
      return { commit, parents };
    });
}
