import {
  type BigIntStats,
  chmodSync,
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
} from 'node:fs';
import { lstat, open, rm } from 'node:fs/promises';
import { join, sep } from 'node:path';
import { GitSopsError } from '../errors.ts';
import { encodePath, type GitPath } from './path.ts';

export interface WorkFile {
  readonly content: Buffer;
  /** Permission bits. */
  readonly mode: number;
}

/**
 * Reads a regular file of the working tree. A clone may be hostile: a link in place of the file, a folder on the way
 * that is a link out of the tree, a FIFO that would never end are refused. Synchronous, for the filter's few small reads.
 *
 * @param top Absolute.
 * @returns null where there is nothing of that name.
 * @throws GitSopsError `file-outside-work-tree`, `file-not-regular`, `git-blob-too-large`.
 */
export function readWorkFile(top: string, path: GitPath, maxBytes = 2 ** 30): WorkFile | null {
  const file = workFileName(top, path);
  if (file === null) return null;
  let fd: number;
  try {
    // Non-blocking, since opening a FIFO waits for a writer. The flags are missing on Windows, which has no FIFOs.
    const flags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
    if (constants.O_NOFOLLOW === undefined && lstatSync(file).isSymbolicLink()) throw notRegular(path);
    fd = openSync(file, flags);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    // What Linux, the BSDs and a socket say.
    if (code === 'ELOOP' || code === 'EMLINK' || code === 'EFTYPE' || code === 'ENXIO') throw notRegular(path);
    throw error;
  }
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw notRegular(path);
    if (stat.size > maxBytes) throw tooLarge(path, stat.size, maxBytes);
    return { content: readFileSync(fd), mode: stat.mode & 0o7777 };
  } finally {
    closeSync(fd);
  }
}

/** Whether `readWorkFile` would find nothing: a tenth of the time, for who looks in many folders. */
export function isMissing(top: string, path: GitPath): boolean {
  return lstatSync(encodePath(join(top, path)), { throwIfNoEntry: false }) === undefined;
}

/** What the file system says of it, a link not followed. @returns null where there is nothing. @throws GitSopsError as `readWorkFile` */
export function statWorkFile(top: string, path: GitPath): BigIntStats | null {
  const file = workFileName(top, path);
  return file === null ? null : (lstatSync(file, { bigint: true, throwIfNoEntry: false }) ?? null);
}

/**
 * Replaces a file of the working tree as a whole: a reader, and a crash, finds the old one or the new one. Mode bits
 * stay.
 *
 * @param newMode Of a file that is not there yet; null for 0666 less the umask.
 * @throws GitSopsError as `readWorkFile`; a link is not written through.
 */
export async function writeWorkFile(
  top: string,
  path: GitPath,
  content: Uint8Array,
  newMode: number | null = null,
): Promise<void> {
  await write(top, path, content, newMode, () => {});
}

/**
 * The same for bytes that were made of what stood there before. It is looked at again when the new file is ready to take its
 * place: an edit that came meanwhile stays.
 * @param before null where there was nothing
 * @throws GitSopsError `file-changed-meanwhile` as well
 */
export async function writeWorkFileOver(
  top: string,
  path: GitPath,
  before: Uint8Array | null,
  content: Uint8Array,
  newMode: number | null = null,
): Promise<void> {
  await write(top, path, content, newMode, () => requireAsBefore(top, path, before));
}

/** @param before null where there was nothing @throws GitSopsError `file-changed-meanwhile` where something else stands there now */
export function requireAsBefore(top: string, path: GitPath, before: Uint8Array | null): void {
  const now = readWorkFile(top, path)?.content ?? null;
  if (now === null ? before === null : before !== null && Buffer.compare(now, before) === 0) return;
  throw new GitSopsError('file-changed-meanwhile', { file: path });
}

async function write(
  top: string,
  path: GitPath,
  content: Uint8Array,
  newMode: number | null,
  lookAgain: () => void,
): Promise<void> {
  const file = workFileName(top, path);
  if (file === null) throw new GitSopsError('file-outside-work-tree', { file: path });
  const old = await lstat(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
    return null;
  });
  if (old !== null && !old.isFile()) throw notRegular(path);
  await replaceFile(file, content, old === null ? newMode : old.mode & 0o7777, lookAgain);
}

/**
 * Takes a regular file of the working tree away.
 * @throws GitSopsError as `readWorkFile`; a link is not followed, and stays.
 */
export async function removeWorkFile(top: string, path: GitPath): Promise<void> {
  const file = workFileName(top, path);
  if (file === null) return;
  if (!(await lstat(file)).isFile()) throw notRegular(path);
  await rm(file);
}

/**
 * The same for any file, such as a hook. Mind that a link is replaced, not followed.
 * @param mode Permission bits, or null for 0666 less the umask.
 * @param lookAgain Called last of all; what it throws leaves the file as it is.
 */
export async function replaceFile(
  file: string | Buffer,
  content: Uint8Array,
  mode: number | null,
  lookAgain: () => void = () => {},
): Promise<void> {
  // The process and a count make the name; `wx` refuses to open what somebody put there.
  const suffix = `.git-sops-${process.pid}-${++count}`;
  const temporary = Buffer.concat([Buffer.from(file as Buffer), Buffer.from(suffix)]);
  // A file that is readable by its owner only must never be more, not even while it is written.
  const handle = await open(temporary, 'wx', mode === null ? 0o666 : mode & 0o700);
  try {
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    lookAgain();
    // At once, and not in a later turn of the event loop.
    if (mode !== null) chmodSync(temporary, mode);
    renameSync(temporary, file);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

let count = 0;

/**
 * The file's name with all links before its last part resolved, so that what was checked is what is opened; null when a
 * folder on the way is missing.
 */
function workFileName(top: string, path: GitPath): Buffer | null {
  const parts = path.split('/');
  const name = parts.pop();
  if (name === undefined || name === '' || name === '.' || name === '..' || path.includes('\0')) {
    throw new GitSopsError('file-outside-work-tree', { file: path });
  }
  try {
    const realTop = realpathSync(top);
    const folder = realpathSync(encodePath(join(realTop, ...parts)), 'buffer');
    const inside = Buffer.concat([folder, Buffer.from(sep)]);
    const start = Buffer.from(realTop.endsWith(sep) ? realTop : realTop + sep);
    if (!inside.subarray(0, start.length).equals(start))
      throw new GitSopsError('file-outside-work-tree', { file: path });
    return Buffer.concat([inside, encodePath(name)]);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return null;
    throw error;
  }
}

function notRegular(path: GitPath): GitSopsError {
  return new GitSopsError('file-not-regular', { file: path });
}

function tooLarge(path: GitPath, size: number, limit: number): GitSopsError {
  return new GitSopsError('git-blob-too-large', { file: path, detail: String(size), other: String(limit) });
}
