import { type Blob, BlobReader } from './blob-reader.ts';
import type { SpawnGitOptions } from './run.ts';

/** Above so many bytes in all, what was asked for ahead is asked for again, each by itself. */
export const mostAheadBytes = 8 << 20;

/** Reads as `BlobReader` does. What is asked for ahead comes together, from one Git process. */
export class ReadAhead implements Pick<BlobReader, 'stat' | 'read' | 'fetches'> {
  readonly #blobs: BlobReader;
  readonly #options: SpawnGitOptions;
  readonly #sizes = new Map<string, ReturnType<BlobReader['stat']>>();
  /** Undefined where it did not come: all of it was too large, or something failed, and whoever needs it asks by itself. */
  readonly #ahead = new Map<string, Promise<Blob | null | undefined>>();

  /** @param options of the Git process that answers what is asked for ahead */
  constructor(blobs: BlobReader, options: SpawnGitOptions = {}) {
    this.#blobs = blobs;
    this.#options = options;
  }

  get fetches(): boolean {
    return this.#blobs.fetches;
  }

  /** @param names as `BlobReader.read` takes them: what is likely to be read soon */
  ask(names: readonly string[]): void {
    const together = new BlobReader({
      ...this.#options,
      maxBytes: mostAheadBytes,
      moments: 1,
      lazyFetch: this.fetches,
    });
    for (const name of names) {
      if (!this.#ahead.has(name))
        this.#ahead.set(
          name,
          together.read(name).catch(() => undefined),
        );
    }
  }

  /** What was asked already, by somebody else. */
  know(blobs: ReadonlyMap<string, Blob | null>): void {
    for (const [name, blob] of blobs) this.#ahead.set(name, Promise.resolve(blob));
  }

  async stat(oid: string): ReturnType<BlobReader['stat']> {
    const known = await this.#ahead.get(oid);
    if (known !== undefined) return known === null ? null : { oid, size: known.content.length };
    const size = this.#sizes.get(oid) ?? this.#blobs.stat(oid);
    this.#sizes.set(oid, size);
    return size;
  }

  async read(name: string): Promise<Blob | null> {
    const known = await this.#ahead.get(name);
    return known === undefined ? this.#blobs.read(name) : known;
  }
}
