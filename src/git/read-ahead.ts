import type { Blob, BlobReader } from './blob-reader.ts';

/** Reads as `BlobReader` does what is named by ids. What it was told of before costs no Git process of its own. */
export class ReadAhead implements Pick<BlobReader, 'stat' | 'read' | 'fetches'> {
  readonly #blobs: BlobReader;
  readonly #sizes = new Map<string, ReturnType<BlobReader['stat']>>();
  readonly #contents = new Map<string, Promise<Blob | null>>();

  constructor(blobs: BlobReader) {
    this.#blobs = blobs;
  }

  get fetches(): boolean {
    return this.#blobs.fetches;
  }

  /** Asks for the sizes of all together, and then for the contents of those below `most` bytes, where they are few. */
  async expect(oids: readonly string[], most: number): Promise<void> {
    const sizes = await Promise.all(oids.map((oid) => this.stat(oid)));
    if (oids.length > few) return;
    for (const [i, oid] of oids.entries()) {
      if ((sizes[i]?.size ?? most) >= most || this.#contents.has(oid)) continue;
      const content = this.#blobs.read(oid);
      // Whoever waits for it is told.
      content.catch(() => {});
      this.#contents.set(oid, content);
    }
  }

  stat(oid: string): ReturnType<BlobReader['stat']> {
    const size = this.#sizes.get(oid) ?? this.#blobs.stat(oid);
    this.#sizes.set(oid, size);
    return size;
  }

  read(oid: string): Promise<Blob | null> {
    return this.#contents.get(oid) ?? this.#blobs.read(oid);
  }
}

/** All of them are kept. */
const few = 64;
