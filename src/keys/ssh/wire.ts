/** SSH's data types (RFC 4251 §5), as far as keys are made of them. */

/** What is wrong with a key, for whoever must be told; never what stands in it. */
export class SshKeyError extends Error {}

export class SshReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws SshKeyError at the end of the bytes, as all of these */
  uint32(): number {
    const four = this.take(4);
    return new DataView(four.buffer, four.byteOffset).getUint32(0);
  }

  /** `string`: a length and that many bytes; numbers (`mpint`) come this way too, with a zero in front where the first bit is one. */
  string(): Uint8Array {
    return this.take(this.uint32());
  }

  text(): string {
    return Buffer.from(this.string()).toString('latin1');
  }

  take(length: number): Uint8Array {
    const taken = this.#bytes.subarray(this.#at, this.#at + length);
    if (taken.length < length) throw new SshKeyError('it is cut off');
    this.#at += length;
    return taken;
  }

  rest(): Uint8Array {
    return this.#bytes.subarray(this.#at);
  }
}

/** One `string` for each. */
export function sshStrings(...parts: readonly (Uint8Array | string)[]): Uint8Array {
  return Buffer.concat(
    parts.flatMap((part) => {
      const bytes = Buffer.from(part as string);
      const length = Buffer.alloc(4);
      length.writeUInt32BE(bytes.length);
      return [length, bytes];
    }),
  );
}

/** A number without sign as an `mpint`'s bytes. @param bytes big-endian */
export function mpint(bytes: Uint8Array): Uint8Array {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = first < 0 ? new Uint8Array(0) : bytes.subarray(first);
  return (digits[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.alloc(1), digits]) : digits;
}
