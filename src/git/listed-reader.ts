import { GitSopsError } from '../errors.ts';
import { fileKind, isBlob, type TreeEntry } from './index-entries.ts';
import type { GitPath } from './path.ts';

type Listed = Pick<TreeEntry, 'path' | 'mode' | 'oid'>;
type Read = (path: GitPath) => Promise<Uint8Array | null>;

/**
 * Git says the same of a file that is not there and of one whose blob is missing (a partial or damaged clone). For who reads rules the
 * one means that there are none, the other that nobody can tell.
 * @param list all files of what is read, asked for at most once, when something was not found
 * @param isAbsent whether a path is certainly not listed, where that can be told for less
 * @throws GitSopsError `git-object-missing` for what is listed and cannot be read
 */
export function listedReader(
  read: Read,
  list: () => Promise<readonly Listed[]>,
  isAbsent: (path: GitPath) => boolean = () => false,
): Read {
  let listed: Promise<ReadonlyMap<GitPath, string>> | null = null;
  return async (path) => {
    const content = await read(path);
    if (content !== null || isAbsent(path)) return content;
    listed ??= list().then(oidsOf);
    const oid = (await listed).get(path);
    if (oid !== undefined) throw new GitSopsError('git-object-missing', { file: path, detail: oid });
    return null;
  };
}

function oidsOf(entries: readonly Listed[]): ReadonlyMap<GitPath, string> {
  return new Map(entries.filter(({ mode }) => isBlob(fileKind(mode))).map(({ path, oid }) => [path, oid]));
}
