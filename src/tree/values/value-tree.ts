import type { ValueType } from '../leaf.ts';

/** The values of a document as sops's tree branches have them, for what looks into a file or makes another of it. */
export type ValueTree = ScalarTree | MapTree | ListTree;

export interface ScalarTree {
  readonly kind: 'scalar';
  readonly type: ValueType;
  /** What sops hashes for it: decimal ints, Go's floats, `True`/`False`, RFC 3339. Bytes that are no text stay bytes. */
  readonly content: string | Uint8Array;
}

export interface MapTree {
  readonly kind: 'map';
  readonly entries: readonly MapEntry[];
}

export interface MapEntry {
  readonly key: string;
  readonly value: ValueTree;
  /** The comments that go with it, one for each line, without their signs. */
  readonly comments?: readonly string[];
}

export interface ListTree {
  readonly kind: 'list';
  readonly items: readonly ValueTree[];
}

export const emptyMap: MapTree = { kind: 'map', entries: [] };

export function textTree(content: string | Uint8Array): ScalarTree {
  return { kind: 'scalar', type: 'str', content };
}

/** Whether two say the same. The order of a map's keys does not count, nor do comments. */
export function sameValues(a: ValueTree, b: ValueTree): boolean {
  if (a.kind === 'scalar' || b.kind === 'scalar') {
    return a.kind === 'scalar' && b.kind === 'scalar' && a.type === b.type && sameContent(a.content, b.content);
  }
  if (a.kind === 'list' || b.kind === 'list') {
    if (a.kind !== 'list' || b.kind !== 'list' || a.items.length !== b.items.length) return false;
    return a.items.every((item, i) => sameValues(item, b.items[i] as ValueTree));
  }
  if (a.entries.length !== b.entries.length) return false;
  // A key may stand twice (a repeated INI section, JSON): then their order counts.
  const [left, right] = [sorted(a), sorted(b)];
  return left.every(({ key, value }, i) => {
    const other = right[i] as MapEntry;
    return key === other.key && sameValues(value, other.value);
  });
}

/** The first key that stands twice in one map; null where none does. */
export function repeatedKey(tree: ValueTree): string | null {
  if (tree.kind === 'scalar') return null;
  const seen = new Set<string>();
  for (const { key } of tree.kind === 'map' ? tree.entries : []) {
    if (seen.has(key)) return key;
    seen.add(key);
  }
  const inner = tree.kind === 'map' ? tree.entries.map(({ value }) => value) : tree.items;
  for (const value of inner) {
    const found = repeatedKey(value);
    if (found !== null) return found;
  }
  return null;
}

function sorted({ entries }: MapTree): MapEntry[] {
  return entries.toSorted((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
}

function sameContent(a: string | Uint8Array, b: string | Uint8Array): boolean {
  if (typeof a === 'string' && typeof b === 'string') return a === b;
  return Buffer.compare(Buffer.from(a as Uint8Array), Buffer.from(b as Uint8Array)) === 0;
}
