import { withoutIdentity } from './identity.ts';
import { leavesOf } from './likeness.ts';
import type { Branch, TreeNumbers } from './tree.ts';

/**
 * The identities of three versions of a list, where an item that a side gave another one (a Secret that moved to another
 * namespace, a renamed user) keeps the base's: what the other side changed in it is still about the same thing. It is the
 * same where nothing but the name changed. After any other change it may be a new one in an old one's place, which must
 * not get what the other side meant for the old.
 */
export function followRenames(
  lists: readonly (Branch | null)[],
  ids: readonly (readonly string[])[],
  numbers: TreeNumbers,
): string[][] {
  const [base, ours, theirs] = lists;
  const [inBase = [], inOurs = [], inTheirs = []] = ids;
  if (base == null || ours == null || theirs == null) return ids.map((list) => [...list]);
  const byOurs = renames(base, ours, inBase, inOurs, numbers);
  const byTheirs = renames(base, theirs, inBase, inTheirs, numbers);
  return [[...inBase], follow(inOurs, byOurs, inTheirs, byTheirs), follow(inTheirs, byTheirs, inOurs, byOurs)];
}

/** New identity → the base's. */
type Renames = ReadonlyMap<string, string>;

/** Where the other side has that very identity for something else, two items would bear one name: then nothing is followed. */
function follow(own: readonly string[], renamed: Renames, others: readonly string[], byOther: Renames): string[] {
  return own.map((id) => {
    const before = renamed.get(id);
    if (before === undefined || (others.includes(id) && byOther.get(id) !== before)) return id;
    return before;
  });
}

function renames(
  base: Branch,
  side: Branch,
  inBase: readonly string[],
  inSide: readonly string[],
  numbers: TreeNumbers,
): Renames {
  const [was, is] = [unnamed(base, inBase, inSide, numbers), unnamed(side, inSide, inBase, numbers)];
  const found = new Map<string, string>();
  for (const [rest, ids] of was) {
    const [before, after] = [ids[0], is.get(rest)?.[0]];
    // Of several that are the same without their names nobody can say which became which.
    if (ids.length === 1 && is.get(rest)?.length === 1) found.set(after as string, before as string);
  }
  return found;
}

/** Number of what an item is without its identity → identities of the items that are only in this version. */
function unnamed(
  list: Branch,
  own: readonly string[],
  others: readonly string[],
  numbers: TreeNumbers,
): Map<number, string[]> {
  const elsewhere = new Set(others);
  const groups = new Map<number, string[]>();
  for (const [i, id] of own.entries()) {
    const item = list.entries[i]?.tree;
    if (item === undefined || elsewhere.has(id)) continue;
    const rest = withoutIdentity(item);
    // One value (`role: admin`) is soon the same in two things.
    if (leavesOf(rest).size < 2) continue;
    groups.set(numbers.of(rest), [...(groups.get(numbers.of(rest)) ?? []), id]);
  }
  return groups;
}
