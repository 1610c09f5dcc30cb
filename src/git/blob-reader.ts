import { GitSopsError } from '../errors.ts';
import { CatFile } from './cat-file.ts';
import { readAllBlobs } from './cat-file-all.ts';
import { type CatFileAnswer, readHeader } from './cat-file-answers.ts';
import { CatFileOnce } from './cat-file-once.ts';
import { fileStamp, guessIndexFile } from './index-file.ts';
import { encodePath, type GitPath } from './path.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

export interface Blob {
  /** Hexadecimal. */
  readonly oid: string;
  readonly content: Buffer;
}

export interface BlobReaderOptions extends SpawnGitOptions {
  /** Larger blobs are refused with `git-blob-too-large`. Default 1 GiB. */
  readonly maxBytes?: number;
  /** Few questions are likely: those of so many first moments are answered without a child that stays. Default 0. */
  readonly moments?: number;
}

/** The name of an index entry. Always with its stage: in `:path` a path `2:x` would be stage 2 of `x`. */
export function indexObject(path: GitPath, stage: 0 | 1 | 2 | 3 = 0): string {
  return `:${stage}:${path}`;
}

/** The name of a file in a commit or tree. */
export function treeObject(rev: string, path: GitPath): string {
  return `${rev}:${path}`;
}

/**
 * Reads blobs through one long-lived `git cat-file --batch`, started by the first question. It reads the same index and
 * object store as the Git command that runs us. Any number of questions may be under way; answers keep no process alive.
 */
export class BlobReader {
  readonly #options: BlobReaderOptions;
  readonly #maxBytes: number;
  readonly #once = new Map<'--batch' | '--batch-check', CatFileOnce>();
  #moments: number;
  #batch: CatFile | null = null;
  #check: CatFile | null = null;
  #indexFile: string | null | undefined;
  /** Null where it was not looked at in this moment. */
  #indexStamp: string | null = null;
  /** Of the index that the children read. */
  #batchStamp = '';

  constructor(options: BlobReaderOptions = {}) {
    this.#options = options;
    this.#maxBytes = options.maxBytes ?? 2 ** 30;
    this.#moments = options.moments ?? 0;
  }

  /** Whether what a partial clone lacks is fetched. */
  get fetches(): boolean {
    return this.#options.lazyFetch === true;
  }

  /**
   * @param name From `indexObject` or `treeObject`, or an id.
   * @returns null where there is no such blob: no such object, or it is a folder, submodule or commit.
   * @throws GitSopsError `git-blob-too-large`; `git-failed` when the store is damaged or the name ambiguous.
   */
  async read(name: string): Promise<Blob | null> {
    const answer = await this.#ask('--batch', name);
    if (answer === null || answer.type !== 'blob') return null;
    if (answer.content === null) {
      throw new GitSopsError('git-blob-too-large', { detail: String(answer.size), other: String(this.#maxBytes) });
    }
    return { oid: answer.oid, content: answer.content };
  }

  /** The contents of many blobs by their ids, in that order, as they come. Of those that come together one keeps all in memory. */
  readAll(oids: readonly string[]): AsyncGenerator<readonly (Buffer | null)[]> {
    return readAllBlobs(oids, this.#maxBytes, this.#options);
  }

  /** Id and size of a blob without its content; null as in `read`. */
  async stat(name: string): Promise<{ oid: string; size: number } | null> {
    const answer = await this.#ask('--batch-check', name);
    return answer?.type === 'blob' ? { oid: answer.oid, size: answer.size } : null;
  }

  /** More questions than expected are coming: whatever is asked next is answered by a child that stays. */
  expectMany(): void {
    this.#moments = 0;
  }

  /** Ends the children. A later question starts new ones. */
  async close(): Promise<void> {
    const open = [this.#batch, this.#check];
    this.#batch = null;
    this.#check = null;
    await Promise.all(open.map((child) => child?.close()));
  }

  /** The same without waiting, for a process that is about to end. */
  release(): void {
    this.#batch?.release();
    this.#check?.release();
    this.#batch = null;
    this.#check = null;
  }

  #ask(mode: '--batch' | '--batch-check', name: string): Promise<CatFileAnswer | null> {
    const bytes = encodePath(name);
    if (bytes.includes(0)) return Promise.resolve(null);
    // The children read lines, and take a carriage return at the end for a part of the line's end.
    if (bytes.includes(0x0a) || bytes.at(-1) === 0x0d) return this.#askOnce(bytes);
    if (name.startsWith(':')) this.#dropStaleIndex();
    const once = this.#onceFor(mode);
    if (once !== null) return once.ask(bytes);
    if (mode === '--batch') {
      if (this.#batch === null || this.#batch.gone) this.#batch = new CatFile(mode, this.#maxBytes, this.#options);
      return this.#batch.ask(bytes);
    }
    if (this.#check === null || this.#check.gone) this.#check = new CatFile(mode, this.#maxBytes, this.#options);
    return this.#check.ask(bytes);
  }

  /** The moment that a question belongs to, while there are any. */
  #onceFor(mode: '--batch' | '--batch-check'): CatFileOnce | null {
    let once = this.#once.get(mode) ?? null;
    if (once?.done !== false && this.#moments > 0) {
      this.#moments--;
      once = new CatFileOnce(mode, this.#maxBytes, this.#options);
      this.#once.set(mode, once);
    }
    return once?.done === false ? once : null;
  }

  /**
   * A child reads the index once. A filter may live through a whole rebase, which writes the index many times, and
   * with the index of the first commit as base the second would look changed.
   */
  #dropStaleIndex(): void {
    const stamp = this.indexStamp();
    if (stamp !== this.#batchStamp) void this.close();
    this.#batchStamp = stamp;
  }

  /** Another one when the index was written; empty where it cannot be told. Looked at once for what is asked in one moment. */
  indexStamp(): string {
    if (this.#indexStamp !== null) return this.#indexStamp;
    queueMicrotask(() => {
      this.#indexStamp = null;
    });
    if (this.#indexFile === undefined) {
      const env = { ...process.env, ...this.#options.env };
      this.#indexFile = guessIndexFile(this.#options.cwd ?? process.cwd(), env);
    }
    this.#indexStamp = this.#indexFile === null ? '' : fileStamp(this.#indexFile) || 'none';
    return this.#indexStamp;
  }

  /** `-z` lets any name through; Git has it from 2.38 on. */
  async #askOnce(name: Buffer): Promise<CatFileAnswer | null> {
    const input = Buffer.concat([name, Buffer.alloc(1)]);
    const { stdout } = await runGit(['cat-file', '--batch', '-z'], { ...this.#options, input });
    const end = stdout.indexOf(0x0a);
    const header = end < 0 ? null : readHeader(stdout.subarray(0, end));
    if (header === null) return null;
    const content = header.size > this.#maxBytes ? null : stdout.subarray(end + 1, end + 1 + header.size);
    return { ...header, content };
  }
}
