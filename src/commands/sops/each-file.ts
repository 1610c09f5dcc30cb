import { GitSopsError } from '../../errors.ts';
import type { Io } from '../io.ts';
import { Progress } from './progress.ts';

/**
 * Runs a command on each of its files. One alone fails as it does; of many each gets its turn, and the first one's exit code
 * stands for all.
 * @param quiet whether `work` says nothing itself, so that a bar may say how far it is
 */
export async function eachFile(
  names: readonly string[],
  io: Io,
  work: (name: string) => Promise<number>,
  quiet = false,
): Promise<number> {
  const [only] = names;
  if (names.length === 1 && only !== undefined) return work(only);
  const bar = quiet ? new Progress(names.length, io) : null;
  let first = 0;
  for (const name of names) {
    try {
      const code = await work(name);
      first ||= code;
    } catch (error) {
      if (!(error instanceof GitSopsError)) throw error;
      bar?.clear();
      const code = io.report(error.facts.file === undefined ? error.with({ file: name }) : error);
      first ||= code;
    }
    bar?.step();
  }
  bar?.clear();
  return first;
}
