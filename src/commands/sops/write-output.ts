import {
  chmodSync,
  closeSync,
  existsSync,
  fchmodSync,
  fchownSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { GitSopsError } from '../../errors.ts';

/**
 * Puts bytes into a file as a whole: whoever looks, and an interrupted run, finds the old file or the new one. Mode and owner
 * stay; a link is followed; what is no regular file (a pipe, `/dev/stdout`) is written to.
 * @param newMode of a file that is not there yet
 * @param before what the bytes were made of, where that is the file itself; empty where there was none
 * @throws GitSopsError `cannot-write` (exit 3); `file-changed-meanwhile` where it is something else by now
 */
export function writeOutput(
  name: string,
  file: string,
  bytes: Uint8Array,
  newMode: number,
  before: Uint8Array | null = null,
): void {
  const lookAgain = () => {
    if (before === null) return;
    const now = existsSync(file) ? readFileSync(file) : new Uint8Array();
    if (Buffer.compare(now, before) !== 0) throw new GitSopsError('file-changed-meanwhile', { file: name });
  };
  try {
    const old = statSync(file, { throwIfNoEntry: false });
    if (old === undefined) replace(file, bytes, newMode & ~process.umask(), null, lookAgain);
    else if (old.isFile()) replace(realpathSync(file), bytes, old.mode & 0o7777, old, lookAgain);
    else writeThrough(file, bytes);
  } catch (error) {
    if (error instanceof GitSopsError) throw error;
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new GitSopsError('cannot-write', { file: name, detail: code }, { cause: error });
  }
}

interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** @param lookAgain last of all; what it throws leaves the file as it is */
function replace(file: string, bytes: Uint8Array, mode: number, owner: Owner | null, lookAgain: () => void): void {
  const temporary = `${file}.git-sops-${process.pid}-${++count}`;
  // Nobody else may look at it while it is written; `wx` refuses to open what somebody put there.
  const fd = openSync(temporary, 'wx', 0o600);
  try {
    try {
      for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
      fsyncSync(fd);
      lookAgain();
      // Not before: one who is killed meanwhile leaves what its owner alone can read.
      if (process.platform === 'win32') chmodSync(temporary, mode);
      else fchmodSync(fd, owner === null || keepOwner(fd, owner) ? mode : mode & ~0o077);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, file);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

let count = 0;

/** @returns false where the group had to become another one: it gets no access then. */
function keepOwner(fd: number, { uid, gid }: Owner): boolean {
  for (const owner of [uid, process.getuid?.() ?? uid]) {
    try {
      fchownSync(fd, owner, gid);
      return true;
    } catch {
      // Only root gives files away; a member of the group may keep that.
    }
  }
  return false;
}

function writeThrough(file: string, bytes: Uint8Array): void {
  const fd = openSync(file, 'w');
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at);
  } finally {
    closeSync(fd);
  }
}
