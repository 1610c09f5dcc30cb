import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeTrees } from '../../../src/tree/merge/merge-trees.ts';
import { type Tree, TreeNumbers } from '../../../src/tree/merge/tree.ts';
import { runs } from '../../format/runs.ts';
import { fieldsIn, type Item, listsOf, treeOfItems } from './list-model.ts';

function merged(base: Tree, ours: Tree, theirs: Tree): Tree | null {
  const result = mergeTrees(base, ours, theirs, 'ours', new TreeNumbers());
  return result === null || result.conflicts > 0 ? null : result.tree;
}

type Fields = ReadonlyMap<string, string>;

/** What one person merges of one thing, knowing whose it is; null where both changed the same. */
function expected(base?: Fields, ours?: Fields, theirs?: Fields): Fields | 'gone' | null {
  const text = (fields?: Fields) => (fields === undefined ? '' : JSON.stringify([...fields].toSorted()));
  if (text(ours) === text(theirs) || text(base) === text(theirs)) return ours ?? 'gone';
  if (text(base) === text(ours)) return theirs ?? 'gone';
  if (ours === undefined || theirs === undefined) return null;
  const result = new Map<string, string>();
  for (const key of new Set([...(base?.keys() ?? []), ...ours.keys(), ...theirs.keys()])) {
    const [o, a, b] = [base?.get(key), ours.get(key), theirs.get(key)];
    if (a !== b && a !== o && b !== o) return null;
    const value = a === o ? b : a;
    if (value !== undefined) result.set(key, value);
  }
  return result;
}

describe.each([null, 'user', 'name', 'id'])('a list of records that are told apart by %s', (naming) => {
  it('is merged to what each thing’s own versions say, or is in conflict: nothing comes back, nothing is lost, nothing is another’s', async () => {
    let clean = 0;
    const { numRuns, seed } = runs(4000);
    fc.assert(
      fc.property(listsOf(naming), ({ base, ours, theirs }) => {
        const tree = merged(treeOfItems(base), treeOfItems(ours), treeOfItems(theirs));
        if (tree === null) return;
        clean++;
        const owners = new Set([...base, ...ours, ...theirs].map(({ owner }) => owner));
        const of = (items: readonly Item[], owner: string) => items.find((item) => item.owner === owner)?.fields;
        const wanted = [...owners].map((owner) => expected(of(base, owner), of(ours, owner), of(theirs, owner)));
        expect(wanted, 'both changed one field').not.toContain(null);
        const text = (fields: Fields) => JSON.stringify([...fields].toSorted());
        const left = wanted.filter((fields): fields is Fields => fields !== 'gone' && fields !== null);
        expect(fieldsIn(tree).map(text).toSorted()).toEqual(left.map(text).toSorted());
      }),
      { numRuns, seed },
    );
    expect(clean).toBeGreaterThan(numRuns / 4);
  });
});

describe('a list of values', () => {
  const list = (values: readonly string[]): Tree => ({
    kind: 'map',
    entries: [
      {
        key: 'l',
        tree: { kind: 'list', entries: values.map((meaning) => ({ key: '', tree: { kind: 'leaf', meaning } })) },
      },
    ],
  });
  const valuesIn = (tree: Tree): string[] => {
    const inner = tree.kind === 'map' ? tree.entries[0]?.tree : undefined;
    return inner?.kind !== 'list'
      ? []
      : inner.entries.map(({ tree: leaf }) => (leaf.kind === 'leaf' ? leaf.meaning : ''));
  };
  const count = (values: readonly string[], value: string) => values.filter((one) => one === value).length;

  it('has none that one side took away and the other did not, and loses none that is new', () => {
    let clean = 0;
    const values = fc.array(fc.constantFrom('1', '2', '3', '4', '5', '6'), { maxLength: 5 });
    const { numRuns, seed } = runs(20_000);
    fc.assert(
      fc.property(values, values, values, (base, ours, theirs) => {
        const tree = merged(list(base), list(ours), list(theirs));
        if (tree === null) return;
        clean++;
        for (const value of new Set([...base, ...ours, ...theirs])) {
          const [o, a, b, m] = [base, ours, theirs, valuesIn(tree)].map((all) => count(all, value)) as [
            number,
            number,
            number,
            number,
          ];
          if (a === o && b < o) expect(m, `${value} was taken away by theirs`).toBe(b);
          if (b === o && a < o) expect(m, `${value} was taken away by ours`).toBe(a);
          if (a < o && b < o) expect(m, `${value} was taken away by both`).toBeLessThanOrEqual(Math.min(a, b));
          if (Math.min(a, b) >= o) expect(m, `${value} is new`).toBeGreaterThanOrEqual(Math.max(a, b));
        }
      }),
      { numRuns, seed },
    );
    expect(clean).toBeGreaterThan(numRuns / 20);
  });
});
