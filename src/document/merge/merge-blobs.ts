import type { CryptoBackend } from '../../crypto/backend.ts';
import { newDataKey } from '../../crypto/data-key.ts';
import { GitSopsError } from '../../errors.ts';
import { formatNameOf, loadFormat } from '../../format/by-path.ts';
import type { FormatName } from '../../format/format.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { sealConflict } from '../conflict-envelope.ts';
import { hasConflictMarkers } from '../conflict-markers.ts';
import type { CreationRule } from '../creation-rule.ts';
import { newFileMetadata } from '../new-file.ts';
import type { Opened } from '../open.ts';
import { sealFile } from '../seal.ts';
import { type Blobs, mergeCiphertext } from './merge-ciphertext.ts';
import { type MergedMetadata, mergeMetadata } from './merge-metadata.ts';
import { type MergedPlaintext, mergePlaintext, type OnConflict } from './merge-plaintext.ts';
import { type MergeVersion, openVersion } from './version.ts';

export interface MergeRequest extends Omit<Blobs, 'base'> {
  /** `unknown`: there is one, but nobody knows which. */
  readonly base: Uint8Array | 'unknown' | null;
  /** The path of the result; its name gives the format. */
  readonly path: string;
  readonly onConflict: OnConflict;
  /** The creation rule that covers the path: for the first encryption of what all versions have as plaintext. */
  rule(): Promise<CreationRule | null>;
  readonly keyring: Keyring;
  readonly backend: CryptoBackend;
  readonly now: () => Date;
}

export interface MergedBlob {
  readonly blob: Uint8Array;
  readonly conflict: boolean;
  /** The plaintext of `blob`, markers and all; null where it could not be had. */
  readonly plaintext: Uint8Array | null;
  /** Why nothing was merged and ours stays. */
  readonly why: GitSopsError | null;
  /** Why the common ancestor cannot be used, so that every difference is a conflict. */
  readonly lostBase: GitSopsError | null;
  /** Whose version it is that did not open, where it is one's. */
  readonly side: 'ours' | 'theirs' | null;
}

/**
 * The three-way merge of what Git stores. Each input is verified first; a conflict comes back encrypted; what cannot be opened
 * or verified leaves ours as it is, as a conflict.
 */
export async function mergeBlobs(request: MergeRequest): Promise<MergedBlob> {
  let side: MergedBlob['side'] = null;
  try {
    const { path, keyring, backend } = request;
    side = 'ours';
    const ours = await openVersion(path, request.ours, keyring, backend);
    side = 'theirs';
    const theirs = await openVersion(path, request.theirs, keyring, backend, { opened: openedOf(ours) });
    side = null;
    return await merge(request, ours, theirs);
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    const { base, ours, onConflict, path } = request;
    const isLocked = error.code === 'no-identity' && base !== 'unknown';
    const ciphertext = isLocked ? await mergeCiphertext(path, { ...request, base }) : null;
    if (ciphertext !== null) return { ...settled, blob: ciphertext };
    const kept = onConflict === 'base' ? baseOf(request) : ours;
    return { blob: kept, conflict: true, plaintext: null, why: error, lostBase: null, side };
  }
}

const settled = { conflict: false, plaintext: null, why: null, lostBase: null, side: null };

async function merge(request: MergeRequest, ours: MergeVersion, theirs: MergeVersion): Promise<MergedBlob> {
  const { path, onConflict } = request;
  const found = await openBase(request, ours, theirs);
  const lostBase = found instanceof GitSopsError ? found : null;
  const base = found instanceof GitSopsError ? 'unknown' : found;
  const versions = { base: base === 'unknown' ? base : (base?.bytes ?? null), ours: ours.bytes, theirs: theirs.bytes };
  const merged = await mergePlaintext(formatOf(path, ours, theirs), versions, onConflict);
  if (merged === null) return { ...settled, blob: baseOf(request), conflict: true };
  const { bytes } = merged;
  if (bytes.length === 0) return { ...settled, ...merged, blob: bytes, plaintext: bytes };
  // Of versions that hold markers already comes no clean merge.
  const isMarked = typeof onConflict !== 'string' && (merged.conflict || hasConflictMarkers(bytes));
  const blob = await seal(request, { bytes, conflict: isMarked }, base === 'unknown' ? null : base, ours, theirs);
  return { ...settled, blob, conflict: merged.conflict || isMarked, plaintext: bytes, lostBase };
}

