import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { endMergeRequests, readMergeRequests } from '../git/merge-requests.ts';
import type { Io } from './io.ts';
import { FileMerger } from './merge/merge-files.ts';

/** Inherited from the shell that starts it (merge-command.ts). Standard error is the pipe of the answers too. */
const requests = 3;
const answers = 4;

/** Milliseconds between two looks at whether Git is still there. */
const lookEvery = 40;
/** Milliseconds without a question: Git waits for an editor. The next file starts another server. */
const mostIdle = 2000;

/**
 * `merge-server FOLDER PID`: merges every file that one Git command asks about, and ends with it.
 * @param args the folder of the pipes, which goes at the end; the process id of Git
 */
export async function mergeServer([folder = '', pid = '']: string[], io: Io): Promise<number> {
  if (folder === '' || !/^[1-9]\d*$/.test(pid)) return 2;
  const nonce = nonceIn(folder);
  // A clone whose driver is an older one: its shells go on alone, until git sops init.
  if (nonce === null) return 2;
  const merger = new FileMerger(io);
  let isBusy = false;
  let last = performance.now();
  const end = () => {
    clearInterval(looking);
    // No shell finds the folder any more. Who has its pipes open reads their end, and goes on alone.
    rmSync(folder, { recursive: true, force: true });
    void endMergeRequests(requests);
  };
  const looking = setInterval(() => {
    if (!isBusy && (!isRunning(Number(pid)) || performance.now() - last > mostIdle)) end();
  }, lookEvery);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, end);
  for await (const request of readMergeRequests(requests, answers, nonce)) {
    isBusy = true;
    await request.begin();
    const code = await merger.merge(request.args).catch((error: unknown) => io.report(error));
    await request.end(code);
    isBusy = false;
    last = performance.now();
  }
  return 0;
}

/** What tells an answer from other text on its pipe. */
function nonceIn(folder: string): string | null {
  try {
    return readFileSync(join(folder, 'nonce'), 'latin1').trim();
  } catch {
    return null;
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
