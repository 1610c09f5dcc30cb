import { readPlainMetadata, valueToken } from '../format/yaml/plain-blocks.ts';
import { parseTime } from '../tree/go-time.ts';
import type { CreationRule } from './creation-rule.ts';
import { isMetadata, type Metadata, parseMetadata } from './metadata.ts';
import { strangeEntries } from './protection.ts';
import { recipientDrift } from './recipient-drift.ts';
import { sameSelection } from './rule-fit.ts';

/**
 * Reads a metadata block of YAML that stands at the end of a file, as sops writes it. All files of a rule differ in nothing but wrapped
 * keys, time and MAC, so the rest is read and judged once.
 * @param block from `sops:` on
 * @returns null where anything is unusual, or not as the rule asks
 */
export function plainMetadata(block: string, rule: CreationRule): Metadata | null {
  const cut = cutOut(block);
  const shape = cut === null ? null : shapeOf(block, cut);
  return cut !== null && shape?.fits(rule) ? shape.fill(cut) : null;
}

/** The same, whatever a rule asks. */
export function plainMetadataOf(block: string): Metadata | null {
  const cut = cutOut(block);
  return cut === null ? null : shapeOf(block, cut).fill(cut);
}

function shapeOf(block: string, cut: Cut): Shape {
  let shape = shapes.get(cut.shape);
  if (shape === undefined) {
    if (shapes.size >= mostShapes) shapes.clear();
    shape = new Shape(block, cut);
    shapes.set(cut.shape, shape);
  }
  return shape;
}

/** What makes one block differ from another one of its shape. */
interface Cut {
  /** All the rest, with a mark where something was taken out. */
  readonly shape: string;
  /** The wrapped keys, each indented as in the block. */
  readonly wrapped: readonly string[];
  readonly lastModified: string;
  readonly mac: string;
}

const shapes = new Map<string, Shape>();
const mostShapes = 100;

class Shape {
  /** Null for what is not usual. */
  readonly #first: Metadata | null;
  readonly #fits = new WeakMap<CreationRule, boolean>();

  constructor(block: string, cut: Cut) {
    const metadata = usual(block);
    // What was cut out must be what a whole reading says that it is.
    const [group = []] = metadata?.keyGroups ?? [];
    const same =
      metadata?.keyGroups.length === 1 &&
      metadata.lastModified === cut.lastModified &&
      metadata.mac === cut.mac &&
      group.length === cut.wrapped.length &&
      group.every((key, i) => key.kind === 'age' && key.enc === unindented(cut.wrapped[i] ?? ''));
    this.#first = same ? metadata : null;
  }

  fits(rule: CreationRule): boolean {
    const known = this.#fits.get(rule);
    if (known !== undefined) return known;
    const metadata = this.#first;
    const file = metadata === null ? null : { metadata, format: { name: 'yaml' } as const };
    const fits = file !== null && sameSelection(file, rule) && recipientDrift(file, rule) === null;
    this.#fits.set(rule, fits);
    return fits;
  }

  fill({ wrapped, lastModified, mac }: Cut): Metadata | null {
    if (this.#first === null) return null;
    const [group = []] = this.#first.keyGroups;
    const keys = group.map((key, i) =>
      key.kind === 'age' ? { kind: key.kind, recipient: key.recipient, enc: unindented(wrapped[i] ?? '') } : key,
    );
    return { ...this.#first, keyGroups: [keys], lastModified, mac };
  }
}

/** Whatever spells its metadata in another way than this is read as a whole. */
function usual(block: string): Metadata | null {
  const tree = readPlainMetadata(block);
  return tree === null ? null : soundMetadata(tree);
}

/** Metadata that no judgement says anything about, without a look at a rule; null for others. */
export function soundMetadata(tree: Parameters<typeof parseMetadata>[0]): Metadata | null {
  if (!isMetadata(tree)) return null;
  let metadata: Metadata;
  try {
    metadata = parseMetadata(tree);
  } catch {
    // The judgement says what is wrong with it.
    return null;
  }
  if (strangeEntries({ metadata, parsed: { metadata: tree } }).length > 0) return null;
  // Whatever else there is is the judgement's to know.
  if (Object.keys(metadata.other).length > 0) return null;
  return metadata.selector.kind.endsWith('comment_regex') ? null : metadata;
}

const beforeKey = 'enc: |\n';
const endOfKey = '-----END AGE ENCRYPTED FILE-----\n';
/** Of a list that stands below `age:` in the first level. */
const margin = ' '.repeat(12);
/** As strict as `strangeEntries`: all lines between the markers but the last have 64 characters. */
const indentedKey = new RegExp(
  `^${margin}-----BEGIN AGE ENCRYPTED FILE-----\\n(?:${margin}[A-Za-z0-9+/]{64}\\n)*${margin}[A-Za-z0-9+/]{1,64}={0,2}\\n${margin}${endOfKey}$`,
);
const timeAndMac = /\n {4}lastmodified: "([\dT:-]{19}Z)"\n {4}mac: (ENC\[.*)\n/;

function cutOut(block: string): Cut | null {
  const wrapped: string[] = [];
  let shape = '';
  let from = 0;
  for (let at = block.indexOf(beforeKey); at >= 0; at = block.indexOf(beforeKey, from)) {
    const start = at + beforeKey.length;
    const end = block.indexOf(endOfKey, start) + endOfKey.length;
    const key = block.slice(start, end);
    if (!indentedKey.test(key)) return null;
    wrapped.push(key);
    shape += `${block.slice(from, start)}\0`;
    from = end;
  }
  const rest = block.slice(from);
  const found = timeAndMac.exec(rest);
  const [whole = '', lastModified = '', mac = ''] = found ?? [];
  if (found === null || !valueToken.test(mac) || parseTime(lastModified) === null) return null;
  // Behind each `beforeKey` one was taken out, and no shape that is usual has this character of its own.
  shape += `${rest.slice(0, found.index)}\0${rest.slice(found.index + whole.length)}`;
  return { shape, wrapped, lastModified, mac };
}

function unindented(key: string): string {
  return key.slice(margin.length).replaceAll(`\n${margin}`, '\n');
}
