import { isReencryption, type ValueToken } from '../../document/value-tokens.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import { type Commit, changesOf, type PathChange, renamesIn } from '../../git/history.ts';
import type { GitPath } from '../../git/path.ts';

/** An encrypted file as the last commit has it. */
export interface CommittedFile {
  readonly path: GitPath;
  readonly values: readonly ValueToken[];
}

/** When a value got the ciphertext that it has now. */
export interface LastChange extends Origin {
  readonly path: GitPath;
  readonly keyPath: string;
  readonly document: number;
}

interface Origin {
  readonly commit: Commit;
  /** The commit encrypted the whole file anew: the value itself may be older. */
  readonly reencrypted: boolean;
}

interface Trail {
  readonly file: CommittedFile;
  /** Where the file was at this point of the walk. */
  readonly path: GitPath;
  /** Tokens whose origin is not found yet. */
  readonly open: Set<string>;
}

/** Renames that are followed, one after the other. */
const mostRenames = 100;

/**
 * For each encrypted value the newest commit whose file has its ciphertext while no parent's has. Ciphertexts alone tell:
 * every encryption has a nonce of its own, so a token stands in history from its origin on, byte for byte.
 */
export async function lastChanges(
  head: string,
  files: readonly CommittedFile[],
  blobs: BlobReader,
): Promise<LastChange[]> {
  const origins = new Map<CommittedFile, Map<string, Origin>>(files.map((file) => [file, new Map()]));
  let starts = [head];
  let trails: Trail[] = files.map((file) => ({
    file,
    path: file.path,
    open: new Set(file.values.map(({ token }) => token)),
  }));
  for (let round = 0; round <= mostRenames && trails.length > 0; round++) {
    const additions: { trail: Trail; commit: Commit; tokens: Map<string, Origin> }[] = [];
    for await (const commit of changesOf(starts, [...new Set(trails.map(({ path }) => path))])) {
      for (const change of commit.changes) {
        for (const trail of trails) {
          if (trail.path !== change.path || trail.open.size === 0) continue;
          const tokens = await originsIn(commit, change, trail, blobs);
          for (const [token, origin] of tokens) origins.get(trail.file)?.set(token, origin);
          if (tokens.size > 0 && change.before.length === 1 && change.before[0] === null) {
            additions.push({ trail, commit, tokens });
          }
        }
      }
    }
    const renames = await renamesIn([...new Set(additions.map(({ commit }) => commit.oid))]);
    trails = [];
    starts = [];
    for (const { trail, commit, tokens } of additions) {
      const rename = renames.find(({ commit: oid, to }) => oid === commit.oid && to === trail.path);
      const source = rename === undefined ? null : await blobs.read(`${commit.oid}^:${rename.from}`);
      if (rename === undefined || source === null) continue;
      const open = new Set([...tokens.keys()].filter((token) => holds(source.content, token)));
      if (open.size === 0) continue;
      trails.push({ file: trail.file, path: rename.from, open });
      starts.push(`${commit.oid}^@`);
    }
  }
  return files.flatMap((file) =>
    file.values.flatMap(({ keyPath, document, token }): LastChange[] => {
      const origin = origins.get(file)?.get(token);
      return origin === undefined ? [] : [{ path: file.path, keyPath, document, ...origin }];
    }),
  );
}

/** The open tokens that this commit brought; they are open no more. */
async function originsIn(
  commit: Commit,
  change: PathChange,
  { open }: Trail,
  blobs: BlobReader,
): Promise<Map<string, Origin>> {
  const origins = new Map<string, Origin>();
  if (change.after === null) return origins;
  const contentOf = async (oid: string | null) => (oid === null ? null : ((await blobs.read(oid))?.content ?? null));
  const [after, ...before] = await Promise.all([change.after, ...change.before].map(contentOf));
  if (after == null) return origins;
  const old = before.filter((blob) => blob != null);
  const reencrypted = old.some((blob) => isReencryption(blob, after));
  for (const token of open) {
    if (!holds(after, token) || old.some((blob) => holds(blob, token))) continue;
    open.delete(token);
    origins.set(token, { commit, reencrypted });
  }
  return origins;
}

/** JSON may spell a slash `\/`. */
function holds(blob: Buffer, token: string): boolean {
  return (
    blob.includes(token) || (blob.includes('\\/') && blob.toString('latin1').replaceAll('\\/', '/').includes(token))
  );
}
