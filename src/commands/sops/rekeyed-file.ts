import { nodeBackend } from '../../crypto/node-backend.ts';
import type { Opened } from '../../document/open.ts';
import { isConflict, type SopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { formatNameOf } from '../../format/by-path.ts';
import type { FormatName } from '../../format/format.ts';
import { holdIndex, requireEntries } from '../../git/hold-index.ts';
import { refreshHeld } from '../../git/refresh-index.ts';
import { stageBlobs } from '../../git/stage-blobs.ts';
import { quotePath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { openEncrypted, readEncrypted } from './encrypted.ts';
import type { Input } from './input.ts';
import type { Session } from './session.ts';
import { isUnmerged, type TrackedFile, type UnlockedFile, unlockedFile } from './unlocked-file.ts';

/** A file whose keys are to change: as it lies here, or for a plaintext working file its blob in Git's index. */
export interface KeyedFile {
  readonly input: Input;
  readonly sops: SopsFile;
  /** Null where the file itself is the ciphertext. */
  readonly unlocked: UnlockedFile | null;
}

/** @throws GitSopsError `no-sops-metadata` where neither is encrypted, `in-conflict` */
export async function readKeyed(input: Input, format: FormatName, ignoreMac = false): Promise<KeyedFile> {
  try {
    const sops = await readEncrypted(input.name, input.bytes, format, ignoreMac);
    if (isConflict(sops)) throw new GitSopsError('in-conflict', { file: input.name });
    return { input, sops, unlocked: null };
  } catch (error) {
    await refuseUnmerged(input, error);
    const isPlain = error instanceof GitSopsError && error.code === 'no-sops-metadata' && input.file !== null;
    const unlocked = isPlain ? await unlockedFile(input.file) : null;
    if (unlocked === null) throw error;
    const sops = await readEncrypted(input.name, unlocked.blob, formatNameOf(unlocked.path));
    return { input, sops, unlocked };
  }
}

/**
 * What Git's markers do to a file is no fault of its spelling: the conflict is what is to be told.
 * @throws GitSopsError `in-conflict` where the index has several versions of a file that did not read
 */
export async function refuseUnmerged({ name, file }: Input, error: unknown): Promise<void> {
  if (error instanceof GitSopsError && file !== null && (await isUnmerged(file)))
    throw new GitSopsError('in-conflict', { file: name }, { cause: error });
}

export function openKeyed({ input, sops }: KeyedFile, session: Session): Promise<Opened> {
  return openEncrypted(input.name, sops, session);
}

/**
 * Puts the new blob into Git's index, and says so.
 * @param write the working file as well, where that is not plaintext, which stays
 * @throws GitSopsError `file-changed-meanwhile` where something else was staged since the entry was read
 */
export async function stageKeyed(
  { top, path, mode, oid }: TrackedFile,
  blob: Uint8Array,
  what: string,
  write: (() => void) | null,
  io: Io,
): Promise<void> {
  await holdIndex({ cwd: top }, async (held) => {
    await requireEntries(new Map([[path, { mode, oid }]]), held);
    await stageBlobs([{ path, mode, blob }], held);
    write?.();
    await refreshHeld(new Set([path]), held);
  });
  io.stderr.write(
    `${what} and staged ${quotePath(path)}${write === null ? '; the working file stays as it is' : ''}\n`,
  );
}

export const keyTools = ({ io, keyring }: Pick<Session, 'io' | 'keyring'>) => ({
  backend: nodeBackend,
  keyring,
  now: io.now,
});
