import { GitSopsError } from '../errors.ts';
import type { Opener } from './ask-once.ts';
import type { SopsFile } from './sops-file.ts';

/**
 * The data key of a file.
 * @throws GitSopsError `no-identity` that names the recipients who could, and why a key source failed.
 */
export async function unlock(file: Pick<SopsFile, 'metadata'>, keyring: Opener): Promise<Uint8Array> {
  const found = await keyring.dataKey(file.metadata.keyGroups, file.metadata.shamirThreshold);
  if (found.dataKey !== null) return found.dataKey;
  throw new GitSopsError('no-identity', {
    detail: found.recipients.join(', '),
    other: found.problems.length === 0 ? undefined : found.problems.join('; '),
  });
}
