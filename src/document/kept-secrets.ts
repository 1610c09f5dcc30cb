import { GitSopsError } from '../errors.ts';
import { formatNameOf, loadFormat } from '../format/by-path.ts';
import { aadOf } from '../tree/key-path.ts';
import type { OpenedToken } from './verified-tokens.ts';

/** Shorter texts stand in many files: `true`, `5432`, `admin`. In characters. */
const leastTelling = 6;
/** Of a line that is looked for without its key. */
const leastLine = 8;
const mostLines = 200;

/** What an encrypted file held, to be found again in the clear: as it was, or edited. It stays in memory, and goes into no finding. */
export class KeptSecrets {
  readonly #values: ReadonlyMap<string, string>;
  readonly #lines: readonly string[];

  constructor(tokens: readonly OpenedToken[]) {
    const values = tokens.flatMap(({ aad, value: { type, plaintext } }) =>
      type === 'bool' || plaintext.length === 0 ? [] : [{ aad, text: textOf(plaintext) }],
    );
    this.#values = new Map(values.map(({ aad, text }) => [nameOf(aad, text), text]));
    const lines = values.flatMap(({ text }) => text.split('\n').map((line) => line.trim()));
    this.#lines = sampleOf([...new Set(lines)].filter(({ length }) => length >= leastLine));
  }

  /** Whether most of it stands under the same keys. @param values see `valuesIn` */
  areUnderKeys(values: ReadonlySet<string>): boolean {
    const found = [...this.#values].filter(([name]) => values.has(name));
    return isMost(found.length, this.#values.size) && found.some(([, text]) => text.length >= leastTelling);
  }

  /** Whether most of its longer lines stand in a file, whatever is around them. @param least that must be found */
  areLines(content: Buffer, least: number): boolean {
    const found = this.#lines.filter((line) => content.includes(line)).length;
    return found >= least && isMost(found, this.#lines.length);
  }
}

/** The values of a plaintext file with the keys that they stand under; none of one that has no keys, or does not parse. */
export async function valuesIn(path: string, content: Uint8Array): Promise<ReadonlySet<string>> {
  const name = formatNameOf(path);
  if (name === 'binary') return new Set();
  const format = await loadFormat(name);
  try {
    const { leaves } = format.parse(content).view(() => false);
    return new Set(
      leaves.flatMap(({ kind, path: keys, plaintext }) =>
        kind === 'value' ? [nameOf(aadOf(keys), textOf(plaintext))] : [],
      ),
    );
  } catch (error) {
    if (error instanceof GitSopsError) return new Set();
    throw error;
  }
}

/** Of very many as many as are searched for, from all parts. */
function sampleOf(lines: readonly string[]): string[] {
  const step = Math.max(1, lines.length / mostLines);
  return Array.from({ length: Math.min(lines.length, mostLines) }, (_, i) => lines[Math.floor(i * step)] ?? '');
}

function isMost(some: number, all: number): boolean {
  return some * 2 > all;
}

function textOf(plaintext: string | Uint8Array): string {
  return typeof plaintext === 'string' ? plaintext : new TextDecoder().decode(plaintext);
}

/** The length tells where the one ends. */
function nameOf(aad: string, text: string): string {
  return `${aad.length} ${aad}${text}`;
}
