import { type Match, matchesOf } from './edit-script.ts';
import { cellAt, fingerprint, isBranch, type Node } from './node.ts';

export interface Alignment {
  /** Which item follows which, in the new order. */
  readonly pairs: readonly Match[];
  /** Positions on the old and on the new side that have no partner. */
  readonly removed: readonly number[];
  readonly added: readonly number[];
  /** Whether the pairs come in another order than before. */
  readonly reordered: boolean;
}

/** What names an item of a list, by the keys that lists of Kubernetes, Compose and CI files use for it. */
const identities: readonly (readonly string[])[] = [['name'], ['id'], ['key']];
/** What names a document of a Kubernetes manifest. */
const documentIdentity = ['apiVersion', 'kind', 'metadata.namespace', 'metadata.name'];

/** Items of a sequence: by identity where all have one, else what is equal follows what is equal and the rest goes by position. */
export function alignItems(before: readonly Node[], after: readonly Node[]): Alignment {
  for (const keys of identities) {
    const names = [namesOf(before, keys), namesOf(after, keys)] as const;
    if (names[0] !== null && names[1] !== null) return withRenamed(byName(names[0], names[1]), before, after);
  }
  return byPosition(before, after);
}

export function alignDocuments(before: readonly Node[], after: readonly Node[]): Alignment {
  const names = [namesOf(before, documentIdentity, 'kind'), namesOf(after, documentIdentity, 'kind')] as const;
  return names[0] !== null && names[1] !== null && (before.length > 1 || after.length > 1)
    ? withRenamed(byName(names[0], names[1]), before, after)
    : byPosition(before, after);
}

/** Null unless every item has a name of its own. */
function namesOf(items: readonly Node[], keys: readonly string[], needed?: string): string[] | null {
  const names: string[] = [];
  for (const item of items) {
    if (!isBranch(item) || item.kind !== 'mapping') return null;
    const parts = keys.map((key) => cellAt(item, ...key.split('.'))?.id ?? '');
    if (parts.every((part) => part === '')) return null;
    if (needed !== undefined && parts[keys.indexOf(needed)] === '') return null;
    names.push(JSON.stringify(parts));
  }
  return new Set(names).size === names.length ? names : null;
}

function byName(before: readonly string[], after: readonly string[]): Alignment {
  const where = new Map(before.map((name, i) => [name, i]));
  const pairs: Match[] = [];
  const added: number[] = [];
  after.forEach((name, j) => {
    const i = where.get(name);
    if (i === undefined) added.push(j);
    else {
      where.delete(name);
      pairs.push([i, j]);
    }
  });
  const reordered = pairs.some(([i], n) => n > 0 && i < (pairs[n - 1]?.[0] ?? 0));
  return { pairs, added, removed: [...where.values()], reordered };
}

/** More comparisons of items than this are not worth their time: the items show as removed and added. */
const mostComparisons = 10_000;

/** An item that got another name is still that item, where at least half of its values are what they were. */
function withRenamed(found: Alignment, before: readonly Node[], after: readonly Node[]): Alignment {
  if (found.removed.length * found.added.length > mostComparisons) return found;
  const removed = [...found.removed];
  const pairs = [...found.pairs];
  const added = found.added.filter((j) => {
    const at = removed.findIndex((i) => areAlike(before[i] as Node, after[j] as Node));
    for (const i of at < 0 ? [] : removed.splice(at, 1)) pairs.push([i, j]);
    return at < 0;
  });
  return { ...found, pairs: pairs.sort(([, a], [, b]) => a - b), removed, added };
}

function areAlike(a: Node, b: Node): boolean {
  const [old, now] = [valuesOf(a), valuesOf(b)];
  const common = [...now].filter((value) => old.has(value)).length;
  return common > 0 && common * 2 >= Math.max(old.size, now.size);
}

/** Path and value of each, as one text. */
function valuesOf(node: Node, path: readonly string[] = []): Set<string> {
  if (!isBranch(node)) return new Set([JSON.stringify([path, node.id])]);
  return new Set([...node.entries].flatMap(([key, inner]) => [...valuesOf(inner, [...path, key])]));
}

function byPosition(before: readonly Node[], after: readonly Node[]): Alignment {
  const pairs: Match[] = [];
  const removed: number[] = [];
  const added: number[] = [];
  let [i, j] = [0, 0];
  const end: Match = [before.length, after.length];
  for (const [nextI, nextJ] of [...matchesOf(before.map(fingerprint), after.map(fingerprint)), end]) {
    while (i < nextI && j < nextJ) pairs.push([i++, j++]);
    while (i < nextI) removed.push(i++);
    while (j < nextJ) added.push(j++);
    if (nextI < before.length) pairs.push([i++, j++]);
  }
  return { pairs, removed, added, reordered: false };
}
