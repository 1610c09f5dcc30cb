import { GitSopsError } from '../errors.ts';
import { formatNameOf, loadFormat } from '../format/by-path.ts';
import { aadOf } from '../tree/key-path.ts';
import type { OpenedToken } from './verified-tokens.ts';

/** Shorter texts stand in many files: `true`, `5432`, `admin`. In characters. */
const leastTelling = 6;
/** Of a line that is looked for without its key. */
const leastLine = 8;

/** What an encrypted file held, to be found again in the clear: as it was, or edited. It stays in memory, and goes into no finding. */
export class KeptSecrets {
  readonly #pairs: ReadonlyMap<string, string>;
  readonly #lines: readonly string[];

  constructor(tokens: readonly OpenedToken[]) {
    const values = tokens.flatMap(({ aad, value: { type, plaintext } }) =>
      type === 'bool' || plaintext.length === 0 ? [] : [{ aad, text: textOf(plaintext) }],
    );
    this.#pairs = new Map(values.map(({ aad, text }) => [nameOf(aad, text), text]));
    this.#lines = [...new Set(values.flatMap(({ text }) => text.split('\n').map((line) => line.trim())))].filter(
      ({ length }) => length >= leastLine,
    );
  }

  /**
   * Whether most of it stands in a file: under the same keys where that has keys, or line by line.
   * @param leastLines that must be found, where keys are none
   */
  async areIn(path: string, content: Uint8Array, leastLines: number): Promise<boolean> {
    return (await this.#underKeys(path, content)) || this.#byLines(content, leastLines);
  }

  async #underKeys(path: string, content: Uint8Array): Promise<boolean> {
    const name = formatNameOf(path);
    if (name === 'binary' || this.#pairs.size === 0) return false;
    const format = await loadFormat(name);
    const found = new Set<string>();
    try {
      for (const leaf of format.parse(content).view(() => false).leaves) {
        const pair = nameOf(aadOf(leaf.path), textOf(leaf.plaintext));
        if (leaf.kind === 'value' && this.#pairs.has(pair)) found.add(pair);
      }
    } catch (error) {
      if (error instanceof GitSopsError) return false;
      throw error;
    }
    const isTelling = [...found].some((pair) => (this.#pairs.get(pair)?.length ?? 0) >= leastTelling);
    return isTelling && isMost(found.size, this.#pairs.size);
  }

  #byLines(content: Uint8Array, leastLines: number): boolean {
    const bytes = Buffer.from(content.buffer, content.byteOffset, content.byteLength);
    const found = this.#lines.filter((line) => bytes.includes(line)).length;
    return found >= leastLines && isMost(found, this.#lines.length);
  }
}

function isMost(some: number, all: number): boolean {
  return some * 2 > all;
}

function textOf(plaintext: string | Uint8Array): string {
  return typeof plaintext === 'string' ? plaintext : new TextDecoder().decode(plaintext);
}

function nameOf(aad: string, text: string): string {
  return `${aad.length} ${aad}${text}`;
}
