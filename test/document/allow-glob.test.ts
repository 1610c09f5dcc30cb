import fc from 'fast-check';
import micromatch from 'micromatch';
import { describe, expect, it } from 'vitest';
import { compileAllowGlob } from '../../src/document/allow-glob.ts';
import { parseAllowList } from '../../src/document/allow-list.ts';

const listOf = (path: string) =>
  Buffer.from(`allow:\n  - path: ${JSON.stringify(path)}\n    kinds: [no-rule]\n    reason: x\n`);

describe('the globs of the allow-list', () => {
  it('mean what micromatch says of every path on one line that Git may have', async () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '.',
      '*',
      '**',
      '/',
      '?',
      '[ab]',
      '{a,b/*}',
      '@(a|b)',
      '+(ab)',
      '*.',
      '\\*',
      '$',
    );
    const globs = fc.array(piece, { minLength: 1, maxLength: 7 }).map((parts) => parts.join(''));
    const name = fc.array(fc.constantFrom('a', 'b', '.', '*', '$'), { minLength: 1, maxLength: 4 });
    const names = name.map((parts) => parts.join('')).filter((text) => text !== '.' && text !== '..');
    const paths = fc.array(names, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
    await fc.assert(
      fc.asyncProperty(globs, fc.array(paths, { minLength: 5, maxLength: 20 }), async (glob, candidates) => {
        const fits = await compileAllowGlob(glob);
        // Odd ones are refused.
        fc.pre(fits !== null);
        const expected = micromatch.matcher(glob, { dot: true, nonegate: true });
        for (const path of candidates) expect([glob, path, fits(path)]).toEqual([glob, path, expected(path)]);
      }),
      { numRuns: 3000 },
    );
  });

  it('take no longer for many stars; what RE2 has no word for is refused with its line', async () => {
    const [entry] = await parseAllowList(listOf(`${'*a'.repeat(40)}b`));
    const started = performance.now();
    expect(entry?.fits('a'.repeat(4000))).toBe(false);
    expect(entry?.fits(`${'a'.repeat(4000)}b`)).toBe(true);
    expect(performance.now() - started).toBeLessThan(2000);
    for (const path of ['secrets/!(a)', 'a(?=b)', 'a'.repeat(1001)]) {
      await expect(parseAllowList(listOf(path))).rejects.toMatchObject({
        code: 'invalid-settings',
        facts: { line: 2 },
      });
    }
  });
});
