import {
  closeSync,
  copyFileSync,
  existsSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { GitSopsError } from '../errors.ts';
import { type IndexEntry, listIndex } from './index-entries.ts';
import { fileStamp } from './index-file.ts';
import { decodePath, encodePath, type GitPath } from './path.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/** What Git is run with to read and write an index that nobody else can write meanwhile. */
export interface HeldIndex extends SpawnGitOptions {
  readonly isHeld: true;
}

/**
 * Holds the index as Git itself does, by its `index.lock`, while `work` looks at entries and writes them. Git cannot be run on an
 * index that is locked, so it works on a copy beside it, which takes the index's place at the end; where `work` throws, or this
 * program ends before, the index is as it was.
 * @throws GitSopsError `index-locked` where another Git holds it for longer than a moment
 */
export async function holdIndex<T>(options: SpawnGitOptions, work: (held: HeldIndex) => Promise<T>): Promise<T> {
  const index = await indexFile(options);
  const lock = `${index}.lock`;
  const copy = `${index}.git-sops-${process.pid}-${++count}`;
  const [indexName, lockName, copyName] = [encodePath(index), encodePath(lock), encodePath(copy)];
  await takeLock(lock);
  // Once it is let go, the next lock is somebody else's.
  let isHeld = true;
  const release = () => {
    for (const name of [copyName, encodePath(`${copy}.lock`)]) rmSync(name, { force: true });
    if (isHeld) rmSync(lockName, { force: true });
    isHeld = false;
  };
  const stop = letGoAtTheEnd(release);
  try {
    const old = copied(indexName, copyName);
    const result = await work({ ...options, env: { ...options.env, GIT_INDEX_FILE: copy }, isHeld: true });
    if (fileStamp(copyName) !== old) {
      renameSync(copyName, lockName);
      renameSync(lockName, indexName);
      isHeld = false;
    }
    return result;
  } finally {
    stop();
    release();
  }
}

let count = 0;

/**
 * Whether entries still are what they were when somebody looked at them.
 * @param wanted null for a path that had none, or was in conflict
 * @throws GitSopsError `file-changed-meanwhile` for the first that is not
 */
export async function requireEntries(
  wanted: ReadonlyMap<GitPath, Pick<IndexEntry, 'mode' | 'oid'> | null>,
  held: HeldIndex,
): Promise<void> {
  const entries = (await listIndex(held)).filter(({ stage }) => stage === 0);
  const now = new Map(entries.map((entry) => [entry.path, entry]));
  for (const [file, entry] of wanted) {
    const { mode, oid } = now.get(file) ?? {};
    if (mode !== entry?.mode || oid !== entry?.oid) throw new GitSopsError('file-changed-meanwhile', { file });
  }
}

/**
 * Asks before the first file is written whether the index can be: a refresh that fails afterwards leaves a `git status`
 * that calls every file modified. Somebody may still be faster; then the files are whole all the same.
 * @throws GitSopsError `index-locked`
 */
export async function requireFreeIndex(options: SpawnGitOptions = {}): Promise<void> {
  const lock = `${await indexFile(options)}.lock`;
  if (existsSync(encodePath(lock))) throw new GitSopsError('index-locked', { detail: lock });
}

/** Absolute. Git locks the file that a link names. */
async function indexFile(options: SpawnGitOptions): Promise<string> {
  const args = ['rev-parse', '--path-format=absolute', '--git-path', 'index'];
  const index = (await runGit(args, options)).stdout.subarray(0, -1);
  return decodePath(existsSync(index) ? realpathSync(index, { encoding: 'buffer' }) : index);
}

/** An editor that only asks for a status lets go at once. */
async function takeLock(lock: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    try {
      closeSync(openSync(encodePath(lock), 'wx'));
      return;
    } catch (error) {
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      if (code !== 'EEXIST') throw new GitSopsError('cannot-write', { file: lock, detail: code }, { cause: error });
      if (tries === mostTries) throw new GitSopsError('index-locked', { detail: lock });
      await setTimeout(50);
    }
  }
}

const mostTries = 20;

/** @returns the copy's stamp, until Git writes it */
function copied(index: Buffer, copy: Buffer): string {
  if (!existsSync(index)) return fileStamp(copy);
  const { mtimeMs } = statSync(index);
  copyFileSync(index, copy);
  // Git trusts what it knows of a file only where the file is older than the index (racy Git): the copy must not be younger.
  const seconds = Math.floor(mtimeMs / 1000);
  utimesSync(copy, seconds, seconds);
  return fileStamp(copy);
}

const endings = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A lock that outlives us would stop every later Git. @returns what ends the watch */
function letGoAtTheEnd(release: () => void): () => void {
  const onSignal = (signal: NodeJS.Signals) => {
    // Whoever else waits for signals lets `work` fail, or end.
    if (process.listenerCount(signal) > 1) return;
    release();
    stop();
    process.kill(process.pid, signal);
  };
  const stop = () => {
    process.off('exit', release);
    for (const signal of endings) process.off(signal, onSignal);
  };
  process.on('exit', release);
  for (const signal of endings) process.on(signal, onSignal);
  return stop;
}
