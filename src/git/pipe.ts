import { read, readSync, writeSync } from 'node:fs';

/**
 * Standard input and output by file descriptor. `process.stdin` and `process.stdout` load the stream and network
 * modules, which costs about 10 ms in Node and 20 in Bun: more than all else that a filter of one small file does.
 */

/**
 * Chunks of up to 64 KiB, each a buffer of its own, until the end.
 * @param mayBlock whether nothing else is under way, so that the process may sleep in the read itself: that spares the way
 *   through a thread and the event loop, a good part of what a small file costs
 */
export async function* readPipe(fd: number, mayBlock: () => boolean = () => false): AsyncGenerator<Buffer> {
  // One buffer is read into; small chunks are copied out of it, so that keeping one does not keep 64 KiB.
  let space = Buffer.allocUnsafeSlow(65536);
  for (;;) {
    const got = mayBlock() ? await readNow(fd, space) : await readOnce(fd, space);
    if (got === 0) return;
    if (got > space.length / 2) {
      yield space.subarray(0, got);
      space = Buffer.allocUnsafeSlow(65536);
    } else {
      yield Buffer.from(space.subarray(0, got));
    }
  }
}

async function readNow(fd: number, space: Buffer): Promise<number> {
  try {
    return readSync(fd, space, 0, space.length, null);
  } catch {
    // Empty and non-blocking, or ended in Windows' way: the other way knows what to do.
    return readOnce(fd, space);
  }
}

async function readOnce(fd: number, space: Buffer): Promise<number> {
  for (;;) {
    try {
      return await new Promise<number>((resolve, reject) => {
        read(fd, space, 0, space.length, null, (error, got) => (error === null ? resolve(got) : reject(error)));
      });
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      // Windows says so where others return 0.
      if (code === 'EOF') return 0;
      if (code !== 'EAGAIN') throw error;
      await moment();
    }
  }
}

/** Writes all bytes. The other side of our pipes is waiting for just that, so writing at once is quickest. */
export async function writePipe(fd: number, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at, bytes.length - at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      await moment();
    }
  }
}

/** Somebody made the pipe non-blocking and it is empty, or full. */
function moment(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 2));
}
