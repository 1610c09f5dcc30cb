import type { CryptoBackend } from '../../crypto/backend.ts';
import { newDataKey } from '../../crypto/data-key.ts';
import { GitSopsError } from '../../errors.ts';
import type { Recipient } from '../../keys/any-recipient.ts';
import { recipientOfKey } from '../../keys/foreign-recipient.ts';
import { type KeyGroup, recipientsOf } from '../../keys/key-group.ts';
import { type MasterKey, showMasterKey } from '../../keys/master-key.ts';
import { parseRecipient } from '../../keys/recipient.ts';
import { type Wrapper, wrapForGroups } from '../../keys/wrap-key-groups.ts';
import { sameBytes } from '../same-bytes.ts';

/** Who can open a version, and the data key that they get. */
export interface KeyVersion {
  readonly dataKey: Uint8Array;
  readonly keyGroups: readonly KeyGroup[];
  readonly shamirThreshold: number;
}

export interface KeyVersions {
  readonly base: KeyVersion | null;
  readonly ours: KeyVersion;
  readonly theirs: KeyVersion;
}

/**
 * The recipients of both sides without those that either took away. The data key is the one that a side made anew, as long as
 * nobody holds it who was taken away; where none is left, it is made here. Wrapped keys of that data key stay as they are.
 * @throws GitSopsError `unmergeable-metadata` for recipients for whom git-sops cannot wrap a key
 */
export async function mergeKeyGroups(
  versions: KeyVersions,
  backend: CryptoBackend,
  keyring: Wrapper,
): Promise<KeyVersion> {
  const { base, ours, theirs } = versions;
  const known = new Map(
    [base, theirs, ours].flatMap((side) => side?.keyGroups.flat() ?? []).map((key) => [showMasterKey(key), key]),
  );
  const wanted = mergeGroups(base, ours, theirs);
  const allowed = new Set(wanted.groups.flat());
  const dataKey = chooseDataKey(versions, allowed) ?? newDataKey(backend);
  const wrap = (names: readonly (readonly string[])[], threshold: number) =>
    wrapNamed(dataKey, names, threshold, known, backend, keyring);
  const holders = [ours, theirs, base].filter((side) => side !== null && sameBytes(side.dataKey, dataKey));
  for (const side of holders) {
    if (side !== null && side.shamirThreshold === wanted.threshold && sameNames(namesOf(side), wanted.groups))
      return side;
  }
  const { groups, threshold } = wanted;
  const [only] = groups;
  if (groups.length === 1 && only !== undefined) {
    const wrapped = new Map<string, MasterKey>();
    for (const side of holders.toReversed()) {
      if (side?.keyGroups.length !== 1) continue;
      for (const key of side.keyGroups[0] ?? []) wrapped.set(showMasterKey(key), key);
    }
    const missing = only.filter((name) => !wrapped.has(name));
    const [made = []] = missing.length === 0 ? [] : await wrap([missing], 0);
    for (const key of made) wrapped.set(showMasterKey(key), key);
    return { dataKey, keyGroups: [only.map((name) => wrapped.get(name) as MasterKey)], shamirThreshold: threshold };
  }
  return { dataKey, keyGroups: await wrap(groups, threshold), shamirThreshold: threshold };
}

/** Null where every data key is known to somebody who shall not read on. */
function chooseDataKey({ base, ours, theirs }: KeyVersions, allowed: ReadonlySet<string>): Uint8Array | null {
  if (sameBytes(ours.dataKey, theirs.dataKey)) return ours.dataKey;
  const isNew = (side: KeyVersion) => base === null || !sameBytes(side.dataKey, base.dataKey);
  const isClosed = (side: KeyVersion) => recipientsOf(side.keyGroups).every((name) => allowed.has(name));
  return [ours, theirs].find((side) => isNew(side) && isClosed(side))?.dataKey ?? null;
}

interface Wanted {
  readonly groups: readonly (readonly string[])[];
  readonly threshold: number;
}

function mergeGroups(base: KeyVersion | null, ours: KeyVersion, theirs: KeyVersion): Wanted {
  const [o, a, b] = [base === null ? null : namesOf(base), namesOf(ours), namesOf(theirs)];
  const whole = (side: KeyVersion): Wanted => ({ groups: namesOf(side), threshold: side.shamirThreshold });
  const same = (x: KeyVersion, y: KeyVersion) =>
    x.shamirThreshold === y.shamirThreshold && sameNames(namesOf(x), namesOf(y));
  if (same(ours, theirs) || (base !== null && same(base, theirs))) return whole(ours);
  if (base !== null && same(base, ours)) return whole(theirs);
  if (a.length !== b.length || (o !== null && o.length !== a.length))
    throw unmergeable('both sides changed the key groups');
  const groups = a.map((group, i) => {
    const [before, other] = [o?.[i], b[i] ?? []];
    const isGone = (name: string) => before?.includes(name) === true && !(group.includes(name) && other.includes(name));
    return [...new Set([...group, ...other])].filter((name) => !isGone(name));
  });
  if (groups.some((group) => group.length === 0)) throw unmergeable('no recipient would be left');
  const threshold = base !== null && base.shamirThreshold === ours.shamirThreshold ? theirs : ours;
  return { groups, threshold: threshold.shamirThreshold };
}

function namesOf({ keyGroups }: KeyVersion): string[][] {
  return keyGroups.map((group) => group.map(showMasterKey));
}

/** The order of recipients says nothing; that of groups does. */
function sameNames(a: readonly (readonly string[])[], b: readonly (readonly string[])[]): boolean {
  const sorted = (groups: readonly (readonly string[])[]) => JSON.stringify(groups.map((group) => group.toSorted()));
  return sorted(a) === sorted(b);
}

async function wrapNamed(
  dataKey: Uint8Array,
  groups: readonly (readonly string[])[],
  threshold: number,
  known: ReadonlyMap<string, MasterKey>,
  backend: CryptoBackend,
  keyring: Wrapper,
): Promise<KeyGroup[]> {
  try {
    const recipients = groups.map((group) => group.map((name) => recipientOf(known.get(name))));
    return await wrapForGroups(dataKey, recipients, threshold, backend, keyring);
  } catch (cause) {
    const isRecipient = cause instanceof GitSopsError && /-recipient$/.test(cause.code);
    throw isRecipient ? new GitSopsError('unmergeable-metadata', { detail: cause.message }, { cause }) : cause;
  }
}

function recipientOf(key: MasterKey | undefined): Recipient {
  return key === undefined || key.kind === 'age' ? parseRecipient(key?.recipient ?? '') : recipientOfKey(key);
}

function unmergeable(detail: string): GitSopsError {
  return new GitSopsError('unmergeable-metadata', { detail });
}
