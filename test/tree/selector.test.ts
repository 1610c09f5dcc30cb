import { describe, expect, it } from 'vitest';
import { prepareRe2 } from '../../src/tree/re2.ts';
import { defaultSelector, type Selector, sameSelector, selectsOf } from '../../src/tree/selector.ts';

type Case = [keys: string[], comments: string[][], isComment: boolean, selected: boolean];

async function check(kind: Selector['kind'], value: string, cases: Case[]): Promise<void> {
  await prepareRe2(value);
  const selects = selectsOf({ kind, value });
  for (const [keys, comments, isComment, selected] of cases) {
    expect([keys, comments, isComment, selects(keys, comments, isComment)]).toEqual([
      keys,
      comments,
      isComment,
      selected,
    ]);
  }
}

describe('selectors, as sops judges each value and comment', () => {
  it('by suffix, of any key on the path', async () => {
    await check('unencrypted_suffix', '_unencrypted', [
      [['a'], [[]], false, true],
      [['a_unencrypted'], [[]], false, false],
      [['a_unencrypted', 'b'], [[], []], false, false],
      [['_unencrypted_a'], [[]], false, true],
      [[], [[]], true, true],
    ]);
    await check('encrypted_suffix', '_secret', [
      [['a'], [[]], false, false],
      [['a_secret', 'b'], [[], []], false, true],
      [[], [[]], true, false],
    ]);
  });

  it('by regular expression, anywhere in any key', async () => {
    await check('encrypted_regex', '^(data|stringData)$', [
      [['data', 'password'], [[], []], false, true],
      [['metadata', 'name'], [[], []], false, false],
      [['spec', 'stringData'], [[], []], false, true],
      [[], [[' data']], true, false],
    ]);
    await check('unencrypted_regex', 'kind|name', [
      [['metadata', 'namespace'], [[], []], false, false],
      [['data'], [[]], false, true],
    ]);
  });

  it('one with a meaning that only RE2 has', async () => {
    await check('encrypted_regex', '(?i)pass\\pL+', [
      [['PassWord'], [[]], false, true],
      [['pass_word'], [[]], false, false],
    ]);
  });

  it('by a comment above, on any level, for a comment itself too', async () => {
    await check('unencrypted_comment_regex', 'public', [
      [['a'], [[' public']], false, false],
      [['a', 'b'], [[' public'], []], false, false],
      [['a'], [['x', ' y']], false, true],
      [[], [[' public']], true, false],
    ]);
    await check('encrypted_comment_regex', 'secret', [
      [['a'], [[' secret']], false, true],
      [['a', 'b'], [[' secret'], []], false, true],
      [['a'], [[' x'], [' y']], false, false],
      // The comment that asks for it stays readable; one below it does not.
      [[], [[' secret']], true, false],
      [[], [[' secret', ' x']], true, true],
      [[], [[' secret', ' secret']], true, true],
      [['a'], [[' secret'], [' secret']], true, true],
      [['a'], [[], [' x', ' secret']], true, false],
      // A file without comments, where sops itself falls over.
      [[], [], false, false],
    ]);
  });

  it.each(['encrypted_regex', 'unencrypted_regex', 'encrypted_comment_regex', 'unencrypted_comment_regex'] as const)(
    'refuses a broken %s, which for sops matches nothing and so leaks',
    async (kind) => {
      await prepareRe2('(data');
      expect(() => selectsOf({ kind, value: '(data' })).toThrow(expect.objectContaining({ code: 'bad-regex' }));
    },
  );

  it('tells selectors apart by kind and value', () => {
    expect(sameSelector(defaultSelector, { kind: 'unencrypted_suffix', value: '_unencrypted' })).toBe(true);
    expect(sameSelector(defaultSelector, { kind: 'encrypted_suffix', value: '_unencrypted' })).toBe(false);
    expect(sameSelector(defaultSelector, { kind: 'unencrypted_suffix', value: '' })).toBe(false);
  });
});
