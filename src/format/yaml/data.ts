import { refuseCharacters } from './character.ts';
import { compose } from './composer.ts';
import type { MappingNode, Pair, ScalarNode, YamlNode } from './node.ts';
import { resolve } from './resolve.ts';
import { scan } from './scanner.ts';
import { Source } from './source.ts';

/** The first document of a YAML text as plain values, read as go-yaml reads it. */
export interface YamlData {
  /** Mappings are plain objects with own properties; merges are carried out. Null for a text without a document. */
  readonly value: unknown;
  /** From 1: where a value stands. The line of what is nearest around it where there is none at that path. */
  lineOf(path: readonly (string | number)[]): number;
}

/** More values than any file that a person writes: aliases of aliases can make billions of a few lines. */
const mostValues = 100_000;

/** The same document as nodes that know where they stand. */
export interface YamlTree {
  /** Of the first document alone; its offsets are the text's. */
  readonly source: Source;
  /** Null for a text without a document. */
  readonly root: MappingNode | ScalarNode | null;
}

/** @throws GitSopsError as `readYamlData` */
export function readYamlTree(text: string): YamlTree {
  const source = new Source(firstDocument(text));
  refuseCharacters(source);
  return { source, root: compose(source, scan(source))[0]?.root ?? null };
}

/** @throws GitSopsError `invalid-yaml`, `duplicate-key`, `top-level-not-mapping` with line and column */
export function readYamlData(text: string): YamlData {
  const { source, root } = readYamlTree(text);
  if (root === null) return { value: null, lineOf: () => 1 };
  return {
    value: new Reader(source).value(root),
    lineOf: (path) => source.position(find(root, path).start).line,
  };
}

/** Up to where another begins: that one is not looked at, and may be no YAML at all. A marker in the first column ends a document wherever it stands. */
function firstDocument(text: string): string {
  const marker = /^(---|\.\.\.)(?=[ \t\r\n]|$)/gm;
  let begun = false;
  let from = 0;
  for (const { index, 1: mark } of text.matchAll(marker)) {
    begun ||= /^(?![ \t\r]*(?:#|$)|%)/m.test(text.slice(from, index));
    if (begun || mark === '...') return text.slice(0, index);
    begun = true;
    from = index;
  }
  return text;
}

class Reader {
  readonly #source: Source;
  #values = 0;

  constructor(source: Source) {
    this.#source = source;
  }

  value(node: YamlNode): unknown {
    if (++this.#values > mostValues) throw this.#source.invalid(node.start, 'aliases make too many values');
    switch (node.kind) {
      case 'mapping':
        // fromEntries makes own properties, whatever the key: `__proto__` too.
        return Object.fromEntries(this.#pairs(node).map(({ key, value }) => [key.value, this.value(value)]));
      case 'sequence':
        return node.items.map((item) => this.value(item));
      case 'alias':
        return this.value(node.target);
      case 'scalar':
        return this.#scalar(node);
    }
  }

  /** A mapping's own keys win over those that it merges, and an earlier merge over a later one. */
  #pairs(node: MappingNode): Pair[] {
    const own = node.pairs.filter(({ merges }) => !merges);
    const pairs = new Map(own.map((pair) => [pair.key.value, pair]));
    for (const { value } of node.pairs.filter(({ merges }) => merges)) {
      for (const source of value.kind === 'sequence' ? value.items : [value]) {
        const mapping = source.kind === 'alias' ? source.target : source;
        if (mapping.kind !== 'mapping')
          throw this.#source.invalid(value.start, 'map merge requires map or sequence of maps');
        if (++this.#values > mostValues) throw this.#source.invalid(node.start, 'aliases make too many values');
        for (const pair of this.#pairs(mapping)) if (!pairs.has(pair.key.value)) pairs.set(pair.key.value, pair);
      }
    }
    return [...pairs.values()];
  }

  #scalar(node: ScalarNode): unknown {
    const { type, canonical } = resolve(this.#source, node);
    if (type === 'null') return null;
    if (type === 'bool') return canonical === 'True';
    if (type === 'int' || type === 'float') return Number(canonical);
    return typeof canonical === 'string' && type === 'str' ? canonical : node.value;
  }
}

function find(root: YamlNode, path: readonly (string | number)[]): YamlNode {
  let node = root;
  for (const step of path) {
    const inside = node.kind === 'alias' ? node.target : node;
    const next =
      inside.kind === 'sequence'
        ? inside.items[step as number]
        : inside.kind === 'mapping'
          ? inside.pairs.find(({ key }) => key.value === step)?.value
          : undefined;
    if (next === undefined) return node;
    node = next;
  }
  return node;
}
