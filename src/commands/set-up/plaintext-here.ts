import { mayBeEncrypted } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { BlobReader } from '../../git/blob-reader.ts';
import { listPaths } from '../../git/index-entries.ts';
import { regularFile } from '../gate/worktree-verdict.ts';
import type { Io } from '../io.ts';
import { isCiphertext, planTurn } from '../lock.ts';
import { coveredAmong, coveredFiles } from '../repository/covered-files.ts';

/**
 * How many covered files of this working tree a lock would turn into ciphertext.
 * @throws GitSopsError where one would stay plaintext: edited, in conflict, or not in Git yet
 */
export async function plaintextHere(io: Io): Promise<number> {
  const { writes, left } = await planTurn('lock', [], io);
  const [stays] = left;
  if (stays !== undefined) throw stays;
  const blobs = new BlobReader({ lazyFetch: true });
  try {
    const tracked = new Set(await listPaths());
    const untracked = (await listPaths({ untracked: true })).filter(
      (path) => !tracked.has(path) && !path.endsWith('/'),
    );
    const fresh = untracked.map((path) => ({ path, mode: '100644', oid: '' }));
    const covered = [...(await coveredFiles(io, blobs, [])), ...(await coveredAmong(io, blobs, fresh))];
    for (const { path, oid } of covered) {
      const file = regularFile(io.cwd, path);
      if (file === null || file.length === 0) continue;
      const blob = oid === '' ? null : ((await blobs.read(oid))?.content ?? null);
      // What Git stores in ciphertext the lock has looked at; what it stores in the clear is no news.
      if (blob !== null && (mayBeEncrypted(blob) || Buffer.compare(file, blob) === 0)) continue;
      if (blob === null && (await isCiphertext(path, file))) continue;
      throw new GitSopsError('not-staged-yet', { file: path });
    }
    return writes.size;
  } finally {
    await blobs.close();
  }
}
