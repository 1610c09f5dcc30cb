import { posix } from 'node:path';
import { type BlobReader, indexObject } from '../../git/blob-reader.ts';
import { listIndex } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import type { Tree } from './reads.ts';

/** What the index holds, as the tree of files that Flux fetches once it is committed and pushed. */
export interface IndexTree extends Tree {
  readonly paths: readonly GitPath[];
  /** The file that a link leads to inside the repository; the path itself where it is none. */
  behindLinks(path: GitPath): Promise<GitPath>;
}

export async function indexTree(blobs: BlobReader): Promise<IndexTree> {
  const entries = (await listIndex()).filter(({ stage, kind }) => stage === 0 && kind !== 'submodule');
  const modes = new Map(entries.map(({ path, mode }) => [path, mode]));
  const paths = [...modes.keys()];
  const folders = new Set(paths.flatMap(foldersOf));
  return {
    paths,
    has: (path) => modes.has(path),
    isFolder: (path) => path === '' || folders.has(path),
    below: (folder) => (folder === '' ? paths : paths.filter((path) => path.startsWith(`${folder}/`))),
    read: async (path) => (await blobs.read(indexObject(path)))?.content ?? null,
    async behindLinks(path) {
      let here = path;
      for (let links = 0; links < mostLinks && modes.get(here)?.startsWith('12'); links++) {
        const target = (await blobs.read(indexObject(here)))?.content.toString() ?? '';
        here = posix.join(posix.dirname(here), target);
      }
      return here;
    },
  };
}

/** As the kernel has it. */
const mostLinks = 40;

function foldersOf(path: GitPath): GitPath[] {
  const parts = path.split('/').slice(0, -1);
  return parts.map((_, i) => parts.slice(0, i + 1).join('/'));
}
