import { mayBeEncrypted } from '../../document/sops-file.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { Change, ChangeSide } from '../../git/changes.ts';
import { isBlob } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { contentAt } from './sops-file-at.ts';

export type Blobs = Pick<BlobReader, 'stat' | 'read' | 'fetches'>;

export interface LeavingOptions {
  /** Whether a rule covers the path after the change: what stands there is judged by that rule. */
  isCovered(path: GitPath): boolean | Promise<boolean>;
  /** Only keys that ask for nothing are used. Null uses none. */
  readonly keyring: Keyring | null;
  /** What stands beside the changed files; without it no copies are looked for. */
  readonly beside?: Beside;
  /** Whether a blob may be encrypted, where that is known already; null where it is not. False must be certain. */
  maySeal?(oid: string): boolean | null;
}

/** All files, as they are in Git after the change. */
export interface Beside {
  /** Null where there is none of that path. */
  read(path: GitPath): Promise<Uint8Array | null>;
  /** The paths whose last part is one of these. */
  named(names: readonly string[]): Promise<readonly GitPath[]>;
}

/** A change of what was there before. */
export type Replaced = Change & { readonly before: ChangeSide };

export function hadFile(change: Change): change is Replaced {
  return change.before !== null && isBlob(change.before.kind);
}

/** So many are asked for together. */
const batch = 64;

/** Uncovered changes whose earlier side may be encrypted. */
export async function mayHaveLeft<T extends Change & { readonly before: ChangeSide }>(
  changes: readonly T[],
  blobs: Blobs,
  { isCovered, maySeal }: Pick<LeavingOptions, 'isCovered' | 'maySeal'>,
): Promise<T[]> {
  const left: T[] = [];
  for (let start = 0; start < changes.length; start += batch) {
    const some = changes.slice(start, start + batch);
    const sealed = await Promise.all(
      some.map(async ({ before: { oid }, after, path }) => {
        const known = maySeal?.(oid) ?? null;
        if (known === false || (after !== null && (await isCovered(path)))) return false;
        return known ?? mayBeEncrypted((await contentAt(path, oid, blobs)) ?? new Uint8Array());
      }),
    );
    left.push(...some.filter((_, i) => sealed[i]));
  }
  return left;
}
