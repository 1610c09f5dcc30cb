import { type CatFileAnswer, CatFileAnswers } from './cat-file-answers.ts';
import { gitFailed, runGitSync, type SpawnGitOptions } from './run.ts';

/**
 * The questions of one moment, answered by a `git cat-file --batch` that is waited for: to ask a child that stays costs twice as
 * much the first time, and most commands ask about one file.
 */
export class CatFileOnce {
  readonly #args: readonly string[];
  readonly #answers: CatFileAnswers;
  readonly #maxBytes: number;
  readonly #options: SpawnGitOptions;
  readonly #questions: Buffer[] = [];
  /** Whether the moment is over. */
  done = false;

  constructor(mode: '--batch' | '--batch-check', maxBytes: number, options: SpawnGitOptions) {
    // All questions are there before it starts: without `--buffer` it would wake us up for each line of its answers.
    this.#args = ['cat-file', mode, '--buffer'];
    this.#answers = new CatFileAnswers(this.#args, maxBytes);
    this.#maxBytes = maxBytes;
    this.#options = options;
  }

  /** As `CatFile.ask`. */
  ask(name: Buffer): Promise<CatFileAnswer | null> {
    const answer = this.#answers.next();
    this.#questions.push(name, newline);
    if (this.#questions.length === 2) queueMicrotask(() => this.#run());
    return answer;
  }

  #run(): void {
    this.done = true;
    try {
      const input = Buffer.concat(this.#questions);
      this.#answers.receive(runGitSync(this.#args, { ...this.#options, input }, this.#maxBytes).stdout);
      this.#answers.fail(gitFailed(this.#args, 0, 'it did not answer'));
    } catch (error) {
      this.#answers.fail(error);
    }
  }
}

const newline = Buffer.of(0x0a);
