import { attributesOf, type AttributeSource } from '../git/attributes.ts';
import { type BlobReader, indexObject, treeObject } from '../git/blob-reader.ts';
import { listIndex, listTree, stagedChanges } from '../git/index-entries.ts';
import type { GitPath } from '../git/path.ts';
import type { Candidate, Snapshot } from './gate.ts';

/** All that the index holds. */
export async function indexSnapshot(blobs: BlobReader, paths: readonly GitPath[]): Promise<Snapshot> {
  const entries = await listIndex(paths);
  return {
    ...ofIndex(blobs),
    candidates: entries.filter(({ stage }) => stage === 0),
    unmerged: entries.filter(({ stage }) => stage !== 0).map(({ path }) => path),
  };
}

/** What the next commit changes. A leak that HEAD already holds does not stop unrelated work. */
export async function stagedSnapshot(blobs: BlobReader): Promise<Snapshot> {
  const changes = await stagedChanges();
  return {
    ...ofIndex(blobs),
    candidates: changes
      .filter(({ status }) => status !== 'D' && status !== 'U')
      .map(({ path, newMode, newOid }) => ({ path, mode: newMode, oid: newOid })),
    unmerged: changes.filter(({ status }) => status === 'U').map(({ path }) => path),
  };
}

/** All that a commit or tree holds. */
export async function treeSnapshot(
  blobs: BlobReader,
  rev: string,
  only: (candidate: Candidate) => boolean,
): Promise<Snapshot> {
  return {
    candidates: (await listTree(rev)).filter(only),
    unmerged: [],
    read: async (path) => (await blobs.read(treeObject(rev, path)))?.content ?? null,
    content: async ({ oid }) => (await blobs.read(oid))?.content ?? null,
    filtered: (paths) => filtered(paths, { tree: rev }),
  };
}

function ofIndex(blobs: BlobReader): Omit<Snapshot, 'candidates' | 'unmerged'> {
  return {
    read: async (path) => (await blobs.read(indexObject(path)))?.content ?? null,
    content: async ({ oid }) => (await blobs.read(oid))?.content ?? null,
    filtered: (paths) => filtered(paths, 'index'),
  };
}

async function filtered(paths: readonly GitPath[], source: AttributeSource): Promise<ReadonlySet<GitPath>> {
  const attributes = await attributesOf(paths, source);
  return new Set(paths.filter((path) => attributes.get(path)?.filter === 'sops'));
}

/** As `git add` would see it now. */
export function filteredInWorktree(paths: readonly GitPath[]): Promise<ReadonlySet<GitPath>> {
  return filtered(paths, 'worktree');
}
