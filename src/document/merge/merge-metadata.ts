import type { CryptoBackend } from '../../crypto/backend.ts';
import { GitSopsError } from '../../errors.ts';
import type { Parsed } from '../../format/format.ts';
import type { Wrapper } from '../../keys/wrap-key-groups.ts';
import { sameSelector } from '../../tree/selector.ts';
import type { Metadata } from '../metadata.ts';
import type { Opened } from '../open.ts';
import { exposedBySelector } from '../protection.ts';
import { mergeKeyGroups } from './merge-key-groups.ts';

export interface OpenedVersions {
  readonly base: Opened | null;
  readonly ours: Opened;
  readonly theirs: Opened;
}

export interface MergedMetadata {
  readonly metadata: Omit<Metadata, 'mac' | 'lastModified' | 'layout'>;
  readonly dataKey: Uint8Array;
}

/**
 * What the merged file says of itself: both sides' recipients, and each entry as the side that changed it has it.
 * @param parsed the merged plaintext, which decides between two new selectors; null where there is none yet
 * @throws GitSopsError `unmergeable-metadata`
 */
export async function mergeMetadata(
  { base, ours, theirs }: OpenedVersions,
  parsed: Parsed | null,
  backend: CryptoBackend,
  keyring: Wrapper,
): Promise<MergedMetadata> {
  const [o, a, b] = [base?.file.metadata ?? null, ours.file.metadata, theirs.file.metadata];
  const keys = ({ dataKey, file }: Opened) => ({
    dataKey,
    keyGroups: file.metadata.keyGroups,
    shamirThreshold: file.metadata.shamirThreshold,
  });
  const { dataKey, keyGroups, shamirThreshold } = await mergeKeyGroups(
    { base: base === null ? null : keys(base), ours: keys(ours), theirs: keys(theirs) },
    backend,
    keyring,
  );
  const from = selectorFrom(o, a, b, parsed);
  const metadata = {
    version: pick(o?.version, a.version, b.version),
    selector: from.selector,
    selectorGiven: from.selectorGiven,
    // Without a common ancestor the MAC over everything is the one that protects more.
    macOnlyEncrypted:
      o === null
        ? a.macOnlyEncrypted && b.macOnlyEncrypted
        : pick(o.macOnlyEncrypted, a.macOnlyEncrypted, b.macOnlyEncrypted),
    keyGroups,
    shamirThreshold,
    other: mergeOthers(o?.other ?? {}, a.other, b.other),
  };
  return { metadata, dataKey };
}

/** Ours, unless only theirs changed. */
function pick<T>(base: T | undefined, ours: T, theirs: T): T {
  return base !== undefined && JSON.stringify(base) === JSON.stringify(ours) ? theirs : ours;
}

/** Where both sides have a new one, the one that leaves nothing in the clear that the other protects. */
function selectorFrom(base: Metadata | null, ours: Metadata, theirs: Metadata, parsed: Parsed | null): Metadata {
  if (sameSelector(ours.selector, theirs.selector)) return ours;
  if (base !== null && sameSelector(base.selector, ours.selector)) return theirs;
  if (base !== null && sameSelector(base.selector, theirs.selector)) return ours;
  if (parsed === null || exposedBySelector(parsed, ours.selector, theirs.selector).length === 0) return ours;
  if (exposedBySelector(parsed, theirs.selector, ours.selector).length === 0) return theirs;
  throw new GitSopsError('unmergeable-metadata', { detail: 'both sides changed what is encrypted' });
}

type Others = Metadata['other'];

function mergeOthers(base: Others, ours: Others, theirs: Others): Others {
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  const merged = [...names].map(
    (name) => [name, pick(base[name] ?? null, ours[name] ?? null, theirs[name] ?? null)] as const,
  );
  return Object.fromEntries(merged.filter(([, value]) => value !== null));
}
