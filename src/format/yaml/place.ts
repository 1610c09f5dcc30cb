import type { ValueLeaf } from '../../tree/leaf.ts';
import type { Copy } from './copy.ts';
import type { ValueItem } from './leaves.ts';
import type { MappingNode, YamlDocument, YamlNode } from './node.ts';

type Path = readonly (string | number)[];

/** Where a layout entry belongs: the document's number and the path in it, so that edits elsewhere leave it as it is. */
export function placeOf({ document, path }: Pick<ValueLeaf, 'document' | 'path'>): string {
  return `${document}${JSON.stringify(path)}`;
}

/** A value's own: of several at one path, which an edit of the others may move, each has its turn. */
export function placeOfValue({ leaf, twins }: Pick<ValueItem, 'leaf' | 'twins'>): string {
  return twins === 0 ? placeOf(leaf) : `${placeOf(leaf)}~${twins}`;
}

/** A merge's place names the keys that stand for it. */
export function placeOfCopy({ kind, document, path, content }: Copy): string {
  const place = placeOf({ document, path });
  if (kind === 'alias' || content.kind !== 'mapping') return place;
  return `${place}<<${JSON.stringify(content.pairs.map(({ key }) => key.value))}`;
}

const shape = /^(\d+)(\[.*?\])(?:<<(\[.*\]))?$/s;

/** What a recorded alias or merge stands for in the encrypted text; null where that is not there any more. */
export function findCopy(documents: readonly YamlDocument[], place: string): { start: number; end: number } | null {
  for (const { index, path, keys } of readings(place)) {
    const document = documents[index];
    const node = document === undefined ? null : nodeAt(document.root, path);
    if (node === null) continue;
    if (keys === null) return node.kind === 'mapping' || node.kind === 'sequence' ? flowRange(node) : null;
    const range = node.kind === 'mapping' ? pairRange(node, keys) : null;
    if (range !== null) return range;
  }
  return null;
}

interface Reading {
  readonly index: number;
  readonly path: Path;
  readonly keys: readonly string[] | null;
}

/** A key may itself hold `]<<[`; only readings that are JSON count. */
function* readings(place: string): Iterable<Reading> {
  if (!shape.test(place)) return;
  const from = place.indexOf('[');
  const index = Number(place.slice(0, from));
  for (let at = place.indexOf(']<<[', from); at >= 0; at = place.indexOf(']<<[', at + 1)) {
    const path = listOf(place.slice(from, at + 1));
    const keys = listOf(place.slice(at + 3));
    if (path !== null && keys !== null) yield { index, path, keys: keys.map(String) };
  }
  const path = listOf(place.slice(from));
  if (path !== null) yield { index, path, keys: null };
}

function listOf(json: string): Path | null {
  try {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) ? list : null;
  } catch {
    return null;
  }
}

function nodeAt(root: YamlNode, path: Path): YamlNode | null {
  let node: YamlNode | undefined = root;
  for (const part of path) {
    if (node.kind === 'mapping') node = valuesOf(node).get(part);
    else if (node.kind === 'sequence' && typeof part === 'number') node = node.items[part];
    else return null;
    if (node === undefined) return null;
  }
  return node;
}

const known = new WeakMap<MappingNode, ReadonlyMap<string | number, YamlNode>>();

/** By key, the first of each: a long mapping may have as many places looked up in it. */
function valuesOf(node: MappingNode): ReadonlyMap<string | number, YamlNode> {
  const values = known.get(node) ?? new Map(node.pairs.toReversed().map(({ key, value }) => [key.value, value]));
  known.set(node, values);
  return values;
}

function flowRange({
  flow,
  anchor,
  tag,
  start,
  end,
}: YamlNode & { flow: boolean }): { start: number; end: number } | null {
  return flow && anchor === null && tag === null ? { start, end } : null;
}

/** From the first of these keys to the last one's value, when they stand together in this order. */
function pairRange({ pairs }: MappingNode, keys: readonly string[]): { start: number; end: number } | null {
  const from = pairs.findIndex(({ key }) => key.value === keys[0]);
  const first = pairs[from];
  const last = pairs[from + keys.length - 1];
  if (first === undefined || last === undefined) return null;
  if (!keys.every((key, i) => pairs[from + i]?.key.value === key)) return null;
  return { start: first.key.start, end: last.value.end };
}
