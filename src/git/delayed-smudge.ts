import type { FilterResult } from './filter-protocol.ts';
import type { GitPath } from './path.ts';

interface Delayed {
  readonly bytes: number;
  readonly result: Promise<FilterResult>;
}

/**
 * Smudges that Git was told to ask for later. They run while Git sends the next ones; what they hold is bounded, so
 * a checkout of many large files is answered one by one instead of filling the memory.
 */
export class DelayedSmudges {
  readonly #maxBytes: number;
  readonly #paths = new Map<GitPath, Delayed>();
  #bytes = 0;
  /** Finished and not yet announced. */
  #ready: GitPath[] = [];
  #running = 0;
  #wake: (() => void) | null = null;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  hasRoom(bytes: number): boolean {
    return this.#bytes + bytes <= this.#maxBytes;
  }

  /** `work` must not reject. */
  add(path: GitPath, bytes: number, work: () => Promise<FilterResult>): void {
    this.#forget(path);
    this.#bytes += bytes;
    this.#running++;
    const result = work();
    this.#paths.set(path, { bytes, result });
    void result.then(() => {
      this.#running--;
      this.#ready.push(path);
      this.#wake?.();
    });
  }

  /** Paths that are done; waits for the first where none is. Empty when nothing is left to wait for. */
  async available(): Promise<GitPath[]> {
    if (this.#ready.length === 0 && this.#running > 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
    const ready = this.#ready;
    this.#ready = [];
    return ready;
  }

  /** The result of a delayed path, once; null where the path was not delayed. */
  take(path: GitPath): Promise<FilterResult> | null {
    const result = this.#paths.get(path)?.result ?? null;
    this.#forget(path);
    return result;
  }

  #forget(path: GitPath): void {
    this.#bytes -= this.#paths.get(path)?.bytes ?? 0;
    this.#paths.delete(path);
  }
}
