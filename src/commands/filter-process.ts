import { serveFilter } from '../git/filter-protocol.ts';
import { Filter } from './filter.ts';
import type { Io } from './io.ts';

/** `filter-process [--locked]`: Git starts it once for a whole command and sends it every covered file. */
export async function filterProcess(args: string[], io: Io): Promise<number> {
  const filter = new Filter(io, { locked: args.includes('--locked') });
  let failed = 0;
  await serveFilter({
    clean: ({ path, content }) => filter.clean(path, content),
    smudge: ({ path, content }) => filter.smudge(path, content),
    failed(_path, error) {
      failed++;
      io.report(error);
    },
  });
  await filter.finish();
  io.trace(`filter-process ends, ${failed} refused`);
  return 0;
}
