import type { GitPath } from '../../git/path.ts';

/** To ask what a folder holds costs as much as to ask of so many files, and is done beside them. */
const enough = 6;

/** What a folder holds, by the index that had this stamp; null until Git has answered. */
interface Known {
  readonly index: string;
  files: ReadonlySet<GitPath> | null;
}

/**
 * Where file after file of a folder is new, as somebody's first secrets are, Git is asked once what index and HEAD have there, rather than
 * about each of them in four places.
 */
export class NewFiles {
  #folder: GitPath = '';
  #inARow = 0;
  #known: Known | null = null;

  /** Told of each file whether Git had any version of it. @param index its stamp now, empty where that is not known */
  seen(path: GitPath, isNew: boolean, index: string): void {
    const folder = folderOf(path);
    if (folder !== this.#folder) {
      this.#folder = folder;
      this.#inARow = 0;
      this.#known = null;
    }
    this.#inARow = isNew ? this.#inARow + 1 : 0;
    // A filter may live through a whole rebase, which writes the index with each commit.
    if (this.#inARow < enough || folder === '' || index === '' || this.#known?.index === index) return;
    const known: Known = { index, files: null };
    this.#known = known;
    // Where Git cannot say, it is asked about each file.
    void listed(folder).then((files) => {
      known.files = files;
    });
  }

  /** Whether neither index nor HEAD has it, in no stage; true is certain. @param index its stamp now */
  has(path: GitPath, index: string): boolean {
    if (folderOf(path) !== this.#folder || this.#known?.index !== index) return false;
    return this.#known.files?.has(path) === false;
  }
}

/** Most filters never ask. */
async function listed(folder: GitPath): Promise<ReadonlySet<GitPath> | null> {
  const { filesInFolder } = await import('../../git/folder-files.ts');
  return filesInFolder(folder);
}

function folderOf(path: GitPath): GitPath {
  return path.slice(0, path.lastIndexOf('/') + 1);
}
