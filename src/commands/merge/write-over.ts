import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';

/**
 * Writes over what is there: ext4 lets whoever cuts a file to nothing and writes it anew wait for the disk, and Git has written this
 * one a moment ago.
 * @param before what the file holds, which stays where writing fails
 * @throws an error of the system's
 */
export function writeOver(file: string, before: Uint8Array, bytes: Uint8Array): void {
  const fd = openSync(file, 'r+');
  try {
    write(fd, bytes);
  } catch (error) {
    // These bytes have their place on the disk already.
    write(fd, before);
    throw error;
  } finally {
    closeSync(fd);
  }
}

function write(fd: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(fd, bytes, at, bytes.length - at, at);
  ftruncateSync(fd, bytes.length);
}
