import { closeSync, constants, fstatSync, openSync, readSync, type Stats } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { GitSopsError } from '../../errors.ts';
import type { KeyContext } from '../key-context.ts';
import { type LoadedKeys, NO_KEYS } from './identity-source.ts';

/** More than any key file; a device without end stops here. */
const mostBytes = 1 << 20;
const pollEvery = 10;

/** What a key file holds. It may be a pipe: waiting for it ends at the time limit. */
export async function readKeyFile(
  path: string,
  source: string,
  context: KeyContext,
  parse: (content: Buffer) => LoadedKeys | Promise<LoadedKeys>,
  { mayBeMissing = false } = {},
): Promise<LoadedKeys> {
  let fd: number | null = null;
  try {
    // Without O_NONBLOCK, opening a pipe that nobody writes to blocks a thread that even the end of the process waits for.
    fd = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const stats = fstatSync(fd);
    if (isStandardInput(stats)) throw new GitSopsError('key-source-unreadable', { detail: source, other: 'is stdin' });
    const parsed = await parse(await readAll(fd, stats, path, source, context.timeLimit));
    return { ...parsed, warnings: [...exposure(stats, path, source, context.platform), ...parsed.warnings] };
  } catch (error) {
    if (mayBeMissing && ['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return NO_KEYS;
    return { identities: [], problems: [problemOf(error, source)], warnings: [] };
  } finally {
    if (fd !== null) closeSync(fd);
  }
}

async function readAll(fd: number, stats: Stats, path: string, source: string, timeLimit: number): Promise<Buffer> {
  const end = Date.now() + timeLimit;
  const chunk = Buffer.alloc(65_536);
  const chunks: Buffer[] = [];
  let total = 0;
  // Behind a file descriptor's path the writer was there before us, so an end is an end. A named pipe also ends
  // while its writer has not come yet.
  let mayStillCome = stats.isFIFO() && !/^\/(?:dev|proc\/[^/]+)\/fd\//.test(path);
  while (total <= mostBytes) {
    const read = tryRead(fd, chunk);
    if (read > 0) {
      chunks.push(Buffer.from(chunk.subarray(0, read)));
      total += read;
      mayStillCome = false;
      continue;
    }
    if (read === 0 && !mayStillCome) return Buffer.concat(chunks);
    if (Date.now() >= end) {
      throw new GitSopsError('key-source-too-slow', { detail: source, other: String(timeLimit / 1000) });
    }
    await setTimeout(pollEvery);
  }
  throw new GitSopsError('key-source-unreadable', { detail: source, other: 'it is longer than any key file' });
}

/** @returns bytes read, 0 at the end, -1 while there is nothing yet */
function tryRead(fd: number, chunk: Buffer): number {
  try {
    return readSync(fd, chunk, 0, chunk.length, null);
  } catch (error) {
    if (codeOf(error) === 'EAGAIN') return -1;
    throw error;
  }
}

/** Git talks to the filter there: whoever reads keys from it takes Git's words away. */
function isStandardInput(stats: Stats): boolean {
  if (stats.isFile() || stats.isDirectory()) return false;
  try {
    const stdin = fstatSync(0);
    return stdin.ino === stats.ino && stdin.dev === stats.dev && stdin.rdev === stats.rdev;
  } catch {
    return false;
  }
}

function exposure(stats: Stats, path: string, source: string, platform: NodeJS.Platform): GitSopsError[] {
  if (platform === 'win32' || !stats.isFile() || (stats.mode & 0o077) === 0) return [];
  return [new GitSopsError('key-file-exposed', { detail: source, other: path })];
}

function problemOf(error: unknown, source: string): GitSopsError {
  if (error instanceof GitSopsError) return error;
  const reasons: { [code: string]: string } = {
    ENOENT: 'there is no such file',
    EACCES: 'permission denied',
    EISDIR: 'it is a directory',
  };
  const code = codeOf(error);
  return new GitSopsError('key-source-unreadable', { detail: source, other: reasons[code] ?? code });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown reason';
}
