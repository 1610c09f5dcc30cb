import { decodePath } from '../git/path.ts';
import { Filter } from './filter/filter.ts';
import type { Io } from './io.ts';
import { readAll, writeAll } from './terminal/streams.ts';

/** `clean PATH`: one working file on stdin, its blob on stdout; nothing on stdout when it is refused. */
export async function clean(args: string[], io: Io): Promise<number> {
  const filter = new Filter(io, { locked: false });
  try {
    await writeAll(io.stdout, await filter.clean(pathOf(args), await readAll(io.stdin)));
    return 0;
  } catch (error) {
    return io.report(error) || 1;
  } finally {
    await filter.finish();
  }
}

/** The last argument, behind an optional `--`. */
export function pathOf(args: readonly string[]): string {
  return decodePath(Buffer.from(args.at(-1) ?? ''));
}
