import { listFolder, listPaths } from '../../git/index-entries.ts';
import { encodePath, type GitPath } from '../../git/path.ts';
import { headCommit } from '../../git/revision.ts';

/** To ask what a folder holds costs as much as to ask of so many files. */
const enough = 16;

interface Folder {
  /** Of the index that counts. */
  readonly index: string;
  readonly known: Promise<ReadonlySet<GitPath> | null>;
}

/**
 * Where file after file of a folder is new, as somebody's first secrets are, Git is asked once what index and HEAD have there, rather than
 * about each of them in four places.
 */
export class NewFiles {
  readonly #folders = new Map<GitPath, Folder>();
  #folder: GitPath = '';
  #inARow = 0;

  /** Told of each file whether Git had any version of it. */
  seen(path: GitPath, isNew: boolean): void {
    const folder = folderOf(path);
    this.#inARow = isNew && folder === this.#folder ? this.#inARow + 1 : isNew ? 1 : 0;
    this.#folder = folder;
  }

  /** Whether neither index nor HEAD has it, in no stage; true is certain. @param index its stamp now, empty where that is not known */
  async has(path: GitPath, index: string): Promise<boolean> {
    const folder = folderOf(path);
    if (folder === '' || index === '' || folder !== this.#folder || this.#inARow < enough) return false;
    let found = this.#folders.get(folder);
    // A filter may live through a whole rebase, which writes the index with each commit.
    if (found === undefined || found.index !== index) {
      found = { index, known: filesIn(folder) };
      this.#folders.set(folder, found);
    }
    const known = await found.known;
    return known !== null && !known.has(path);
  }
}

/** Null where Git cannot say. */
async function filesIn(folder: GitPath): Promise<ReadonlySet<GitPath> | null> {
  // No command line can name such a folder.
  if (!encodePath(folder).equals(Buffer.from(folder))) return null;
  try {
    const head = await headCommit();
    const [staged, committed] = await Promise.all([
      listPaths({ pathspecs: [`:(top,literal)${folder}`] }),
      head === null ? [] : listFolder(head, folder),
    ]);
    return new Set([...staged, ...committed]);
  } catch {
    // Whoever asks about one file is told what is wrong.
    return null;
  }
}

function folderOf(path: GitPath): GitPath {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
