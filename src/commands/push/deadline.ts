import { Worker } from 'node:worker_threads';
import { GitSopsError } from '../../errors.ts';

/** How much longer one piece of work may take before the process is ended from outside of it. Milliseconds. */
const grace = 2000;

/** How long a push may be judged: whoever pushes waits, and a server has others to serve. */
export class Deadline {
  readonly #seconds: number | null;
  readonly #watchdog: Worker | null;
  /** Ends the Git children that still run then. */
  readonly signal: AbortSignal | undefined;

  /** @param seconds null for no limit */
  constructor(seconds: number | null) {
    this.#seconds = seconds;
    this.signal = seconds === null ? undefined : AbortSignal.timeout(seconds * 1000);
    this.#watchdog = seconds === null ? null : watchdog(this.#error(), seconds * 1000 + grace);
  }

  get passed(): boolean {
    return this.signal?.aborted === true;
  }

  /** @throws GitSopsError `push-too-slow` */
  check(): void {
    if (this.passed) throw this.#error();
  }

  /** Nothing is awaited any more. */
  async end(): Promise<void> {
    await this.#watchdog?.terminate();
  }

  #error(): GitSopsError {
    return new GitSopsError('push-too-slow', { detail: String(this.#seconds) });
  }
}

/**
 * A single file may keep this thread busy for longer than the limit, and then no timer of its own goes off. Git takes a hook that was
 * killed for one that refused.
 */
function watchdog({ message, hint }: GitSopsError, milliseconds: number): Worker {
  const text = `git-sops: the push is refused\ngit-sops: ${message}\n  try: ${hint}\n`;
  const code = `
    const { workerData: { text, milliseconds } } = require('node:worker_threads');
    setTimeout(() => {
      require('node:fs').writeSync(2, text);
      process.kill(process.pid, 'SIGKILL');
    }, milliseconds);`;
  const worker = new Worker(code, { eval: true, workerData: { text, milliseconds } });
  worker.unref();
  return worker;
}
