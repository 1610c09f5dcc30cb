import type { ChildProcess } from 'node:child_process';
import { GitSopsError } from '../errors.ts';
import { ended, gitFailed, type SpawnGitOptions, spawnGit } from './run.ts';

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

/**
 * One `git cat-file --batch` or `--batch-check` child. Answers come in the order of the questions, so any number of
 * questions may be under way. Idle, it does not keep our process alive.
 */
export class CatFile {
  readonly #args: readonly string[];
  readonly #maxBytes: number;
  readonly #child: ChildProcess;
  readonly #waiting: Waiting[] = [];
  readonly #end: Promise<void>;
  /** The header as far as it came, then the content as far as it came. */
  #parts: Buffer[] = [];
  #header: Omit<CatFileAnswer, 'content'> | null = null;
  /** Bytes of content and its newline that are still to come. */
  #missing = 0;
  #failure: unknown = null;

  constructor(mode: '--batch' | '--batch-check', maxBytes: number, options: SpawnGitOptions) {
    this.#args = ['cat-file', mode];
    this.#maxBytes = maxBytes;
    this.#child = spawnGit(this.#args, options);
    let stderr = '';
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      if (stderr.length < 10_000) stderr += chunk.toString();
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => this.#receive(chunk));
    // Why it went is told by how it ended.
    this.#child.stdin?.on('error', () => {});
    this.#end = ended(this.#child).then(
      (code) => this.#fail(gitFailed(this.#args, code, stderr)),
      (error: unknown) => this.#fail(error),
    );
    this.#hold(false);
  }

  /** Whether the child is gone and a new one is needed. */
  get gone(): boolean {
    return this.#failure !== null;
  }

  /**
   * @param name An object as in gitrevisions(7), without a newline, NUL or carriage return at its end. Bytes.
   * @returns null where Git has no such object.
   */
  ask(name: Buffer): Promise<CatFileAnswer | null> {
    return new Promise((resolve, reject) => {
      if (this.#failure !== null) {
        reject(this.#failure);
        return;
      }
      this.#waiting.push({ resolve, reject });
      if (this.#waiting.length === 1) this.#hold(true);
      this.#child.stdin?.write(Buffer.concat([name, newline]));
    });
  }

  /** Lets the child answer what it was asked and end. */
  async close(): Promise<void> {
    this.#hold(true);
    this.#child.stdin?.end();
    await this.#end;
  }

  #receive(chunk: Buffer): void {
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
      const waiting = this.#next();
      if (ambiguous) waiting?.reject(gitFailed(this.#args, 0, 'the name of an object is ambiguous'));
      else waiting?.resolve(null);
    } else if (this.#args[1] === '--batch-check') {
      this.#next()?.resolve({ ...header, content: null });
    } else {
      this.#header = header;
      this.#missing = header.size + 1;
    }
  }

  #endContent(header: Omit<CatFileAnswer, 'content'>): void {
    const content = header.size > this.#maxBytes ? null : Buffer.concat(this.#parts).subarray(0, header.size);
    this.#parts = [];
    this.#header = null;
    this.#next()?.resolve({ ...header, content });
  }

  #next(): Waiting | undefined {
    const next = this.#waiting.shift();
    if (this.#waiting.length === 0) this.#hold(false);
    return next;
  }

  #fail(error: unknown): void {
    this.#failure = error;
    for (const waiting of this.#waiting.splice(0)) waiting.reject(error);
  }

  /** Whether our process stays for the child. Streams of other runtimes may lack ref and unref. */
  #hold(stay: boolean): void {
    const { stdin, stdout, stderr } = this.#child;
    for (const handle of [this.#child, stdin, stdout, stderr] as { ref?(): void; unref?(): void }[]) {
      if (stay) handle?.ref?.();
      else handle?.unref?.();
    }
  }
}

const newline = Buffer.of(0x0a);

/** `ID TYPE SIZE`; null when it is another message. A name that was not found is repeated, but with a word behind it. */
export function readHeader(line: Buffer): Omit<CatFileAnswer, 'content'> | null {
  const found = /^([0-9a-f]{40}|[0-9a-f]{64}) (blob|tree|commit|tag) ([0-9]+)$/.exec(line.toString('latin1'));
  if (found === null) return null;
  const size = Number(found[3]);
  if (!Number.isSafeInteger(size)) throw new GitSopsError('git-protocol', { detail: 'a size that is none' });
  return { oid: found[1] as string, type: found[2] as CatFileAnswer['type'], size };
}
