import { createHash } from 'node:crypto';
import type { GitPath } from '../../git/path.ts';

const mostBytes = 2 ** 25;

interface Sealed {
  /** What was sealed, and what it followed. */
  readonly hash: string;
  readonly bases: string;
  /** Of the index that it was sealed beside; empty where that is not known. */
  readonly index: string;
  readonly blob: Uint8Array;
}

/**
 * What this process has sealed. `git commit PATH` cleans a file twice, for the index and for the commit (git's
 * builtin/commit.c, prepare_index), with the same base both times: two ciphertexts of it would show a change that is none.
 */
export class SealedOnce {
  readonly #files = new Map<GitPath, Sealed>();
  #bytes = 0;

  has(path: GitPath): boolean {
    return this.#files.has(path);
  }

  /**
   * Git is not asked for the bases again where the index is the same: all that this Git command can commit meanwhile is that index,
   * which has no blob with this content. `git diff` cleans twice too, to see that the file differs and to show how.
   * @param index its stamp, now
   * @param bases ids of the blobs that the file follows
   */
  async take(
    path: GitPath,
    content: Uint8Array,
    index: string,
    bases: () => Promise<readonly string[]>,
  ): Promise<Uint8Array | null> {
    const sealed = this.#files.get(path);
    if (sealed === undefined || sealed.hash !== hashOf(content)) return null;
    if (index !== '' && sealed.index === index) return sealed.blob;
    return sealed.bases === namesOf(await bases()) ? sealed.blob : null;
  }

  /** @param index its stamp before the bases were asked for */
  keep(path: GitPath, content: Uint8Array, index: string, bases: readonly string[], blob: Uint8Array): void {
    this.#drop(path);
    this.#files.set(path, { hash: hashOf(content), bases: namesOf(bases), index, blob });
    this.#bytes += blob.length;
    for (const oldest of this.#files.keys()) {
      if (this.#bytes <= mostBytes) return;
      this.#drop(oldest);
    }
  }

  #drop(path: GitPath): void {
    this.#bytes -= this.#files.get(path)?.blob.length ?? 0;
    this.#files.delete(path);
  }
}

function hashOf(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function namesOf(bases: readonly string[]): string {
  return bases.join(' ');
}
