import { mayHoldPrivateKey } from '../../../document/private-key.ts';
import { GitSopsError } from '../../../errors.ts';
import type { BlobReader } from '../../../git/blob-reader.ts';
import { blobSizes, objectsHere } from '../../../git/blob-sizes.ts';
import { fetchMissing, limitOf, promisorOf } from '../../../git/fetch-missing.ts';
import { mostSuspectBytes } from '../../gate/suspects.ts';
import type { HistoricBlob } from './collect.ts';

/** No private key is shorter. */
const leastBytes = 64;

/**
 * Of the blobs that no rule ever covered those that hold a sign of a private key, and are worth a judgement. There may be very many, so
 * they come in one stream; what a partial clone lacks is fetched at once.
 * @param step is called for each
 * @throws GitSopsError `git-object-missing`, `git-failed`: what could not be read is not clean
 */
export async function holdingKeys(
  others: readonly HistoricBlob[],
  blobs: BlobReader,
  step: () => void,
): Promise<HistoricBlob[]> {
  const worth = await worthALook(others);
  const holding: HistoricBlob[] = [];
  let next = 0;
  for await (const contents of blobs.readAll(worth.map(({ oid }) => oid))) {
    for (const content of contents) {
      const blob = worth[next++];
      step();
      if (blob !== undefined && content !== null && mayHoldPrivateKey(content)) holding.push(blob);
    }
  }
  return holding;
}

/** Those whose size a key's file may have. */
async function worthALook(others: readonly HistoricBlob[]): Promise<HistoricBlob[]> {
  const here = await fetched(others);
  const sizes = await blobSizes(here.map(({ oid }) => oid));
  return here.filter(({ oid, places }, i) => {
    const size = sizes[i] ?? null;
    if (size === null) throw new GitSopsError('git-object-missing', { file: places[0]?.path, detail: oid });
    return size >= leastBytes && size < mostSuspectBytes;
  });
}

/** Those that are here, which in a partial clone are not all. What is missing for its size alone is larger than any key. */
async function fetched(others: readonly HistoricBlob[]): Promise<readonly HistoricBlob[]> {
  const promisor = others.length === 0 ? null : await promisorOf();
  if (promisor === null) return others;
  const present = await objectsHere();
  if (limitOf(promisor) >= mostSuspectBytes) return others.filter(({ oid }) => present.has(oid));
  const missing = others.map(({ oid }) => oid).filter((oid) => !present.has(oid));
  if (missing.length > 0) await fetchMissing(promisor, missing);
  return others;
}
