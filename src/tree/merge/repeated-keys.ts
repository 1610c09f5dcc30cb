import type { Branch, TreeNumbers } from './tree.ts';

/** Names for keys that may stand more than once: from the second on they get a number. */
export class UniqueKeys {
  readonly #seen = new Map<string, number>();

  of(key: string): string {
    const count = (this.#seen.get(key) ?? 0) + 1;
    this.#seen.set(key, count);
    return count === 1 ? key : `${key}\0${count}`;
  }
}

/** The key that a name of `UniqueKeys` stands for. */
export function plainKey(name: string): string {
  return name.replace(/\0\d+$/, '');
}

/**
 * Keys that stand more than once and of which both sides changed the same one, though not all alike. After one was taken out or
 * put in, the numbers are about other values than before, so nothing can be told of any of them.
 */
export function entangledKeys(
  base: Branch | null,
  ours: Branch,
  theirs: Branch,
  numbers: TreeNumbers,
): ReadonlySet<string> {
  const repeated = [base, ours, theirs].flatMap((branch) => keysIn(branch).filter((key) => key.includes('\0')));
  const entangled = new Set<string>();
  for (const key of new Set(repeated.map(plainKey))) {
    const [o, a, b] = [base, ours, theirs].map((branch) => valuesOf(branch, key, numbers)) as [
      number[],
      number[],
      number[],
    ];
    const places = Array.from({ length: Math.max(o.length, a.length, b.length) }, (_, i) => i);
    if (places.every((i) => a[i] === b[i])) continue;
    if (places.some((i) => a[i] !== o[i] && b[i] !== o[i])) entangled.add(key);
  }
  return entangled;
}

function keysIn(branch: Branch | null): string[] {
  return (branch?.entries ?? []).map(({ key }) => key);
}

function valuesOf(branch: Branch | null, wanted: string, numbers: TreeNumbers): number[] {
  return (branch?.entries ?? []).flatMap(({ key, tree }) => (plainKey(key) === wanted ? [numbers.of(tree)] : []));
}
