import { isConflictBlob } from '../document/sops-file.ts';
import { type CleanRequest, serveFilter } from '../git/filter-protocol.ts';
import { quotePath } from '../quote.ts';
import { Filter } from './filter/filter.ts';
import type { Io } from './io.ts';

/**
 * `filter-process [--locked] [--smudge-only]`: Git starts it once for a whole command and sends it every covered file.
 * With `--smudge-only` it does not offer to clean: a Git that requires the filter refuses then, and nothing passes as it is.
 */
export async function filterProcess(args: string[], io: Io): Promise<number> {
  const smudgeOnly = args.includes('--smudge-only');
  const filter = new Filter(io, { locked: args.includes('--locked'), looksBack: smudgeOnly });
  let failed = 0;
  let smudges = 0;
  const told = (what: 'clean' | 'smudge', { path, content }: CleanRequest, result: Uint8Array) => {
    io.trace(() => `${what} ${quotePath(path)}: ${content.length} bytes in, ${result.length} out`);
    return result;
  };
  await serveFilter({
    ...(!smudgeOnly && {
      clean: async (request) => told('clean', request, await filter.clean(request.path, request.content)),
      cleaned: () => filter.idle(),
    }),
    smudge: async (request) =>
      told('smudge', request, await filter.smudge(request.path, request.content, request.blob)),
    // Git crashes over a delayed `checkout -m`: it has forgotten the merged file by then (builtin/checkout.c discards the pool
    // before `finish_delayed_checkout`). What such a checkout writes is a conflict, or the first file.
    mayDelay: (content) => smudges++ > 0 && !isConflictBlob(content),
    failed(_path, error) {
      failed++;
      io.report(error);
    },
  });
  await filter.finish();
  io.trace(`filter-process ends, ${failed} refused`);
  return 0;
}
