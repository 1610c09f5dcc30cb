import { GitSopsError } from '../../errors.ts';

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Work that is taken back as a whole where it does not come to its end. A signal only makes it fail: at the next `check`, or where a
 * child of ours ends by it. Then, once all is as it was, this program ends by the signal; work that was done stays done.
 * @param tell is told why first
 * @throws GitSopsError what `work` throws
 */
export async function unlessInterrupted<T>(
  work: (check: () => void) => Promise<T>,
  tell: (error: GitSopsError) => void,
): Promise<T> {
  let came: NodeJS.Signals | null = null;
  const signalled = () => came;
  const onSignal = (signal: NodeJS.Signals) => {
    came ??= signal;
  };
  const stop = () => {
    for (const signal of endings) process.off(signal, onSignal);
  };
  for (const signal of endings) process.on(signal, onSignal);
  try {
    return await work(() => {
      if (signalled() !== null) throw new GitSopsError('interrupted');
    });
  } catch (error) {
    const signal = signalled();
    if (signal !== null) {
      stop();
      tell(new GitSopsError('interrupted', {}, { cause: error }));
      process.kill(process.pid, signal);
    }
    throw error;
  } finally {
    stop();
  }
}
