import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { Candidate } from './candidates.ts';
import type { Snapshot } from './snapshot.ts';

/** The contents of a snapshot's files, by the ids of their blobs. */
export function contentIn(blobs: Pick<BlobReader, 'read' | 'fetches'>): Snapshot['content'] {
  return async (candidate) => there((await blobs.read(candidate.oid))?.content ?? null, candidate, blobs);
}

/** The same for many. */
export function contentsIn(blobs: BlobReader): NonNullable<Snapshot['contents']> {
  return async function* (candidates) {
    let next = 0;
    for await (const contents of blobs.readAll(candidates.map(({ oid }) => oid))) {
      yield contents.map((content) => there(content, candidates[next++] as Candidate, blobs));
    }
  };
}

/** Where what is missing was asked for at the remote too, it is missing for good, and never clean. */
function there(
  content: Uint8Array | null,
  { oid, path }: Candidate,
  blobs: Pick<BlobReader, 'fetches'>,
): Uint8Array | null {
  if (content === null && blobs.fetches) throw new GitSopsError('git-object-missing', { file: path, detail: oid });
  return content;
}
