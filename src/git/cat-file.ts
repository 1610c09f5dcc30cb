import type { ChildProcess } from 'node:child_process';
import { type CatFileAnswer, CatFileAnswers } from './cat-file-answers.ts';
import { ended, gitFailed, type SpawnGitOptions, spawnGit } from './run.ts';

/**
 * One `git cat-file --batch` or `--batch-check` child. Answers come in the order of the questions, so any number of
 * questions may be under way. Idle, it does not keep our process alive.
 */
export class CatFile {
  readonly #child: ChildProcess;
  readonly #answers: CatFileAnswers;
  /** Not sent yet. */
  readonly #questions: Buffer[] = [];
  readonly #end: Promise<void>;
  #failure: unknown = null;
  #closing = false;

  constructor(mode: '--batch' | '--batch-check', maxBytes: number, options: SpawnGitOptions) {
    const args = ['cat-file', mode];
    this.#answers = new CatFileAnswers(args, maxBytes);
    this.#child = spawnGit(args, options);
    let stderr = '';
    this.#child.stderr?.on('data', (chunk: Buffer) => {
      if (stderr.length < 10_000) stderr += chunk.toString();
    });
    this.#child.stdout?.on('data', (chunk: Buffer) => {
      this.#answers.receive(chunk);
      if (this.#answers.awaited === 0) this.#hold(false);
    });
    // Why it went is told by how it ended.
    this.#child.stdin?.on('error', () => {});
    this.#end = ended(this.#child).then(
      (code) => this.#fail(gitFailed(args, code, stderr)),
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
    if (this.#failure !== null) return Promise.reject(this.#failure);
    const answer = this.#answers.next();
    if (this.#answers.awaited === 1) this.#hold(true);
    this.#questions.push(name, newline);
    if (this.#questions.length === 2) queueMicrotask(() => this.#send());
    return answer;
  }

  /** Questions that are asked together go in one piece, and their answers come in one. */
  #send(): void {
    this.#child.stdin?.write(Buffer.concat(this.#questions.splice(0)));
  }

  /** Lets the child answer what it was asked and end. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#hold(true);
    this.#send();
    this.#child.stdin?.end();
    await this.#end;
  }

  /** Lets the child end, without waiting for it: nobody asks any more, and it has nothing to lose. */
  release(): void {
    this.#send();
    this.#child.stdin?.end();
  }

  #fail(error: unknown): void {
    this.#failure = error;
    this.#answers.fail(error);
  }

  /** Whether our process stays for the child. Streams of other runtimes may lack ref and unref. */
  #hold(stay: boolean): void {
    // An answer may come while we wait for the end.
    if (this.#closing && !stay) return;
    const { stdin, stdout, stderr } = this.#child;
    for (const handle of [this.#child, stdin, stdout, stderr] as { ref?(): void; unref?(): void }[]) {
      if (stay) handle?.ref?.();
      else handle?.unref?.();
    }
  }
}

const newline = Buffer.of(0x0a);
