import { readSopsFile, type SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';

type Blobs = Pick<BlobReader, 'stat' | 'read' | 'fetches'>;

/**
 * The SOPS file that stood at a path; null for plaintext, for what does not parse, which is a finding of its own where it is covered, and
 * for what is larger than sops is used for.
 * @throws GitSopsError `git-object-missing` where it was asked for at the remote too
 */
export async function sopsFileAt(path: GitPath, oid: string, blobs: Blobs): Promise<SopsFile | null> {
  const content = await contentAt(path, oid, blobs);
  if (content === null) return null;
  try {
    return await readSopsFile(path, content);
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

/** The same before it is read; null also for an empty one. */
export async function contentAt(path: GitPath, oid: string, blobs: Blobs): Promise<Uint8Array | null> {
  const blob = await blobs.stat(oid);
  // Where what is missing was asked for at the remote too, it is missing for good, and nobody can tell what it was.
  if (blob === null && blobs.fetches) throw new GitSopsError('git-object-missing', { file: path, detail: oid });
  const size = blob?.size ?? 0;
  return size === 0 || size > mostBytes ? null : ((await blobs.read(oid))?.content ?? null);
}

const mostBytes = 16 << 20;
