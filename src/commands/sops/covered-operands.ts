import { statSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import { GitSopsError } from '../../errors.ts';
import { BlobReader } from '../../git/blob-reader.ts';
import type { Io } from '../io.ts';
import { atTop } from '../repository/at-top.ts';
import { coveredFiles, filesInConflict } from '../repository/covered-files.ts';
import type { Reach } from './session.ts';

/** A folder and `--all` mean whatever lies there; a file's name means that file. */
export function reachOf(operands: readonly string[], all: boolean, io: Io): Reach {
  const isWide = all || operands.some((name) => isFolder(resolve(io.cwd, name)));
  return isWide ? { about: 'repository', typed: [] } : { about: 'files' };
}

/**
 * The files that operands stand for: a folder for the covered files below it, and `--all` for every one of the repository.
 * @throws GitSopsError `nothing-covered`; `in-conflict` for one among them that has no single version
 */
export async function coveredOperands(operands: readonly string[], all: boolean, io: Io): Promise<string[]> {
  const names: string[] = [];
  for (const name of all ? ['.'] : operands) {
    if (!all && !isFolder(resolve(io.cwd, name))) names.push(name);
    else names.push(...(await coveredBelow(all ? null : name, io)));
  }
  return names;
}

async function coveredBelow(folder: string | null, outer: Io): Promise<string[]> {
  const { io, path } = await atTop(outer);
  const blobs = new BlobReader({ lazyFetch: true });
  try {
    const under = folder === null ? [] : [path(folder)];
    const shown = (file: { readonly path: string }) => relative(outer.cwd, resolve(io.cwd, file.path));
    // Left out it would keep its old keys, and nobody would know.
    const [unmerged] = await filesInConflict(io, blobs, under);
    if (unmerged !== undefined) throw new GitSopsError('in-conflict', { file: shown(unmerged) });
    const files = await coveredFiles(io, blobs, under);
    if (files.length === 0) throw new GitSopsError('nothing-covered', { detail: folder ?? '' });
    return files.map(shown);
  } finally {
    await blobs.close();
    process.chdir(outer.cwd);
  }
}

function isFolder(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false })?.isDirectory() === true;
}
