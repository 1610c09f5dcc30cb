import type { Io } from '../../io.ts';

const width = 30;
/** Milliseconds between two drawings. */
const pause = 100;

/** A bar on a terminal's stderr, or a count where nobody knows how many there are; nothing at all in a pipe or a log. */
export class Progress {
  readonly #io: Io;
  readonly #what: string;
  readonly #total: number | null;
  readonly #shown: boolean;
  #done = 0;
  #last = 0;

  constructor(io: Io, what: string, total: number | null = null) {
    this.#io = io;
    this.#what = what;
    this.#total = total;
    this.#shown = io.stderr.isTTY === true && io.env['TERM'] !== 'dumb';
  }

  step(): void {
    this.#done++;
    if (!this.#shown) return;
    const now = this.#io.now().getTime();
    if (now - this.#last < pause) return;
    this.#last = now;
    this.#io.stderr.write(`\r${this.#bar()}`);
  }

  /** Takes it away. */
  end(): void {
    if (this.#shown && this.#last > 0) this.#io.stderr.write('\r\x1b[K');
  }

  #bar(): string {
    if (this.#total === null) return `${this.#done} ${this.#what}`;
    const filled = Math.floor((this.#done / this.#total) * width);
    const bar = `${'#'.repeat(filled)}${'.'.repeat(width - filled)}`;
    return `[${bar}] ${this.#done} of ${this.#total} ${this.#what}`;
  }
}
