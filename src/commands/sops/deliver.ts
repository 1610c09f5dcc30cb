import { resolve } from 'node:path';
import { GitSopsError } from '../../errors.ts';
import type { Io } from '../io.ts';
import { writeAll } from '../terminal/streams.ts';
import type { Input } from './input.ts';
import { writeOutput } from './write-output.ts';

interface OutputFlags {
  readonly 'in-place'?: boolean | undefined;
  readonly output?: string | undefined;
}

/** @throws GitSopsError `conflicting-flags` (exit 8) for outputs that do not go together */
export function checkOutput(name: string, operands: readonly string[], flags: OutputFlags): void {
  const conflict = (detail: string) =>
    new GitSopsError('conflicting-flags', { detail, other: `git sops ${name} --help` });
  if (flags['in-place'] && flags.output) throw conflict('--in-place and --output exclude each other');
  if (flags['in-place'] && operands.length === 0) throw conflict('--in-place needs a file, not standard input');
  if (!flags['in-place'] && operands.length > 1) {
    throw conflict(`${operands.length} files have one output; --in-place takes many`);
  }
}

/** @param mode of a file that is not there yet */
export async function deliver(
  input: Input,
  bytes: Uint8Array,
  flags: OutputFlags,
  io: Io,
  mode: number,
): Promise<void> {
  if (flags['in-place'] && input.file !== null) writeOutput(input.name, input.file, bytes, mode, input.bytes);
  else if (flags.output) writeOutput(flags.output, resolve(io.cwd, flags.output), bytes, mode);
  else await writeAll(io.stdout, bytes);
}
