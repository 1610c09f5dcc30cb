import { dirname } from 'node:path';
import { basename } from 'node:path/posix';
import { isConflict, mayBeEncrypted, readSopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { listIndex } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { runGit } from '../../git/run.ts';

/** A regular file in the index. */
export interface TrackedFile {
  /** The top of its working tree. */
  readonly top: string;
  readonly path: GitPath;
  /** Six octal digits. */
  readonly mode: string;
  /** Of the blob that was read. */
  readonly oid: string;
}

/** A working file that is plaintext although Git stores it encrypted: its metadata lives in the index's blob. */
export interface UnlockedFile extends TrackedFile {
  readonly blob: Uint8Array;
}

/** Null for a file that is not in an index, or not as ciphertext. @param file absolute */
export async function unlockedFile(file: string): Promise<UnlockedFile | null> {
  const tracked = await trackedFile(file);
  if (tracked === null) return null;
  try {
    const { stdout: blob } = await runGit(['cat-file', 'blob', tracked.oid], { cwd: tracked.top });
    const sops = mayBeEncrypted(blob) ? await readSopsFile(tracked.path, blob) : null;
    return sops === null || isConflict(sops) ? null : { ...tracked, blob };
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

/** Whether the index has several versions of it. @param file absolute */
export async function isUnmerged(file: string): Promise<boolean> {
  try {
    const entries = await listIndex({ cwd: dirname(file), pathspecs: [`:(literal)${basename(file)}`] });
    return entries.some(({ stage, kind }) => stage !== 0 && kind === 'file');
  } catch (error) {
    if (error instanceof GitSopsError) return false;
    throw error;
  }
}

/** Null where there is no Git, no repository, or no entry. @param file absolute */
export async function trackedFile(file: string): Promise<TrackedFile | null> {
  const cwd = dirname(file);
  try {
    const { stdout, code } = await runGit(['rev-parse', '--show-toplevel'], { cwd, okCodes: [0, 128] });
    if (code !== 0) return null;
    const entries = await listIndex({ cwd, pathspecs: [`:(literal)${basename(file)}`] });
    const entry = entries.find(({ stage, kind }) => stage === 0 && kind === 'file');
    if (entry === undefined) return null;
    return { top: stdout.toString().replace(/\n$/, ''), path: entry.path, mode: entry.mode, oid: entry.oid };
  } catch (error) {
    // Without Git, or beside a broken repository, sops's commands work on files alone.
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}
