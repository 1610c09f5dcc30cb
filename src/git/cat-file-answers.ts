import { GitSopsError } from '../errors.ts';
import { gitFailed } from './run.ts';

/** What Git says of an object: `content` is null where it was not asked for or is above the limit. */
export interface CatFileAnswer {
  readonly oid: string;
  readonly type: 'blob' | 'tree' | 'commit' | 'tag';
  readonly size: number;
  readonly content: Buffer | null;
}

interface Waiting {
  readonly resolve: (answer: CatFileAnswer | null) => void;
  readonly reject: (error: unknown) => void;
}

/** What `git cat-file --batch` or `--batch-check` writes, given to those who asked, in the order of their questions. */
export class CatFileAnswers {
  readonly #args: readonly string[];
  readonly #maxBytes: number;
  readonly #waiting: Waiting[] = [];
  /** The header as far as it came, then the content as far as it came. */
  #parts: Buffer[] = [];
  #header: Omit<CatFileAnswer, 'content'> | null = null;
  /** Bytes of content and its newline that are still to come. */
  #missing = 0;

  /** @param args the command, whose output this is */
  constructor(args: readonly string[], maxBytes: number) {
    this.#args = args;
    this.#maxBytes = maxBytes;
  }

  /** How many questions have no answer yet. */
  get awaited(): number {
    return this.#waiting.length;
  }

  /** The answer to the next question. */
  next(): Promise<CatFileAnswer | null> {
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Output, cut anywhere. */
  receive(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; ) {
      if (this.#header === null) {
        const end = chunk.indexOf(0x0a, at);
        this.#parts.push(chunk.subarray(at, end < 0 ? chunk.length : end));
        if (end < 0) return;
        at = end + 1;
        const line = Buffer.concat(this.#parts);
        this.#parts = [];
        this.#startAnswer(line);
      } else {
        const part = chunk.subarray(at, at + this.#missing);
        at += part.length;
        this.#missing -= part.length;
        // What is above the limit is read and dropped: the next answer comes behind it.
        if (this.#header.size <= this.#maxBytes) this.#parts.push(part);
        if (this.#missing === 0) this.#endContent(this.#header);
      }
    }
  }

  #startAnswer(line: Buffer): void {
    const header = readHeader(line);
    if (header === null) {
      // `NAME missing`; from some version on also `NAME submodule` for a commit that lives elsewhere.
      const ambiguous = line.subarray(-10).toString('latin1') === ' ambiguous';
      const waiting = this.#waiting.shift();
      if (ambiguous) waiting?.reject(gitFailed(this.#args, 0, 'the name of an object is ambiguous'));
      else waiting?.resolve(null);
    } else if (this.#args[1] === '--batch-check') {
      this.#waiting.shift()?.resolve({ ...header, content: null });
    } else {
      this.#header = header;
      this.#missing = header.size + 1;
    }
  }

  #endContent(header: Omit<CatFileAnswer, 'content'>): void {
    const content = header.size > this.#maxBytes ? null : Buffer.concat(this.#parts).subarray(0, header.size);
    this.#parts = [];
    this.#header = null;
    this.#waiting.shift()?.resolve({ ...header, content });
  }

  fail(error: unknown): void {
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }
}

/** `ID TYPE SIZE`; null when it is another message. A name that was not found is repeated, but with a word behind it. */
export function readHeader(line: Buffer): Omit<CatFileAnswer, 'content'> | null {
  const found = /^([0-9a-f]{40}|[0-9a-f]{64}) (blob|tree|commit|tag) ([0-9]+)$/.exec(line.toString('latin1'));
  if (found === null) return null;
  const size = Number(found[3]);
  if (!Number.isSafeInteger(size)) throw new GitSopsError('git-protocol', { detail: 'a size that is none' });
  return { oid: found[1] as string, type: found[2] as CatFileAnswer['type'], size };
}
