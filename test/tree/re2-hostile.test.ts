import { describe, expect, it } from 'vitest';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import type { CreationRule } from '../../src/document/creation-rule.ts';
import { judge } from '../../src/document/judge.ts';
import { createRuleFinder } from '../../src/document/rule-finder.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { compileRe2, prepareLinear, prepareRe2 } from '../../src/tree/re2.ts';
import { defaultSelector, prepareSelector } from '../../src/tree/selector.ts';

const anyone: CreationRule = {
  index: 0,
  line: 1,
  pathRegex: null,
  groups: [],
  shamirThreshold: 0,
  selector: defaultSelector,
  macOnlyEncrypted: false,
};

describe('a pattern of a hostile repository', () => {
  it.each([
    ['groups of alternatives', `${'(a|a)'.repeat(30)}b`],
    ['options', `${'a?'.repeat(60)}${'a'.repeat(60)}b`],
    ['nested repeats', '^(a+)+$'],
    ['repeated alternatives', '^(a|a)*$'],
    ['a chain of repeats', `^${'a*'.repeat(30)}b`],
    ['alternatives in alternatives', `${'((a|a)|(a|a))'.repeat(15)}b`],
  ])('cannot make the search hang by %s', async (_name, pattern) => {
    await prepareRe2(pattern);
    const start = performance.now();
    expect(compileRe2(pattern).test(`${'a'.repeat(50)}!`)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it.each(['a*b', '[ab]+c', '^a*a*b', 'a.*b', '(a|aa|aaa|aaaa)a*b', '(a?a?a?)a*b'])(
    'cannot make the search of a long text hang: %s',
    async (pattern) => {
      await prepareLinear(pattern);
      const start = performance.now();
      expect(compileRe2(pattern).test(`${'a'.repeat(300_000)}!`)).toBe(false);
      expect(compileRe2(pattern).test(`${'a'.repeat(300_000)}bc`)).toBe(true);
      expect(performance.now() - start).toBeLessThan(5000);
    },
  );

  it('cannot make a file hang by long keys that many values stand under', async () => {
    const key = 'a'.repeat(400_000);
    const values = Array.from({ length: 20_000 }, (_, i) => `"k${i}":"x"`).join(',');
    const content = Buffer.from(`{"${key}":{${values}}}`);
    const rule = { ...anyone, selector: { kind: 'encrypted_regex', value: 'a*b' } } as const;
    const judged = { path: 'a.json', content, rule, keyring: null, backend: nodeBackend };
    await prepareSelector(rule.selector);
    const start = performance.now();
    expect(await judge(judged)).toEqual([]);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  it('a path of whatever length is matched', async () => {
    const [rules] = [`creation_rules:\n  - path_regex: secrets/a*b$\n    age: ${generateKeyFile().recipient}\n`];
    const finder = createRuleFinder(async (path) => (path === '.sops.yaml' ? Buffer.from(rules) : null));
    const long = `secrets/${'a'.repeat(200_000)}`;
    const found = await finder.findAll([`${long}b`, long, 'secrets/ab']);
    expect([...found.keys()]).toEqual([0, 2]);
  });

  it.each(['(', 'a**', '.**', '.*.**x', '*a', '(?=a)', '\\1', '[z-a]', 'a{2000}'])(
    'is refused: %s',
    async (pattern) => {
      await prepareRe2(pattern);
      expect(() => compileRe2(pattern)).toThrow(expect.objectContaining({ code: 'bad-regex' }));
    },
  );
});
