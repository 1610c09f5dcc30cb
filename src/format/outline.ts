import type { Tree } from '../tree/merge/tree.ts';

/**
 * A plaintext file as entries in their order, each with the characters that are its own: what a merge by values goes by.
 * Offsets are in UTF-16 code units of `text`.
 */
export interface Outline {
  /** The file without a byte order mark. */
  readonly text: string;
  readonly root: OutlineEntry;
}

export interface OutlineEntry {
  /** Empty in a list. In a map it may stand twice (JSON): then the map is only ever merged as a whole. */
  readonly key: string;
  /** Where the blank and comment lines above begin that go with the entry. */
  readonly start: number;
  /** Where the entry's own first line begins, or its own first character where it shares a line. */
  readonly own: number;
  readonly node: OutlineNode;
  /** Exclusive. What stands behind the node goes with the entry: a comment on its line, further lines. */
  readonly end: number;
}

export type OutlineNode = OutlineValue | OutlineContainer;

/** A value, or a collection that is only ever taken as a whole. */
export interface OutlineValue {
  readonly kind: 'value';
  readonly start: number;
  readonly end: number;
  readonly tree: Tree;
}

export interface OutlineContainer {
  readonly kind: 'map' | 'list';
  readonly start: number;
  readonly end: number;
  /** Entries that are runs of whole lines, or entries with commas between them in brackets. */
  readonly style: 'lines' | 'inline';
  /** White space before each entry's first line; null where entries share lines. */
  readonly indent: string | null;
  /** Whether the first entry begins in the middle of a line (`- a: 1`). */
  readonly compact: boolean;
  readonly entries: readonly OutlineEntry[];
}

/** What the outline says, without how. */
export function treeOf(node: OutlineNode): Tree {
  if (node.kind === 'value') return node.tree;
  const known = trees.get(node);
  if (known !== undefined) return known;
  const { kind, entries } = node;
  const tree: Tree = { kind, entries: entries.map(({ key, node: inner }) => ({ key, tree: treeOf(inner) })) };
  trees.set(node, tree);
  return tree;
}

const trees = new WeakMap<OutlineNode, Tree>();

/**
 * Where the lines begin that go with an entry: comments right above it at its column, and the blank lines above those.
 * @param own start of the entry's line
 * @param floor start of the first line that is free for it
 */
export function leadOf(text: string, own: number, floor: number, isComment: (line: string) => boolean): number {
  let at = own;
  for (const belongs of [isComment, isBlank]) {
    while (at > floor) {
      const start = at < 2 ? 0 : text.lastIndexOf('\n', at - 2) + 1;
      if (start < floor || !belongs(text.slice(start, at))) break;
      at = start;
    }
  }
  return at;
}

function isBlank(line: string): boolean {
  return line.trim() === '';
}
