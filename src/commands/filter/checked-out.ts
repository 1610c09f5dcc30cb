import { createHash } from 'node:crypto';
import type { GitPath } from '../../git/path.ts';

const mostBytes = 2 ** 25;

/**
 * The blobs that this process has turned into working files. Git's older merge (merge-recursive.c, add_cacheinfo: `git am -3`,
 * `checkout -m`) writes a merged file and cleans it again to see that it is the blob, at a time when no index names that blob
 * yet and any other ciphertext of it would stop the merge.
 */
export class CheckedOut {
  readonly #files = new Map<GitPath, { readonly hash: string; readonly blob: Uint8Array }>();
  #bytes = 0;

  keep(path: GitPath, workingFile: Uint8Array, blob: Uint8Array): void {
    this.#drop(path);
    this.#files.set(path, { hash: hashOf(workingFile), blob });
    this.#bytes += blob.length;
    for (const oldest of this.#files.keys()) {
      if (this.#bytes <= mostBytes) return;
      this.#drop(oldest);
    }
  }

  /** The blob that this very working file came from, or null. */
  find(path: GitPath, workingFile: Uint8Array): Uint8Array | null {
    const file = this.#files.get(path);
    return file !== undefined && file.hash === hashOf(workingFile) ? file.blob : null;
  }

  #drop(path: GitPath): void {
    this.#bytes -= this.#files.get(path)?.blob.length ?? 0;
    this.#files.delete(path);
  }
}

function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}
