import type { Slot } from './slot.ts';

/**
 * Entries with the same key belong together. Null where the order counts and both sides changed it, each in another way.
 */
export function byKey(
  base: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
  orderCounts: boolean,
): Slot[] | null {
  const order = mergedOrder(base, ours, theirs);
  if (order === null && orderCounts) return null;
  const [inBase, inOurs, inTheirs] = [positions(base), positions(ours), positions(theirs)];
  return (order ?? inserted(ours, theirs, 'behind')).map((key) => ({
    base: inBase.get(key) ?? null,
    ours: inOurs.get(key) ?? null,
    theirs: inTheirs.get(key) ?? null,
  }));
}

function positions(keys: readonly string[]): Map<string, number> {
  return new Map(keys.map((key, i) => [key, i]));
}

/** All keys that a side still has: the order of the side that moved something, with the other side's new keys. Null: both did. */
export function mergedOrder(
  base: readonly string[],
  ours: readonly string[],
  theirs: readonly string[],
): string[] | null {
  if (!moved(base, theirs)) return inserted(ours, theirs, 'behind');
  if (!moved(base, ours)) return inserted(theirs, ours, 'before');
  return moved(ours, theirs) ? null : inserted(ours, theirs, 'behind');
}

function moved(before: readonly string[], after: readonly string[]): boolean {
  const kept = new Set(after);
  const known = new Set(before);
  const left = before.filter((key) => kept.has(key));
  const right = after.filter((key) => known.has(key));
  return left.some((key, i) => key !== right[i]);
}

/**
 * One order with the keys that only the other has, each behind the key that it stands behind there.
 * @param place among new keys at the same place: theirs come behind ours
 */
export function inserted(frame: readonly string[], other: readonly string[], place: 'behind' | 'before'): string[] {
  const has = new Set(frame);
  const common = new Set(other);
  const after = new Map<string | null, string[]>();
  let anchor: string | null = null;
  for (const key of other) {
    if (has.has(key)) anchor = key;
    else after.set(anchor, [...(after.get(anchor) ?? []), key]);
  }
  const result: string[] = [];
  let waiting: string[] = after.get(null) ?? [];
  for (const key of [...frame, null]) {
    // The frame's own new keys stand between.
    if (key === null || place === 'before' || common.has(key)) {
      result.push(...waiting);
      waiting = [];
    }
    if (key === null) break;
    result.push(key);
    waiting = [...waiting, ...(after.get(key) ?? [])];
  }
  return result;
}
