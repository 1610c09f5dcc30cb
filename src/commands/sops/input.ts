import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { GitSopsError } from '../../errors.ts';
import { standardInput } from '../../messages.ts';
import type { Io } from '../io.ts';
import { readAll } from '../terminal/streams.ts';

/** A file, or standard input, as a command was given it. */
export interface Input {
  /** As the user wrote it; what messages name. */
  readonly name: string;
  /** Absolute; null for standard input. */
  readonly file: string | null;
  readonly bytes: Uint8Array;
}

/** @throws GitSopsError `cannot-read`; `no-file` where it is not there, unless that is another code's matter */
export function readInput(io: Io, given: string, missing: 'no-file' | 'cannot-read' = 'no-file'): Input {
  const file = resolve(io.cwd, given);
  try {
    return { name: given, file, bytes: readFileSync(file) };
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new GitSopsError(code === 'ENOENT' ? missing : 'cannot-read', { file: given, detail: code });
  }
}

export async function readStdin(io: Io): Promise<Input> {
  return { name: standardInput, file: null, bytes: await readAll(io.stdin) };
}
