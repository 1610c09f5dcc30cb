import { spawnSync } from 'node:child_process';
import { close, closeSync, constants, open, openSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { GitSopsError } from '../../errors.ts';
import { findProgram } from '../../find-program.ts';

/**
 * Makes a named pipe that one reader gets the bytes from: they are never on a disk. @returns what ends the wait for a reader who
 * never came
 */
export function serveFifo(path: string, bytes: Uint8Array): () => void {
  const program = findProgram('mkfifo', process);
  if (program === null || spawnSync(program, ['-m', '600', path], { stdio: 'ignore' }).status !== 0) {
    throw new GitSopsError('command-not-started', { detail: 'there is no mkfifo here; --no-fifo goes without' });
  }
  let served = false;
  const serve = async () => {
    // Waits, in a thread of its own, until somebody opens the pipe to read.
    const fd = await promisify(open)(path, constants.O_WRONLY);
    served = true;
    try {
      for (let at = 0; at < bytes.length; )
        at += (await promisify(write)(fd, bytes, at, bytes.length - at)).bytesWritten;
    } finally {
      await promisify(close)(fd);
    }
  };
  // The reader may close it early, or the folder be gone: that is its business.
  serve().catch(() => {});
  return () => {
    // That somebody opened it is enough to wake the writer, who then finds nobody there.
    if (!served) closeSync(openSync(path, constants.O_RDONLY | constants.O_NONBLOCK));
  };
}
