import { createInterface } from 'node:readline/promises';
import type { Io } from '../io.ts';

/** Asks on a terminal; where there is none to answer, the answer is no. */
export async function confirm(question: string, io: Io): Promise<boolean> {
  if ((io.stdin as { isTTY?: boolean }).isTTY !== true) return false;
  const prompt = createInterface({ input: io.stdin, output: io.stderr });
  try {
    return /^y(es)?$/i.test((await prompt.question(`${question} [y/N] `)).trim());
  } catch (error) {
    // Ctrl-D and Ctrl-C: nobody said yes.
    if ((error as Error).name !== 'AbortError') throw error;
    io.stderr.write('\n');
    return false;
  } finally {
    prompt.close();
  }
}
