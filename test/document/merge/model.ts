import fc from 'fast-check';
import type { FormatName } from '../../../src/format/format.ts';

/** A file as a test thinks of it: keys in order, with a value, keys below, or items that have names. */
export type Model = Map<string, string | Model>;

/** One side's work on a model; which entries it touches is decided by their numbers, so that two sides stay apart. */
export interface Edit {
  readonly kind: 'change' | 'remove' | 'insert' | 'none';
  readonly at: number;
}

export const depthOf: Readonly<Record<string, number>> = { yaml: 2, json: 2, ini: 1, dotenv: 0 };

export function modelOf(depth: number): fc.Arbitrary<Model> {
  return fc
    .array(fc.record({ below: fc.integer({ min: 0, max: 3 }), value: fc.integer({ min: 0, max: 5 }) }), {
      minLength: 1,
      maxLength: 6,
    })
    .chain((entries) =>
      fc
        .tuple(...entries.map(({ below }) => (below === 0 && depth > 0 ? modelOf(depth - 1) : fc.constant(null))))
        .map((inner) => new Map(entries.map(({ value }, i) => [`k${i}`, inner[i] ?? `v${value}`]))),
    );
}

/** INI has keys in sections only. */
export function iniModel(): fc.Arbitrary<Model> {
  return fc.array(modelOf(0), { minLength: 1, maxLength: 4 }).map((all) => new Map(all.map((m, i) => [`s${i}`, m])));
}

export interface Work {
  readonly side: 'ours' | 'theirs';
  /** Even entries are ours, odd ones theirs: of each path of leaves. */
  readonly edits: readonly Edit[];
  readonly reversed: boolean;
}

/** Applies a side's work; both sides' work on the same model never touches the same leaf. */
export function worked(model: Model, works: readonly Work[]): Model {
  let count = 0;
  const visit = (map: Model): Model => {
    const result: Model = new Map();
    for (const [key, value] of map) {
      const number = count++;
      if (typeof value !== 'string') {
        result.set(key, visit(value));
        continue;
      }
      let now: string | null = value;
      for (const { side, edits } of works) {
        if (number % 2 !== (side === 'ours' ? 0 : 1)) continue;
        const edit = edits[number % edits.length];
        if (edit?.kind === 'change') now = `${side}${edit.at}`;
        // A section or mapping must not lose its last key: it would be another thing.
        if (edit?.kind === 'remove' && key !== 'k0') now = null;
        if (edit?.kind === 'insert') result.set(`${side}${number}`, `new${edit.at}`);
      }
      if (now !== null) result.set(key, now);
    }
    return works.some(({ reversed }) => reversed) ? new Map([...result].reverse()) : result;
  };
  return visit(model);
}

export const edits: fc.Arbitrary<Edit[]> = fc.array(
  fc.record({
    kind: fc.constantFrom<Edit['kind']>('change', 'remove', 'insert', 'none'),
    at: fc.integer({ min: 0, max: 9 }),
  }),
  { minLength: 1, maxLength: 7 },
);

/** @param indent how many blanks a level is */
export function write(model: Model, format: FormatName, indent = 2): string {
  switch (format) {
    case 'yaml':
      return writeYaml(model, 0, indent);
    case 'json':
      return `${JSON.stringify(plain(model), null, indent)}\n`;
    case 'ini':
      return [...model].map(([name, keys]) => `[${name}]\n${writeLines(keys as Model, ' = ')}\n`).join('');
    default:
      return writeLines(model, '=');
  }
}

function writeYaml(model: Model, column: number, indent: number): string {
  let text = '';
  for (const [key, value] of model) {
    const margin = ' '.repeat(column);
    text += `${margin}# about ${key}\n${margin}${key}:`;
    text += typeof value === 'string' ? ` ${value} # ${key}\n` : `\n${writeYaml(value, column + indent, indent)}`;
  }
  return text;
}

function writeLines(model: Model, sign: string): string {
  return [...model].map(([key, value]) => `# about ${key}\n${key}${sign}${value}\n`).join('');
}

function plain(model: Model): object {
  return Object.fromEntries([...model].map(([key, value]) => [key, typeof value === 'string' ? value : plain(value)]));
}

/** Without order: what a file says. */
export function meaning(model: Model): object {
  const entries = [...model].map(([key, value]) => [key, typeof value === 'string' ? value : meaning(value)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
