import type { Io } from './io.ts';
import { FileMerger } from './merge/merge-files.ts';

/** `merge-driver [--virtual] %O %A %B %L %P %S %X %Y`: merges one file, in a process for it alone. */
export async function mergeDriver(args: string[], io: Io): Promise<number> {
  return new FileMerger(io).merge(args);
}