function baseOf({ base }: MergeRequest): Uint8Array {
  return base === null || base === 'unknown' ? new Uint8Array() : base;
}

/** A base that does not open, or does not verify, is as good as unknown. */
async function openBase(
  { base, path, keyring, backend }: MergeRequest,
  ours: MergeVersion,
  theirs: MergeVersion,
): Promise<MergeVersion | GitSopsError | 'unknown' | null> {
  if (base === null || base === 'unknown') return base;
  const opened = openedOf(ours, theirs);
  const keys = opened.map(({ dataKey }) => dataKey);
  try {
    return await openVersion(path, base, keyring, backend, { opened, keys });
  } catch (error) {
    if (error instanceof GitSopsError) return error;
    throw error;
  }
}

function openedOf(...versions: readonly MergeVersion[]): Opened[] {
  return versions.flatMap(({ opened }) => (opened === null ? [] : [opened]));
}

async function seal(
  request: MergeRequest,
  plain: MergedPlaintext,
  base: MergeVersion | null,
  ours: MergeVersion,
  theirs: MergeVersion,
): Promise<Uint8Array> {
  const { path, backend, now } = request;
  const format = await loadFormat(formatOf(path, ours, theirs));
  const parsed = plain.conflict ? null : format.parse(plain.bytes);
  const opened = openedOf(ours, theirs);
  const described = await describe(request, base?.opened ?? null, ours.opened, theirs.opened, parsed);
  if (described === null) return plain.bytes;
  const { metadata, dataKey } = described;
  if (parsed === null) return sealConflict({ text: plain.bytes, metadata, dataKey, backend, now });
  if (parsed.metadata !== null) throw new GitSopsError('sops-key-in-plaintext');
  const sameKey = opened.filter((version) => Buffer.compare(version.dataKey, dataKey) === 0);
  // The side that the result equals gives it its time and MAC too.
  const follows = sameKey.find(({ bytes }) => Buffer.compare(bytes, plain.bytes) === 0) ?? sameKey[0] ?? null;
  const tokens = sameKey.filter((version) => version !== follows).flatMap((version) => version.tokens);
  return sealFile({ format, parsed, metadata, dataKey, base: follows, alsoReuse: tokens, backend, now });
}

/** Null where nothing was ever encrypted and nothing asks for it: plaintext stays plaintext. */
async function describe(
  { path, rule, keyring, backend, ...blobs }: MergeRequest,
  base: Opened | null,
  ours: Opened | null,
  theirs: Opened | null,
  parsed: Parameters<typeof mergeMetadata>[1],
): Promise<MergedMetadata | null> {
  if (ours !== null && theirs !== null) return mergeMetadata({ base, ours, theirs }, parsed, backend, keyring);
  const only = ours ?? theirs;
  if (only !== null) return { metadata: only.file.metadata, dataKey: only.dataKey };
  // rerere merges recorded resolutions, working files with markers in them.
  if (
    [blobs.base, blobs.ours, blobs.theirs].some(
      (blob) => typeof blob === 'object' && blob !== null && hasConflictMarkers(blob),
    )
  )
    return null;
  const covering = await rule();
  if (covering === null) return null;
  const dataKey = newDataKey(backend);
  return { metadata: await newFileMetadata(covering, dataKey, formatNameOf(path), backend, keyring), dataKey };
}

/** The format in which both sides are, as in a clean; the path's, where they are in two because one side renamed it. */
function formatOf(path: string, ours: MergeVersion, theirs: MergeVersion): FormatName {
  const names = [ours, theirs].flatMap(({ opened }) => (opened === null ? [] : [opened.file.format.name]));
  const [only] = names;
  return only !== undefined && names.every((name) => name === only) ? only : formatNameOf(path);
}
