import { isReencryption, type ValueToken, valueTokens } from '../../document/value-tokens.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import { type Commit, changesOf, renamesIn } from '../../git/history.ts';
import type { GitPath } from '../../git/path.ts';

export interface KeyChange {
  readonly what: 'added' | 'changed' | 're-encrypted' | 'removed';
  readonly keyPath: string;
  readonly document: number;
  /** Where the file was then. */
  readonly path: GitPath;
  readonly commit: Commit;
}

interface Version {
  readonly blob: Buffer;
  readonly values: readonly ValueToken[];
}

const mostRenames = 100;

/** Every change of the values at or below a key path, newest first, through renames of the file, from ciphertext alone. */
export async function keyChanges(
  head: string,
  file: GitPath,
  isWanted: (keyPath: string) => boolean,
  blobs: BlobReader,
): Promise<KeyChange[]> {
  const found: KeyChange[] = [];
  let from: Origin | null = { path: file, start: head };
  for (let round = 0; round <= mostRenames && from !== null; round++) {
    const { path, start }: Origin = from;
    from = null;
    for await (const commit of changesOf([start], [path])) {
      for (const { before, after } of commit.changes) {
        const old = await Promise.all(before.map((oid) => versionOf(path, oid, blobs)));
        if (before.length === 1 && before[0] === null) {
          from = await originOf(commit, path);
          if (from !== null) old[0] = await versionOf(from.path, `${commit.oid}^:${from.path}`, blobs);
        }
        const changes = compare(old, await versionOf(path, after, blobs));
        for (const change of changes) if (isWanted(change.keyPath)) found.push({ ...change, path, commit });
      }
    }
  }
  return found;
}

/** Where a file's history goes on, before a commit that renamed it. */
interface Origin {
  readonly path: GitPath;
  readonly start: string;
}

async function originOf(commit: Commit, path: GitPath): Promise<Origin | null> {
  const rename = (await renamesIn([commit.oid])).find(({ to }) => to === path);
  return rename === undefined ? null : { path: rename.from, start: `${commit.oid}^@` };
}

function compare(before: readonly (Version | null)[], after: Version | null): Omit<KeyChange, 'path' | 'commit'>[] {
  const old = before.filter((version) => version !== null);
  const tokens = new Set(old.flatMap(({ values }) => values.map(({ token }) => token)));
  const places = new Set(old.flatMap(({ values }) => values.map(placeOf)));
  const values = after?.values ?? [];
  const now = { tokens: new Set(values.map(({ token }) => token)), places: new Set(values.map(placeOf)) };
  const counts = old.map((version) => countByName(version.values));
  const countNow = countByName(values);
  const reencrypted = after !== null && old.some(({ blob }) => isReencryption(blob, after.blob));

  const fresh = values.filter(({ token }) => !tokens.has(token));
  // Of equal names the last are the new ones.
  const isNew = (value: ValueToken) => !places.has(placeOf(value));
  const most = (name: string) => Math.max(0, ...counts.map((count) => count.get(name) ?? 0));
  const added = asMany(fresh.toReversed(), isNew, (name) => (countNow.get(name) ?? 0) - most(name));

  // What moved to another place (an item of a list) is neither removed nor added.
  const [first] = old.length < before.length ? [] : old;
  const lost = (first?.values ?? []).filter(({ token }) => !now.tokens.has(token));
  const least = (name: string) => Math.min(...counts.map((count) => count.get(name) ?? 0));
  const isGone = (value: ValueToken) => !now.places.has(placeOf(value));
  const removed = asMany(lost, isGone, (name) => least(name) - (countNow.get(name) ?? 0));

  const whatOf = (value: ValueToken) => (added.has(value) ? 'added' : reencrypted ? 're-encrypted' : 'changed');
  return [
    ...fresh.map((value) => ({ what: whatOf(value), keyPath: value.keyPath, document: value.document }) as const),
    ...[...removed].map(({ keyPath, document }) => ({ what: 'removed', keyPath, document }) as const),
  ];
}

/**
 * Values that have one name: those of a key that stands twice, and the items of a list, which change places when another one goes.
 * So how many there are tells how many came or went, and their ciphertexts which.
 */
function nameOf(value: ValueToken): string {
  return placeOf(value).replace(/\[\d+\]/g, '[]');
}

function countByName(values: readonly ValueToken[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(nameOf(value), (counts.get(nameOf(value)) ?? 0) + 1);
  return counts;
}

/** Of each name as many of these values as there may be, the likely ones first. */
function asMany(
  values: readonly ValueToken[],
  isLikely: (value: ValueToken) => boolean,
  mostOf: (name: string) => number,
): Set<ValueToken> {
  const left = new Map<string, number>();
  const isLeft = (value: ValueToken) => {
    const name = nameOf(value);
    const count = left.get(name) ?? mostOf(name);
    left.set(name, count - 1);
    return count > 0;
  };
  const likely = values.filter(isLikely);
  return new Set([...likely, ...values.filter((value) => !likely.includes(value))].filter(isLeft));
}

/** Null where there is no such blob. A version that nobody can parse has no values. */
async function versionOf(path: GitPath, name: string | null, blobs: BlobReader): Promise<Version | null> {
  const blob = name === null ? null : ((await blobs.read(name))?.content ?? null);
  if (blob === null) return null;
  try {
    return { blob, values: await valueTokens(path, blob) };
  } catch (error) {
    if (error instanceof GitSopsError) return { blob, values: [] };
    throw error;
  }
}

function placeOf({ keyPath, document }: Pick<ValueToken, 'keyPath' | 'document'>): string {
  return `${document} ${keyPath}`;
}
