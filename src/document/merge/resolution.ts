import type { CryptoBackend } from '../../crypto/backend.ts';
import { GitSopsError } from '../../errors.ts';
import type { Parsed } from '../../format/format.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Opened } from '../open.ts';
import type { OpenedToken } from '../verified-tokens.ts';
import { type MergedMetadata, mergeMetadata } from './merge-metadata.ts';
import { openVersion } from './version.ts';

/** The other versions of a file that is in conflict: what Git's index has beside ours. */
export interface OtherVersions {
  /** Null where there is no common ancestor. */
  readonly base: Uint8Array | null;
  readonly theirs: Uint8Array;
}

export interface Resolution extends MergedMetadata {
  /** Of the versions under the data key that is kept: the first gives layout, time and MAC where they are the same. */
  readonly follows: Opened | null;
  readonly tokens: readonly OpenedToken[];
}

/**
 * What the resolution of a conflict keeps of both sides: somebody has decided about the values, but a recipient whom the other
 * side added must not get lost with that, nor a ciphertext that is taken over.
 * @returns null where their version cannot be opened here; then ours is all that is known
 */
export async function resolutionOf(
  path: string,
  { base, theirs }: OtherVersions,
  ours: Opened,
  parsed: Parsed,
  keyring: Keyring,
  backend: CryptoBackend,
): Promise<Resolution | null> {
  const other = await openOrNull(path, theirs, keyring, backend, [ours]);
  if (other === null) return null;
  const before = base === null ? null : await openOrNull(path, base, keyring, backend, [ours, other]);
  const merged = await mergeMetadata({ base: before, ours, theirs: other }, parsed, backend, keyring);
  const [follows = null, ...rest] = [ours, other, ...(before === null ? [] : [before])].filter(
    ({ dataKey }) => Buffer.compare(dataKey, merged.dataKey) === 0,
  );
  return { ...merged, follows, tokens: rest.flatMap(({ tokens }) => tokens) };
}

async function openOrNull(
  path: string,
  blob: Uint8Array,
  keyring: Keyring,
  backend: CryptoBackend,
  opened: readonly Opened[],
): Promise<Opened | null> {
  try {
    const keys = opened.map(({ dataKey }) => dataKey);
    return (await openVersion(path, blob, keyring, backend, { opened, keys })).opened;
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}
