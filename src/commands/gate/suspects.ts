import { mayHoldPrivateKey, privateKeySigns } from '../../document/private-key.ts';
import { mayBeEncrypted } from '../../document/sops-file.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { filesHolding, type Searched } from '../../git/search.ts';
import { type Candidate, isJudged, isLink } from './candidates.ts';
import { contentsIn } from './contents.ts';
import type { Snapshot } from './snapshot.ts';

/** What a private key's file holds, or an encrypted one's. */
const signs = [...privateKeySigns, 'ENC[AES256_GCM,'];

/** Whether a file that no rule covers is worth a closer look. */
export function holdsSign(content: Uint8Array): boolean {
  return mayHoldPrivateKey(content) || mayBeEncrypted(content);
}

/** For a whole snapshot Git reads the blobs itself, and only those that hold a sign are read here. */
export function searching(searched: Searched, blobs: BlobReader): Snapshot['suspects'] {
  return amongHolding(() => holdingSigns(searched, blobs), blobs);
}

export function holdingSigns(searched: Searched, blobs: BlobReader): Promise<ReadonlySet<GitPath>> {
  return filesHolding(signs, searched, { lazyFetch: blobs.fetches });
}

export function amongHolding(holding: () => Promise<ReadonlySet<GitPath>>, blobs: BlobReader): Snapshot['suspects'] {
  return async (files, uncovered) => {
    const [found, isUncovered] = await Promise.all([holding(), uncovered()]);
    const links = files.links().filter(({ path }) => isUncovered(path));
    return [...files.at([...found].filter(isUncovered)).filter((file) => !isLink(file)), ...(await held(links, blobs))];
  };
}

/** `git grep` passes over what is stored as symlinks. */
async function held(links: readonly Candidate[], blobs: BlobReader): Promise<Candidate[]> {
  const holding: Candidate[] = [];
  let next = 0;
  for await (const contents of links.length === 0 ? [] : contentsIn(blobs)(links)) {
    for (const content of contents) {
      const link = links[next++];
      if (link !== undefined && content !== null && holdsSign(content)) holding.push(link);
    }
  }
  return holding;
}

/** Larger than any key and any file that sops is used for. */
export const mostSuspectBytes = 1 << 20;

/** Of a change, all but the large ones. */
export function smallOnes(blobs: Pick<BlobReader, 'stat'>): Snapshot['suspects'] {
  return async (candidates, uncovered) => {
    const isUncovered = await uncovered();
    const files = candidates.all().filter((candidate) => isJudged(candidate) && isUncovered(candidate.path));
    const sizes = await Promise.all(files.map(({ oid }) => blobs.stat(oid)));
    return files.filter((_, i) => (sizes[i]?.size ?? mostSuspectBytes) < mostSuspectBytes);
  };
}
