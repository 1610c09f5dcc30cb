import { readSync } from 'node:fs';
import type { Blob } from './blob-reader.ts';
import { CatFileAnswers } from './cat-file-answers.ts';
import { type Change, changeOf } from './changes.ts';
import { decodePath, type GitPath } from './path.ts';
import { mostAheadBytes } from './read-ahead.ts';

/** What the shell of a commit hook asked Git while this program started: see ask-ahead.sh. */
export interface AskedAhead {
  /** All that the next commit changes, as `stagedChanges` gives it. */
  readonly changes: readonly Change[];
  /** The `filter` attribute of each changed path, by the index. */
  readonly filters: ReadonlyMap<GitPath, string>;
  /** What was found under a name, as `BlobReader.read` gives it. */
  readonly blobs: ReadonlyMap<string, Blob | null>;
}

const version = 'git-sops asked 1';

/**
 * Reads the answers, and waits for them. Null where they are not whole: Git was missing or failed, there are many changes, large
 * files, or a path that Git quotes. Whoever asked then asks Git itself.
 */
export async function readAskedAhead(fd: number): Promise<AskedAhead | null> {
  try {
    const bytes = readAll(fd);
    return bytes === null ? null : await parse(bytes);
  } catch {
    return null;
  }
}

function readAll(fd: number): Buffer | null {
  let space = Buffer.allocUnsafe(32 << 10);
  for (let end = 0; end <= mostAheadBytes; ) {
    const got = readSome(fd, space, end);
    if (got === 0) return space.subarray(0, end);
    end += got;
    if (end === space.length) space = Buffer.concat([space, Buffer.allocUnsafe(end)]);
  }
  return null;
}

function readSome(fd: number, space: Buffer, at: number): number {
  try {
    return readSync(fd, space, at, space.length - at, null);
  } catch (error) {
    // Windows says so where others return 0.
    if ((error as NodeJS.ErrnoException).code === 'EOF') return 0;
    throw error;
  }
}

async function parse(bytes: Buffer): Promise<AskedAhead | null> {
  const lines = linesOf(bytes);
  if (lines.next() !== version) return null;
  const changes = lines.untilEmpty().map((line) => {
    const tab = line.indexOf('\t');
    return changeOf(line.slice(0, tab), pathOf(line.slice(tab + 1)));
  });
  const names = lines.untilEmpty();
  const filters = new Map<GitPath, string>();
  for (const { path } of changes) {
    const line = pathOf(lines.next());
    const start = `${path}: filter: `;
    if (!line.startsWith(start)) return null;
    filters.set(path, line.slice(start.length));
  }
  const blobs = await blobsOf(names, lines.rest());
  return blobs === null ? null : { changes, filters, blobs };
}

async function blobsOf(names: readonly string[], output: Buffer): Promise<Map<string, Blob | null> | null> {
  const answers = new CatFileAnswers(['cat-file', '--batch'], mostAheadBytes);
  const asked = Promise.all(names.map(() => answers.next()));
  answers.receive(output);
  if (answers.awaited > 0) {
    asked.catch(() => {});
    answers.fail(null);
    return null;
  }
  const found = await asked;
  return new Map(
    names.map((name, i) => {
      const { type, oid, content } = found[i] ?? {};
      return [pathOf(name), type !== 'blob' || oid === undefined || content == null ? null : { oid, content }];
    }),
  );
}

/** Lines, one character a byte. @throws Error where there are no more */
function linesOf(bytes: Buffer) {
  let at = 0;
  const next = () => {
    const end = bytes.indexOf(0x0a, at);
    if (end < 0) throw new Error('not whole');
    const line = bytes.toString('latin1', at, end);
    at = end + 1;
    return line;
  };
  const untilEmpty = () => {
    const lines: string[] = [];
    for (let line = next(); line !== ''; line = next()) lines.push(line);
    return lines;
  };
  return { next, untilEmpty, rest: () => bytes.subarray(at) };
}

/** One character a byte → path. */
function pathOf(bytes: string): GitPath {
  return decodePath(Buffer.from(bytes, 'latin1'));
}
