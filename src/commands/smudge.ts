import { pathOf } from './clean.ts';
import { Filter } from './filter/filter.ts';
import type { Io } from './io.ts';
import { readAll, writeAll } from './terminal/streams.ts';

/** `smudge [--locked] PATH`: one blob on stdin, the working file on stdout. */
export async function smudge(args: string[], io: Io): Promise<number> {
  const filter = new Filter(io, { locked: args.includes('--locked') });
  await writeAll(io.stdout, await filter.smudge(pathOf(args), await readAll(io.stdin)));
  await filter.finish();
  return 0;
}
