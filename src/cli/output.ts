import { fstatSync, writeSync } from 'node:fs';
import { Writable } from 'node:stream';

type Output = NodeJS.WriteStream;

const opened = new Map<1 | 2, Output>();

/**
 * Standard output (1) or standard error (2). Bun makes a pipe that it opens as a stream non-blocking, for all who share it, and leaves it
 * so: whatever a script runs behind us would lose output or refuse to start. There the pipe is written by its descriptor, as Node does.
 */
export function output(fd: 1 | 2): Output {
  const known = opened.get(fd);
  if (known !== undefined) return known;
  const stream = process.versions['bun'] !== undefined && isPipe(fd) ? byDescriptor(fd) : ownStream(fd);
  opened.set(fd, stream);
  return stream;
}

function ownStream(fd: 1 | 2): Output {
  return fd === 1 ? process.stdout : process.stderr;
}

function isPipe(fd: number): boolean {
  try {
    const stat = fstatSync(fd);
    return stat.isFIFO() || stat.isSocket();
  } catch {
    // It was closed by whoever started us.
    return false;
  }
}

function byDescriptor(fd: number): Output {
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      try {
        writeAllNow(fd, chunk);
        done();
      } catch (error) {
        done(error as Error);
      }
    },
  });
  // Terminals alone have what is missing here, and whoever uses it asks `isTTY` first.
  return stream as Output;
}

function writeAllNow(fd: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at, bytes.length - at);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      // Somebody else made it non-blocking, and it is full.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
    }
  }
}
