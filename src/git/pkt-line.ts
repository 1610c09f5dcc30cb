import { GitSopsError } from '../errors.ts';

/**
 * Git's pkt-line: four hexadecimal digits with the length, themselves included, then the payload. `0000` is the flush
 * packet, an end mark. See gitprotocol-common(5) and pkt-line.h.
 */

/** LARGE_PACKET_MAX - 4: more would make Git die. */
export const maxPayload = 65516;

export const flush = 'flush';

/**
 * Reads pkt-lines from a stream of chunks that are cut anywhere. The payloads are views into the chunks where one holds
 * the whole packet, so they cost no copy.
 */
export class PktLineReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #have: Buffer = Buffer.alloc(0);
  #at = 0;

  constructor(source: AsyncIterable<Uint8Array>) {
    this.#chunks = source[Symbol.asyncIterator]();
  }

  /**
   * The next payload, `flush`, or null when the stream ended (in a packet too: then the writer died).
   * @throws GitSopsError `git-protocol` on a length that is none.
   */
  async read(): Promise<Buffer | typeof flush | null> {
    return this.#take() ?? this.#wait();
  }

  /** What is there already: a request is seven packets, and a promise for each would be most of what reading it costs. */
  #take(): Buffer | typeof flush | undefined {
    if (!this.#holds(4)) return undefined;
    const length = packetLength(this.#have, this.#at);
    if (length === 0) {
      this.#at += 4;
      return flush;
    }
    if (!this.#holds(length)) return undefined;
    const payload = this.#have.subarray(this.#at + 4, this.#at + length);
    this.#at += length;
    return payload;
  }

  async #wait(): Promise<Buffer | typeof flush | null> {
    for (;;) {
      const needed = this.#holds(4) ? packetLength(this.#have, this.#at) : 4;
      if (!(await this.#fill(needed))) return null;
      const packet = this.#take();
      if (packet !== undefined) return packet;
    }
  }

  /**
   * Lines up to the next flush packet, without their newline; null when the stream ended.
   * @throws GitSopsError `git-protocol` where there are more than `maxLines`.
   */
  async readLines(maxLines = 1000): Promise<Buffer[] | null> {
    const lines: Buffer[] = [];
    for (;;) {
      const packet = this.#take() ?? (await this.#wait());
      if (packet === null) return null;
      if (packet === flush) return lines;
      if (lines.length === maxLines) throw new GitSopsError('git-protocol', { detail: 'a list has no end' });
      // Git adds one newline and takes one away, so a name may end with a newline of its own.
      lines.push(packet.at(-1) === 0x0a ? packet.subarray(0, -1) : packet);
    }
  }

  /**
   * The content up to the next flush packet; null when the stream ended. Of content with more than `maxBytes` only the
   * size comes back; it is read to its end all the same, since the writer answers to nothing before that.
   */
  async readContent(maxBytes: number): Promise<{ size: number; content: Buffer | null } | null> {
    const parts: Buffer[] = [];
    let size = 0;
    for (;;) {
      const packet = this.#take() ?? (await this.#wait());
      if (packet === null) return null;
      if (packet === flush) break;
      size += packet.length;
      if (size <= maxBytes) parts.push(packet);
      else parts.length = 0;
    }
    if (size > maxBytes) return { size, content: null };
    return { size, content: parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts, size) };
  }

  #holds(bytes: number): boolean {
    return this.#have.length - this.#at >= bytes;
  }

  /** Waits until `bytes` are there. One copy for each packet that is spread over chunks, however many they are. */
  async #fill(bytes: number): Promise<boolean> {
    let have = this.#have.length - this.#at;
    const parts: Uint8Array[] = have === 0 ? [] : [this.#have.subarray(this.#at)];
    while (have < bytes) {
      const next = await this.#chunks.next();
      if (next.done === true) return false;
      parts.push(next.value);
      have += next.value.length;
    }
    const [only] = parts;
    this.#have = parts.length === 1 && only instanceof Buffer ? only : Buffer.concat(parts, have);
    this.#at = 0;
    return true;
  }
}

/** Length of the packet at `at`, its four digits included; 0 for a flush packet. */
function packetLength(bytes: Buffer, at: number): number {
  let length = 0;
  for (let i = at; i < at + 4; i++) {
    const digit = hexDigit(bytes[i] as number);
    if (digit < 0) throw new GitSopsError('git-protocol', { detail: 'a packet has no length' });
    length = length * 16 + digit;
  }
  // 0001 to 0003 have a meaning in Git's network protocol only; above the maximum Git itself would die.
  if ((length > 0 && length < 4) || length > maxPayload + 4) {
    throw new GitSopsError('git-protocol', { detail: `a packet has the length ${length}` });
  }
  return length;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

const flushPacket = Buffer.from('0000');

/** Collects packets and gives them out in few, large pieces, so that a small answer is one write. */
export class PktLineWriter {
  #parts: Uint8Array[] = [];

  /** One line of text or bytes; the newline is added. */
  line(text: string | Uint8Array): this {
    const payload = Buffer.concat([Buffer.from(text as Uint8Array), Buffer.of(0x0a)]);
    if (payload.length > maxPayload) throw new GitSopsError('git-protocol', { detail: 'a line is too long' });
    this.#parts.push(digits(payload.length + 4), payload);
    return this;
  }

  /** Content of any size, without the flush packet that ends it. */
  content(bytes: Uint8Array): this {
    for (let at = 0; at < bytes.length; at += maxPayload) {
      const payload = bytes.subarray(at, at + maxPayload);
      this.#parts.push(digits(payload.length + 4), payload);
    }
    return this;
  }

  flush(): this {
    this.#parts.push(flushPacket);
    return this;
  }

  /** All that was collected since the last call, in pieces of about 1 MiB. */
  *take(): Generator<Uint8Array> {
    const parts = this.#parts;
    this.#parts = [];
    let start = 0;
    let size = 0;
    for (let i = 0; i < parts.length; i++) {
      size += (parts[i] as Uint8Array).length;
      if (size >= 1 << 20) {
        yield Buffer.concat(parts.slice(start, i + 1), size);
        start = i + 1;
        size = 0;
      }
    }
    if (size > 0) yield Buffer.concat(parts.slice(start), size);
  }
}

function digits(length: number): Buffer {
  return Buffer.from(length.toString(16).padStart(4, '0'), 'latin1');
}
