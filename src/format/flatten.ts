import { parseBool } from '../tree/go-number.ts';
import type { MetadataTree } from './format.ts';

/*
 * sops's flattening of metadata for the formats that have no nesting (its stores/flatten.go): `age[0].enc` becomes
 * `age__list_0__map_enc`. Entries come in sops's order, which is alphabetical at each level.
 */

const separator = /__(map|list)_/g;
/** sops's own metadata is four deep. A file that claims more is not worth a deep recursion. */
const deepest = 32;

/** A flat entry: name and value, the latter as sops prints it. */
export type FlatEntry = readonly [name: string, value: string];

/** The entries of a tree. Empty lists and records leave none, as in sops. */
export function flatten(tree: MetadataTree): FlatEntry[] {
  const entries: FlatEntry[] = [];
  const descend = (name: string, value: unknown): void => {
    if (Array.isArray(value)) {
      value.forEach((item, i) => {
        descend(`${name}__list_${i}`, item);
      });
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, inner] of sorted(value)) descend(`${name}__map_${key}`, inner);
    } else {
      // Go prints a nil so: a KMS context entry without a value.
      entries.push([name, value === null || value === undefined ? '<nil>' : String(value)]);
    }
  };
  for (const [key, value] of sorted(tree)) descend(key, value);
  return entries;
}

function sorted(record: object): [string, unknown][] {
  return Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

interface Node {
  value: string | undefined;
  readonly keys: Map<string, Node>;
  readonly items: Map<number, Node>;
}

/**
 * The tree of flat entries; null where they do not fit together: a name twice, a value that is a list too, a list with a gap.
 * The two entries of sops that are not text get their types back.
 */
export function unflatten(entries: Iterable<FlatEntry>): MetadataTree | null {
  const root = emptyNode();
  for (const [name, value] of entries) {
    const node = nodeAt(root, name);
    if (node === null || node.value !== undefined) return null;
    node.value = value;
  }
  const tree = treeOf(root);
  return isRecord(tree) ? withTypes(tree) : null;
}

function nodeAt(root: Node, name: string): Node | null {
  let node = root;
  let depth = 0;
  let kind: 'map' | 'list' = 'map';
  let from = 0;
  const step = (part: string): void => {
    // As Go's Atoi with its error ignored: no number is position 0.
    node = kind === 'map' ? child(node.keys, part) : child(node.items, /^[+-]?\d{1,15}$/.test(part) ? Number(part) : 0);
  };
  for (const match of name.matchAll(separator)) {
    step(name.slice(from, match.index));
    kind = match[1] === 'map' ? 'map' : 'list';
    from = match.index + match[0].length;
    if (++depth > deepest) return null;
  }
  step(name.slice(from));
  return node;
}

function child<Key>(children: Map<Key, Node>, key: Key): Node {
  let node = children.get(key);
  if (node === undefined) {
    node = emptyNode();
    children.set(key, node);
  }
  return node;
}

function emptyNode(): Node {
  return { value: undefined, keys: new Map(), items: new Map() };
}

function treeOf({ value, keys, items }: Node): unknown {
  if (Number(value !== undefined) + Number(keys.size > 0) + Number(items.size > 0) > 1) return undefined;
  if (value !== undefined) return value;
  if (items.size > 0) {
    const list: unknown[] = [];
    for (let i = 0; i < items.size; i++) {
      const item = items.get(i);
      const inner = item === undefined ? undefined : treeOf(item);
      if (inner === undefined) return undefined;
      list.push(inner);
    }
    return list;
  }
  const pairs: [string, unknown][] = [];
  for (const [key, node] of keys) {
    const inner = treeOf(node);
    if (inner === undefined) return undefined;
    pairs.push([key, inner]);
  }
  // fromEntries makes own properties, whatever the key: `__proto__` too.
  return Object.fromEntries(pairs);
}

function isRecord(tree: unknown): tree is MetadataTree {
  return typeof tree === 'object' && tree !== null && !Array.isArray(tree);
}

function withTypes(tree: MetadataTree): MetadataTree {
  const { shamir_threshold: threshold, mac_only_encrypted: flag } = tree;
  const only = typeof flag === 'string' ? parseBool(flag) : null;
  return {
    ...tree,
    ...(typeof threshold === 'string' && /^\d{1,9}$/.test(threshold) ? { shamir_threshold: Number(threshold) } : {}),
    ...(only === null ? {} : { mac_only_encrypted: only }),
  };
}
