import { parentPort } from 'node:worker_threads';
import { BlobReader } from '../../../git/blob-reader.ts';
import { judgeBlob, type Task } from './judge-blob.ts';

/**
 * Where this module is, and what the thread that loads it calls. One export: a bundler leaves out of a module that is imported later
 * what nobody takes from it, and no bundler reads what a thread does.
 */
export const thread = { here: import.meta.url, serve };

/** Judges what it is sent, until it is sent null. */
function serve(): void {
  const blobs = new BlobReader({ lazyFetch: true });
  parentPort?.on('message', (task: Task | null) => {
    if (task === null) {
      void blobs.close().then(() => parentPort?.close());
      return;
    }
    judgeBlob(blobs, task).then(
      (findings) => parentPort?.postMessage({ oid: task.oid, findings }),
      (error: unknown) => parentPort?.postMessage({ oid: task.oid, error: String(error) }),
    );
  });
}
