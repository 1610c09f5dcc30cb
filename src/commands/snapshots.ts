import { type AttributeOptions, filterAttributes } from '../git/attributes.ts';
import { type BlobReader, indexObject, treeObject } from '../git/blob-reader.ts';
import { type Change, stagedChanges } from '../git/changes.ts';
import { listIndex, listTree } from '../git/index-entries.ts';
import type { GitPath } from '../git/path.ts';
import type { Candidate, Snapshot } from './gate.ts';

/** All that the index holds. */
export async function indexSnapshot(blobs: BlobReader): Promise<Snapshot> {
  const entries = await listIndex();
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
    candidates: newSides(changes),
    unmerged: changes.filter(({ status }) => status === 'U').map(({ path }) => path),
  };
}

/** Files of a commit: all of them, or those given. @param tree the id of a commit or tree */
export async function treeSnapshot(
  blobs: BlobReader,
  tree: string,
  candidates?: readonly Candidate[],
): Promise<Snapshot> {
  return {
    candidates: candidates ?? (await listTree(tree)),
    unmerged: [],
    read: async (path) => (await blobs.read(treeObject(tree, path)))?.content ?? null,
    content: async ({ oid }) => (await blobs.read(oid))?.content ?? null,
    filtered: (paths) => filtered(paths, { tree }),
  };
}

/** What there is after a change, where anything is. */
export function newSides(changes: readonly Change[]): Candidate[] {
  return changes.flatMap(({ path, after }) => (after === null ? [] : [{ path, mode: after.mode, oid: after.oid }]));
}

/** As `git add` would see it now. */
export function filteredInWorktree(paths: readonly GitPath[]): Promise<ReadonlySet<GitPath>> {
  return filtered(paths, 'worktree');
}

function ofIndex(blobs: BlobReader): Omit<Snapshot, 'candidates' | 'unmerged'> {
  return {
    read: async (path) => (await blobs.read(indexObject(path)))?.content ?? null,
    content: async ({ oid }) => (await blobs.read(oid))?.content ?? null,
    filtered: (paths) => filtered(paths, 'index'),
  };
}

async function filtered(
  paths: readonly GitPath[],
  of: NonNullable<AttributeOptions['of']>,
): Promise<ReadonlySet<GitPath>> {
  const attributes = await filterAttributes(paths, { of });
  return new Set(paths.filter((path) => attributes.get(path)?.filter === 'sops'));
}
