import { GitSopsError } from '../../errors.ts';

/** A YAML text with its line table. Offsets are UTF-16 code units and count from behind a byte order mark. */
export class Source {
  readonly text: string;
  readonly #lineStarts: number[];

  constructor(text: string) {
    this.text = text;
    const starts = [0];
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', end + 1)) starts.push(end + 1);
    this.#lineStarts = starts;
  }

  /** From 0. */
  lineOf(offset: number): number {
    const starts = this.#lineStarts;
    let low = 0;
    let high = starts.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] ?? 0) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  lineStart(offset: number): number {
    return this.#lineStarts[this.lineOf(offset)] ?? 0;
  }

  /** From 0. */
  columnOf(offset: number): number {
    return offset - this.lineStart(offset);
  }

  /** Where the line's characters end, before its line break. */
  lineEnd(offset: number): number {
    const end = this.text.indexOf('\n', offset);
    if (end < 0) return this.text.length;
    return end > offset && this.text.charCodeAt(end - 1) === 0x0d ? end - 1 : end;
  }

  /** Behind the line break, or the end of the text. */
  nextLine(offset: number): number {
    const end = this.text.indexOf('\n', offset);
    return end < 0 ? this.text.length : end + 1;
  }

  /** Line and column for people, both from 1. */
  position(offset: number): { line: number; column: number } {
    const line = this.lineOf(offset);
    return { line: line + 1, column: offset - (this.#lineStarts[line] ?? 0) + 1 };
  }

  /** For `throw`: what sops, that is go-yaml, would refuse. */
  invalid(offset: number, detail: string): GitSopsError {
    return new GitSopsError('invalid-yaml', { ...this.position(offset), detail });
  }
}
