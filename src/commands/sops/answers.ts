import { createInterface, type Interface } from 'node:readline';
import type { Io } from '../io.ts';

/** Answers to questions, by a person or by lines of standard input. */
export class Answers {
  readonly #io: Io;
  #lines: AsyncIterator<string> | null = null;
  #reader: Interface | null = null;

  constructor(io: Io) {
    this.#io = io;
  }

  /** Asks until the answer is one. @returns null where there is nobody to answer */
  async yes(question: string): Promise<boolean | null> {
    if (this.#reader === null) {
      this.#reader = createInterface({ input: this.#io.stdin });
      this.#lines = this.#reader[Symbol.asyncIterator]();
    }
    for (;;) {
      this.#io.stderr.write(`${question} (y/n): `);
      const { done, value } = (await this.#lines?.next()) ?? { done: true, value: '' };
      if (done === true) return null;
      if (/^y(?:es)?$/i.test(value.trim())) return true;
      if (/^no?$/i.test(value.trim())) return false;
    }
  }

  close(): void {
    this.#reader?.close();
  }
}
