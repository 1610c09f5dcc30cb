import { alignItems } from './align-items.ts';
import { identitiesOf } from './identity.ts';
import { byKey, inserted, mergedOrder } from './order.ts';
import { followRenames } from './renamed.ts';
import { entangledKeys, plainKey } from './repeated-keys.ts';
import type { Slot } from './slot.ts';
import { type Branch, hasTwins, type TreeNumbers } from './tree.ts';

/**
 * Which entries of three versions belong together: by key, by identity, else by what is the same around them. Entries that
 * nobody has any more are left out. Null where both sides put a list's items into different orders, or a map has a key twice.
 * @param isFile whether these are whole files: a list is one of documents then
 */
export function align(
  base: Branch | null,
  ours: Branch,
  theirs: Branch,
  numbers: TreeNumbers,
  isFile: boolean,
): Slot[] | null {
  if (ours.kind === 'map') {
    if ([base, ours, theirs].some((branch) => branch !== null && hasTwins(branch))) return null;
    return byUniqueKey(base, ours, theirs, numbers);
  }
  const found = identitiesOf([base, ours, theirs]);
  const ids = found === null ? null : followRenames([base, ours, theirs], found, numbers);
  if (ids !== null) return byKey(ids[0] ?? [], ids[1] ?? [], ids[2] ?? [], true);
  // The only document of a file is the file, whatever was changed in it.
  if (isFile && [base, ours, theirs].every((list) => list === null || list.entries.length === 1)) {
    return [{ base: base === null ? null : 0, ours: 0, theirs: 0 }];
  }
  return alignItems(base, ours, theirs, numbers);
}

/** Entries whose keys are entangled are one, where the first of them stands. */
function byUniqueKey(base: Branch | null, ours: Branch, theirs: Branch, numbers: TreeNumbers): Slot[] | null {
  const entangled = entangledKeys(base, ours, theirs, numbers);
  if (entangled.size === 0) return byKey(keysOf(base), keysOf(ours), keysOf(theirs), false);
  const [o, a, b] = [grouped(base, entangled), grouped(ours, entangled), grouped(theirs, entangled)];
  const [inBase, inOurs, inTheirs] = [[...o.keys()], [...a.keys()], [...b.keys()]];
  const order = mergedOrder(inBase, inOurs, inTheirs) ?? inserted(inOurs, inTheirs, 'behind');
  return order.map((key): Slot => {
    const all = { base: o.get(key) ?? [], ours: a.get(key) ?? [], theirs: b.get(key) ?? [] };
    if (entangled.has(key)) return all;
    return { base: all.base[0] ?? null, ours: all.ours[0] ?? null, theirs: all.theirs[0] ?? null };
  });
}

/** Key → positions. */
function grouped(branch: Branch | null, together: ReadonlySet<string>): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const [i, name] of keysOf(branch).entries()) {
    const key = together.has(plainKey(name)) ? plainKey(name) : name;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [i]);
    else group.push(i);
  }
  return groups;
}

function keysOf(branch: Branch | null): string[] {
  return branch?.entries.map(({ key }) => key) ?? [];
}
