import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flatten, unflatten } from '../../src/format/flatten.ts';
import { runs } from './runs.ts';

describe('flattening', () => {
  test('names and order are sops’s', () => {
    const tree = {
      version: '3.13.2',
      age: [{ recipient: 'r', enc: 'e' }, { enc: 'f' }],
      kms: [{ context: { b: null, a: 'x' }, aws_profile: '' }],
      pgp: [],
      mac_only_encrypted: true,
      shamir_threshold: 2,
    };
    expect(flatten(tree)).toEqual([
      ['age__list_0__map_enc', 'e'],
      ['age__list_0__map_recipient', 'r'],
      ['age__list_1__map_enc', 'f'],
      ['kms__list_0__map_aws_profile', ''],
      ['kms__list_0__map_context__map_a', 'x'],
      ['kms__list_0__map_context__map_b', '<nil>'],
      ['mac_only_encrypted', 'true'],
      ['shamir_threshold', '2'],
      ['version', '3.13.2'],
    ]);
  });

  test('more than ten items keep their order', () => {
    const age = Array.from({ length: 12 }, (_, i) => ({ enc: `${i}` }));
    expect(flatten({ age }).map(([, value]) => value)).toEqual(age.map(({ enc }) => enc));
    expect(unflatten(flatten({ age }))).toEqual({ age });
  });

  test.each([
    [
      [
        ['a', '1'],
        ['a', '2'],
      ],
    ],
    [
      [
        ['a', '1'],
        ['a__map_b', '2'],
      ],
    ],
    [
      [
        ['a__list_0', '1'],
        ['a__map_b', '2'],
      ],
    ],
    [[['a__list_1', '1']]],
    [[['a__list_999999999', '1']]],
    [[['a__map_'.repeat(100_000), '1']]],
  ])('what does not fit together is no tree', (entries) => {
    expect(unflatten(entries as [string, string][])).toBeNull();
  });

  test('no name reaches a prototype', () => {
    const tree = unflatten([
      ['__proto__', 'x'],
      ['a__map___proto____map_b', 'y'],
    ]);
    expect(Object.keys(tree ?? {})).toEqual(['__proto__', 'a']);
    expect(({} as Record<string, unknown>)['b']).toBeUndefined();
  });

  test('a tree of texts comes back', () => {
    const name = fc.stringMatching(/^[a-z]{1,3}(_[a-z])?$/);
    const { node } = fc.letrec((tie) => ({
      node: fc.oneof({ depthSize: 'small' }, fc.string(), tie('list'), tie('map')),
      list: fc.array(tie('node'), { minLength: 1, maxLength: 3 }),
      map: fc.dictionary(name, tie('node'), { minKeys: 1, maxKeys: 3, noNullPrototype: true }),
    }));
    fc.assert(
      fc.property(fc.dictionary(name, node, { minKeys: 1, noNullPrototype: true }), (tree) => {
        expect(unflatten(flatten(tree))).toEqual(tree);
      }),
      runs(300),
    );
  });
});
