import { basename, dirname } from 'node:path';
import { listIndex } from '../../git/index-entries.ts';
import { runGit } from '../../git/run.ts';
import { Filter } from '../filter/filter.ts';
import type { Io } from '../io.ts';

/** What Git stores of a plaintext that settles a conflict. */
export type Resolve = (plaintext: Uint8Array) => Promise<Uint8Array>;

/**
 * A conflict that stands encrypted in the working tree becomes what `git add` would make of its resolution: a file of both
 * sides' recipients and ciphertexts, which the index has.
 * @param file absolute
 * @returns null for a file that is in no conflict of a repository
 */
export async function resolvedConflict(file: string, io: Io): Promise<Resolve | null> {
  const cwd = dirname(file);
  const found = await runGit(['rev-parse', '--show-toplevel'], { cwd, okCodes: [0, 128] });
  if (found.code !== 0) return null;
  const entries = await listIndex({ cwd, pathspecs: [`:(literal)${basename(file)}`] });
  const entry = entries.find(({ stage }) => stage !== 0);
  if (entry === undefined) return null;
  const top = found.stdout.toString().replace(/\n$/, '');
  return async (plaintext) => {
    // A filter runs at the top, as Git runs it.
    const here = process.cwd();
    process.chdir(top);
    const filter = new Filter({ ...io, cwd: top }, { locked: true });
    try {
      return await filter.clean(entry.path, plaintext);
    } finally {
      await filter.finish();
      process.chdir(here);
    }
  };
}
