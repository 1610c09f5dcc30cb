import { isDeepStrictEqual } from 'node:util';
import type { Document, Node, YAMLMap, YAMLSeq } from 'yaml';
import { nestsTooDeep } from '../../repository/yaml-nesting.ts';

/**
 * Puts an entry into a block collection of somebody's YAML file and takes it out again. The `yaml` package finds the
 * place; the text is spliced, so that all else stays byte for byte. The result is read again, and what does not say
 * exactly the old content and the entry is given up (null): flow style, an alias, several documents.
 */

type Plain = { [key: string]: Plain } | Plain[] | string | number | boolean | null;

/**
 * @param path The keys that lead to the collection; those that are missing are made.
 * @param entry Lines without indentation: `key:` … for a mapping, `- ` … for a sequence.
 * @returns the file with the entry in front of the collection's others; null where that is not possible
 */
export async function withEntry(
  text: string,
  path: readonly string[],
  entry: readonly string[],
): Promise<string | null> {
  if (await nestsTooDeep(text)) return null;
  const { isMap, isSeq, parse, parseDocument } = await import('yaml');
  const doc = parseDocument(text);
  if (doc.errors.length > 0) return null;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  let node: Node | null = doc.contents;
  /** Where the line of the last key found ends, and how many keys were found. */
  let behind = -1;
  let depth = 0;
  for (const key of path) {
    const pair = isMap(node) ? node.items.find((item) => plainKey(item.key) === key) : undefined;
    if (pair === undefined) break;
    behind = lineEnd(text, (pair.key as Node).range?.[0] ?? 0);
    node = pair.value as Node | null;
    depth += 1;
  }
  if (node !== null && !isMap(node) && !isSeq(node)) return null;
  const lines = nested(path.slice(depth), entry);
  const column = node === null ? 0 : columnOf(text, node.range?.[0] ?? 0);
  const block = lines.map((line) => ' '.repeat(column) + line + newline).join('');
  const at = behind < 0 ? text.length : behind;
  const open = at > 0 && text[at - 1] !== '\n';
  const result = text.slice(0, at) + (open ? newline : '') + block + text.slice(at);

  const wanted = structuredClone((doc.toJS() ?? {}) as Plain);
  put(wanted, path, parse(entry.join('\n')) as Plain);
  return (await says(result, wanted)) ? result : null;
}

/**
 * @param path The keys that lead to the collection.
 * @param isOurs Told each entry's key (a mapping's) and value.
 * @returns the file without the entry and without collections that it leaves empty; null where that is not possible
 */
export async function withoutEntry(
  text: string,
  path: readonly string[],
  isOurs: (key: string | null, value: unknown) => boolean,
): Promise<string | null> {
  if (await nestsTooDeep(text)) return null;
  const { isMap, isSeq, parseDocument } = await import('yaml');
  const doc = parseDocument(text);
  if (doc.errors.length > 0) return null;
  const trail: { readonly collection: YAMLMap | YAMLSeq; readonly index: number }[] = [];
  let node: unknown = doc.contents;
  for (const key of path) {
    if (!isMap(node)) return text;
    const index = node.items.findIndex((item) => plainKey(item.key) === key);
    if (index < 0) return text;
    trail.push({ collection: node, index });
    node = node.items[index]?.value;
  }
  if (!isMap(node) && !isSeq(node)) return text;
  const index = entriesOf(node, doc).findIndex(([key, value]) => isOurs(key, value));
  if (index < 0) return text;
  trail.push({ collection: node, index });
  while (trail.length > 1 && trail.at(-1)?.collection.items.length === 1) trail.pop();
  const { collection, index: gone } = trail.at(-1) as (typeof trail)[number];
  const item = collection.items[gone];
  const place = isSeq(collection) ? dashBefore(text, item as Node) : ((item as { key: Node }).key.range?.[0] ?? 0);
  const start = text.lastIndexOf('\n', place - 1) + 1;
  const column = place - start;
  let end = lineEnd(text, place);
  while (end < text.length) {
    const line = text.slice(end, lineEnd(text, end));
    if (line.trim() === '' || line.search(/\S/) <= column) break;
    end += line.length;
  }
  const result = text.slice(0, start) + text.slice(end);

  const wanted = structuredClone(doc.toJS() as Plain);
  const keys = trail.slice(0, -1).map((_, i) => path[i] as string);
  const parent = keys.reduce<Plain>((at, key) => (at as Record<string, Plain>)[key] ?? null, wanted);
  if (Array.isArray(parent)) parent.splice(gone, 1);
  else delete (parent as Record<string, Plain>)[plainKey((item as { key: unknown }).key) ?? ''];
  return (await says(result, wanted)) ? result : null;
}

/** Key (null in a sequence) and plain value of each entry. */
function entriesOf(collection: YAMLMap | YAMLSeq, doc: Document): [string | null, unknown][] {
  const plain = (value: unknown) =>
    value !== null && typeof value === 'object' && 'toJS' in value ? (value as Node).toJS(doc) : value;
  return collection.items.map((item) => {
    const pair = item as { key?: unknown; value?: unknown };
    return 'items' in collection && pair.key !== undefined
      ? [plainKey(pair.key), plain(pair.value)]
      : [null, plain(item)];
  });
}

async function says(text: string, wanted: Plain): Promise<boolean> {
  const { parseDocument } = await import('yaml');
  const doc = parseDocument(text);
  return doc.errors.length === 0 && isDeepStrictEqual(doc.toJS() ?? {}, wanted);
}

function put(root: Plain, path: readonly string[], entry: Plain): void {
  let at = root as Record<string, Plain>;
  for (const [i, key] of path.entries()) {
    at[key] ??= i === path.length - 1 && Array.isArray(entry) ? [] : {};
    at = at[key] as Record<string, Plain>;
  }
  if (Array.isArray(entry)) (at as unknown as Plain[]).unshift(...entry);
  else Object.assign(at, entry);
}

function nested(keys: readonly string[], entry: readonly string[]): string[] {
  const [key, ...rest] = keys;
  return key === undefined ? [...entry] : [`${key}:`, ...nested(rest, entry).map((line) => `  ${line}`)];
}

function plainKey(key: unknown): string | null {
  const value = key !== null && typeof key === 'object' && 'value' in key ? key.value : key;
  return typeof value === 'string' ? value : null;
}

/** Of a sequence's item: where its dash stands. */
function dashBefore(text: string, item: Node): number {
  return text.lastIndexOf('-', item.range?.[0] ?? 0);
}

function columnOf(text: string, offset: number): number {
  return offset - (text.lastIndexOf('\n', offset - 1) + 1);
}

/** Behind the newline of the line that an offset is in. */
function lineEnd(text: string, offset: number): number {
  const newline = text.indexOf('\n', offset);
  return newline < 0 ? text.length : newline + 1;
}
