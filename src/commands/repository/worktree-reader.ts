import type { BlobReader } from '../../git/blob-reader.ts';
import { indexObject } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { readWorkFile } from '../../git/work-file.ts';

/**
 * Reads a file of the working tree, a regular one inside it. Where a sparse checkout left it out, the
 * index's is as good: a rule that is not on disk still holds.
 */
export function worktreeReader(top: string, blobs: BlobReader): (path: GitPath) => Promise<Uint8Array | null> {
  return async (path) => {
    const file = readWorkFile(top, path)?.content ?? null;
    if (file !== null) return file;
    return (await blobs.read(indexObject(path)))?.content ?? null;
  };
}
