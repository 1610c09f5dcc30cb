import { closeSync, constants, openSync, readSync } from 'node:fs';
import { ReadStream } from 'node:tty';

/**
 * What is typed on the terminal that controls this process. Read without waiting: a stream that waits for a key keeps Bun from
 * ending, and a blocked read cannot be taken back.
 */
export class Keyboard {
  readonly #mode: ReadStream;
  readonly #fd: number | null;
  readonly #chunks: Buffer[] = [];
  readonly #buffer = Buffer.alloc(4096);
  #isGone = false;

  /** @throws Node's error where there is no terminal */
  constructor(platform: NodeJS.Platform) {
    if (platform === 'win32') {
      // A console cannot be read without waiting.
      this.#fd = null;
      this.#mode = new ReadStream(openSync('\\\\.\\CONIN$', 'r+'));
      this.#mode.on('data', (bytes: Buffer) => this.#chunks.push(bytes));
      for (const event of ['error', 'end']) this.#mode.on(event, () => (this.#isGone = true));
    } else {
      this.#fd = openSync('/dev/tty', constants.O_RDONLY | constants.O_NOCTTY | constants.O_NONBLOCK);
      this.#mode = new ReadStream(openSync('/dev/tty', constants.O_RDWR | constants.O_NOCTTY));
    }
  }

  /** Whether keys come one by one and unseen, instead of as a line that the terminal shows and edits. */
  raw(on: boolean): void {
    if (!this.#mode.destroyed) this.#mode.setRawMode(on);
  }

  /** What came since the last time; null when nothing can come any more. */
  typed(): Buffer | null {
    if (this.#fd === null) {
      const bytes = Buffer.concat(this.#chunks.splice(0));
      return bytes.length === 0 && this.#isGone ? null : bytes;
    }
    try {
      const read = readSync(this.#fd, this.#buffer, 0, this.#buffer.length, null);
      return read === 0 ? null : Buffer.from(this.#buffer.subarray(0, read));
    } catch (error) {
      return error instanceof Error && 'code' in error && error.code === 'EAGAIN' ? Buffer.alloc(0) : null;
    }
  }

  close(): void {
    this.#mode.destroy();
    if (this.#fd !== null) closeSync(this.#fd);
  }
}
