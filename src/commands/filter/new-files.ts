import type { GitPath } from '../../git/path.ts';

/** To ask what a folder holds costs as much as to ask of so many files. */
const enough = 16;

/**
 * Where file after file of a folder is new, as somebody's first secrets are, Git is asked once what index and HEAD have there, rather than
 * about each of them in four places.
 */
export class NewFiles {
  #folder: GitPath = '';
  #inARow = 0;
  /** What the folder holds, by the index that had this stamp. */
  #known: { readonly index: string; readonly files: Promise<ReadonlySet<GitPath> | null> } | null = null;

  /** Told of each file whether Git had any version of it. */
  seen(path: GitPath, isNew: boolean): void {
    const folder = folderOf(path);
    if (folder !== this.#folder) {
      this.#folder = folder;
      this.#inARow = 0;
      this.#known = null;
    }
    this.#inARow = isNew ? this.#inARow + 1 : 0;
  }

  /** Whether neither index nor HEAD has it, in no stage; true is certain. @param index its stamp now, empty where that is not known */
  async has(path: GitPath, index: string): Promise<boolean> {
    const folder = folderOf(path);
    if (folder === '' || index === '' || folder !== this.#folder || this.#inARow < enough) return false;
    // A filter may live through a whole rebase, which writes the index with each commit.
    if (this.#known?.index !== index) this.#known = { index, files: listed(folder) };
    const files = await this.#known.files;
    return files !== null && !files.has(path);
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
