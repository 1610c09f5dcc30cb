import fc from 'fast-check';
import type { Tree } from '../../../src/tree/merge/tree.ts';

/** A record of a list: whose it is, and its fields. The owner is in every value but those that anybody may have. */
export interface Item {
  readonly owner: string;
  readonly fields: ReadonlyMap<string, string>;
}

type Edit = { readonly at: number; readonly to: number; readonly field: string } & {
  readonly kind:
    | 'remove item'
    | 'insert item'
    | 'replace item'
    | 'move item'
    | 'reverse'
    | 'change field'
    | 'remove field'
    | 'change all fields';
};

const fieldNames = ['pw', 'role', 'old', 'url'];
const anybodys = 'admin';

const edit: fc.Arbitrary<Edit> = fc.record({
  kind: fc.constantFrom<Edit['kind']>(
    'remove item',
    'insert item',
    'replace item',
    'move item',
    'reverse',
    'change field',
    'change field',
    'remove field',
    'remove field',
    'change all fields',
  ),
  at: fc.nat(7),
  to: fc.nat(7),
  field: fc.constantFrom(...fieldNames),
});

export interface Lists {
  readonly base: readonly Item[];
  readonly ours: readonly Item[];
  readonly theirs: readonly Item[];
}

/** @param naming the field that tells the items apart; null where they have none */
export function listsOf(naming: string | null): fc.Arbitrary<Lists> {
  return fc
    .record({
      fields: fc.array(fc.subarray(fieldNames, { minLength: 1 }), { maxLength: 4 }),
      ours: fc.array(edit, { maxLength: 3 }),
      theirs: fc.array(edit, { maxLength: 3 }),
    })
    .map(({ fields, ours, theirs }) => {
      const base = fields.map((names, i) => newItem(`base${i}`, names, naming));
      return { base, ours: worked(base, ours, 'ours', naming), theirs: worked(base, theirs, 'theirs', naming) };
    });
}

function newItem(owner: string, names: readonly string[], naming: string | null): Item {
  const fields = new Map(naming === null ? [] : [[naming, `${owner}:me`]]);
  // What anybody may have speaks for nobody; an item without a name has none of it here.
  for (const name of names) fields.set(name, name === 'role' && naming !== null ? anybodys : `${owner}:0`);
  return { owner, fields };
}

function worked(base: readonly Item[], edits: readonly Edit[], side: string, naming: string | null): Item[] {
  const items = [...base];
  for (const [n, { kind, at, to, field }] of edits.entries()) {
    const i = at % Math.max(1, items.length);
    const item = items[i];
    const fresh = newItem(`${side}${n}`, [fieldNames[to % 4] as string, field], naming);
    if (kind === 'insert item') items.splice(at % (items.length + 1), 0, fresh);
    if (kind === 'reverse') items.reverse();
    if (item === undefined) continue;
    const fields = new Map(item.fields);
    if (kind === 'remove item') items.splice(i, 1);
    if (kind === 'replace item') items[i] = fresh;
    if (kind === 'move item') items.splice(to % items.length, 0, ...items.splice(i, 1));
    if (kind === 'change field') fields.set(field, `${item.owner}:${side}${n}`);
    if (kind === 'remove field' && fields.size > 1) fields.delete(field);
    if (kind === 'change all fields') {
      for (const name of fields.keys()) if (name !== naming) fields.set(name, `${item.owner}:${side}${n}`);
    }
    if (/ fields?$/.test(kind)) items[i] = { ...item, fields };
  }
  return naming === null ? items.map((item) => ({ ...item, owner: ownerOf(item, base, side) })) : items;
}

/** A record without a name of which less than half is left is another one. */
function ownerOf({ owner, fields }: Item, base: readonly Item[], side: string): string {
  const before = base.find((item) => item.owner === owner)?.fields;
  if (before === undefined) return owner;
  const kept = [...fields].filter(([key, value]) => before.get(key) === value).length;
  return kept * 2 < Math.max(before.size, fields.size) ? `${owner} by ${side}` : owner;
}

export function treeOfItems(items: readonly Item[]): Tree {
  const map = ({ fields }: Item): Tree => ({
    kind: 'map',
    entries: [...fields].map(([key, meaning]) => ({ key, tree: { kind: 'leaf', meaning } })),
  });
  return {
    kind: 'map',
    entries: [{ key: 'l', tree: { kind: 'list', entries: items.map((item) => ({ key: '', tree: map(item) })) } }],
  };
}

/** The fields of each record of a merged list. */
export function fieldsIn(tree: Tree): Map<string, string>[] {
  const list = tree.kind === 'map' ? tree.entries[0]?.tree : undefined;
  if (list?.kind !== 'list') throw new Error('no list');
  return list.entries.map(({ tree: item }) => {
    if (item.kind !== 'map') throw new Error('no record');
    return new Map(item.entries.map(({ key, tree: leaf }) => [key, leaf.kind === 'leaf' ? leaf.meaning : '']));
  });
}
