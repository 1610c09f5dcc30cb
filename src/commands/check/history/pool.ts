import { Worker } from 'node:worker_threads';
import type { Finding } from '../../../document/finding.ts';
import { GitSopsError } from '../../../errors.ts';
import type { BlobReader } from '../../../git/blob-reader.ts';
import { judgeBlob, type Task } from './judge-blob.ts';

type Done = (task: Task, findings: Finding[]) => void;

/** How many tasks a thread has before it: enough that it never waits, few enough that all end together. */
const ahead = 8;

/** Judges all tasks, in threads where more than one is asked for. @param done is called for each, in any order */
export async function judgeAll(tasks: readonly Task[], jobs: number, blobs: BlobReader, done: Done): Promise<void> {
  if (jobs < 2 || tasks.length < 2) {
    // The next blob is on its way while this one is judged.
    let next = tasks[0] === undefined ? null : judgeBlob(blobs, tasks[0]);
    for (const [i, task] of tasks.entries()) {
      const now = next;
      const following = tasks[i + 1];
      next = following === undefined ? null : judgeBlob(blobs, following);
      next?.catch(() => {});
      done(task, (await now) ?? []);
    }
    return;
  }
  const { thread } = await import('./worker.ts');
  const queue = tasks[Symbol.iterator]();
  await Promise.all(Array.from({ length: Math.min(jobs, tasks.length) }, () => runThread(thread.here, queue, done)));
}

interface Answer {
  readonly oid: string;
  readonly findings?: Finding[];
  readonly error?: string;
}

function runThread(module: string, queue: Iterator<Task>, done: Done): Promise<void> {
  // The program is one bundle and has no file of its own for a thread; this loads the one that has `thread`.
  const start = "import(require('node:worker_threads').workerData).then((module) => module.thread.serve());";
  const worker = new Worker(start, { eval: true, workerData: module });
  const given = new Map<string, Task>();
  const give = (): void => {
    const { value, done: empty } = queue.next();
    if (empty === true) {
      if (given.size === 0) worker.postMessage(null);
      return;
    }
    given.set(value.oid, value);
    worker.postMessage(value);
  };
  return new Promise((resolve, reject) => {
    worker.on('message', ({ oid, findings, error }: Answer) => {
      const task = given.get(oid);
      given.delete(oid);
      if (task === undefined || findings === undefined) {
        reject(new GitSopsError('thread-failed', { detail: error ?? 'an answer that nobody asked for' }));
        void worker.terminate();
        return;
      }
      done(task, findings);
      give();
    });
    worker.on('error', (error) =>
      reject(new GitSopsError('thread-failed', { detail: error.message }, { cause: error })),
    );
    worker.on('exit', () =>
      given.size === 0 ? resolve() : reject(new GitSopsError('thread-failed', { detail: 'it ended' })),
    );
    for (let i = 0; i < ahead; i++) give();
  });
}
