import type { GitPath } from '../../git/path.ts';

/** A diff asks for two; a merge's picture of a commit for three. */
const most = 4;
const mostBytes = 2 ** 20;

interface Shown {
  readonly path: GitPath;
  /** As Git hands it over. */
  readonly blob: Uint8Array;
  /** As it is in Git. */
  readonly stored: Uint8Array;
  readonly workingFile: Uint8Array;
}

/**
 * The blobs that were opened last. `git log -p` asks for each version of a file twice, one after the other: as what a commit
 * made and as what the next one found.
 */
export class ShownLately {
  #files: Shown[] = [];

  find(path: GitPath, blob: Uint8Array): Shown | null {
    return this.#files.find((file) => file.path === path && Buffer.compare(file.blob, blob) === 0) ?? null;
  }

  keep(shown: Shown): void {
    if (shown.blob.length <= mostBytes) this.#files = [shown, ...this.#files].slice(0, most);
  }
}
