import { describe, expect, it } from 'vitest';
import { compileRe2, prepareRe2 } from '../../src/tree/re2.ts';

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

  it.each(['(', 'a**', '.**', '.*.**x', '*a', '(?=a)', '\\1', '[z-a]', 'a{2000}'])(
    'is refused: %s',
    async (pattern) => {
      await prepareRe2(pattern);
      expect(() => compileRe2(pattern)).toThrow(expect.objectContaining({ code: 'bad-regex' }));
    },
  );
});
