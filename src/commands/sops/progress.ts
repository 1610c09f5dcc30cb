import type { Io } from '../io.ts';

const width = 30;

/** A bar on a terminal, where there is more than one file; nothing anywhere else. */
export class Progress {
  readonly #stderr: Io['stderr'] | null;
  readonly #all: number;
  #done = 0;

  constructor(all: number, { stderr }: Pick<Io, 'stderr'>) {
    this.#stderr = all > 1 && stderr.isTTY === true ? stderr : null;
    this.#all = all;
    this.#show();
  }

  step(): void {
    this.#done++;
    this.#show();
  }

  /** Takes the bar away, so that something else can be said. */
  clear(): void {
    this.#stderr?.write('\r\u001b[K');
  }

  #show(): void {
    const filled = Math.round((width * this.#done) / this.#all);
    this.#stderr?.write(`\r[${'#'.repeat(filled)}${'.'.repeat(width - filled)}] ${this.#done}/${this.#all}`);
  }
}
