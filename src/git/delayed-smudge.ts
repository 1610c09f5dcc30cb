import type { GitPath } from './path.ts';

interface Delayed<Result> {
  readonly bytes: number;
  readonly result: Promise<Result>;
}

/**
 * Smudges that Git was told to ask for later. They run while Git sends the next ones; what they hold is bounded, so
 * a checkout of many large files is answered one by one instead of filling the memory.
 */
export class DelayedSmudges<Result> {
  readonly #maxBytes: number;
  readonly #paths = new Map<GitPath, Delayed<Result>>();
  #bytes = 0;
  /** Finished and not yet announced. */
  readonly #ready = new Set<GitPath>();
  #running = 0;
  #wake: (() => void) | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether none is running. */
  get idle(): boolean {
    return this.#running === 0;
  }

  hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= this.#maxBytes;
  }

  /** `work` must not reject. */
  add(path: GitPath, bytes: number, work: () => Promise<Result>): void {
    // A path that comes again belongs to a later checkout; nobody asks for the former any more.
    this.#forget(path);
    this.#bytes += bytes;
    this.#running++;
    const delayed = { bytes, result: work() };
    this.#paths.set(path, delayed);
    void delayed.result.then(() => {
      this.#running--;
      // Git takes it amiss when it hears of a path that it does not wait for.
      if (this.#paths.get(path) === delayed) this.#ready.add(path);
      this.#wake?.();
    });
  }

  /** Paths that are done; waits for the first where none is. Empty when nothing is left to wait for. */
  async available(): Promise<GitPath[]> {
    while (this.#ready.size === 0 && this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    const ready = [...this.#ready];
    this.#ready.clear();
    return ready;
  }

  /** The result of a delayed path, once; null where the path was not delayed. */
  take(path: GitPath): Promise<Result> | null {
    const result = this.#paths.get(path)?.result ?? null;
    this.#forget(path);
    return result;
  }

  #forget(path: GitPath): void {
    this.#bytes -= this.#paths.get(path)?.bytes ?? 0;
    this.#paths.delete(path);
    this.#ready.delete(path);
  }
}
