import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributePatterns } from '../../src/document/path-patterns.ts';
import { attributeLine } from '../../src/git/attributes-file.ts';
import { compileRe2, prepareRe2 } from '../../src/tree/re2.ts';
import { createSandbox } from '../sandbox.ts';

const slow = process.env['GIT_SOPS_SLOW'] === '1';
const seed = 11;

// Short words over few letters, so that expressions and paths meet.
const piece = fc.constantFrom(
  ...['a', 'b', 'ab', '/', '/', '\\.', '\\.b', '.', '.*', '.+', '[^/]*', '[^/]+', '[^/]', '[ab]', 'a?', '/?', '(a|b)'],
  ...['(a/|b)', '(^|/)', '(/|$)', '(a|)', '(a.*)?', '(.*/)?', '\\*', '\\[', '(?:b|/a)', 'a|b', '[a-b]', '\\d'],
);
const expression = fc
  .tuple(fc.constantFrom('', '', '^'), fc.array(piece, { minLength: 1, maxLength: 5 }), fc.constantFrom('', '', '$'))
  .map(([start, pieces, end]) => start + pieces.join('') + end);

const name = fc
  .array(fc.constantFrom('a', 'b', '.', '*', '[', '1', 'c'), { minLength: 1, maxLength: 3 })
  .map((signs) => signs.join(''))
  .filter((name) => !/^\.{1,2}$/.test(name));
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));
/** Names in which one character is several bytes, or a line ends. */
const oddPath = fc.tuple(path, fc.constantFrom('é', '😀', '\n'), fc.nat(12)).map(([path, sign, at]) => {
  const cut = Math.min(at, path.length);
  return path.slice(0, cut) + sign + path.slice(cut);
});

describe('attribute patterns of any path_regex', () => {
  it('match the same paths, and never fewer where a name is not ASCII or has a newline', async () => {
    const sandbox = await createSandbox();
    const plain = [...new Set(fc.sample(path, { numRuns: slow ? 4000 : 1000, seed }))];
    const odd = [...new Set(fc.sample(oddPath, { numRuns: slow ? 2000 : 400, seed }))];
    const paths = [...plain, ...odd];
    let exact = 0;
    const wrong: string[] = [];
    for (const regex of new Set(fc.sample(expression, { numRuns: slow ? 3000 : 300, seed }))) {
      const patterns = attributePatterns(regex, '');
      if (patterns === null) continue;
      exact++;
      await sandbox.write('.gitattributes', patterns.map((p) => `${attributeLine(p, ['filter=sops'])}\n`).join(''));
      const stdout = await sandbox.gitBytes(['check-attr', '-z', '--stdin', 'filter'], { input: paths.join('\0') });
      const values = stdout
        .toString()
        .split('\0')
        .filter((_, i) => i % 3 === 2);
      await prepareRe2(regex);
      const pattern = compileRe2(regex);
      paths.forEach((path, i) => {
        const has = values[i] === 'sops';
        const should = pattern.test(path);
        if (i < plain.length ? has !== should : should && !has) {
          wrong.push(`${regex} ${JSON.stringify(path)} has ${has}, should ${should}: ${patterns.join('  ')}`);
        }
      });
    }
    expect(wrong.slice(0, 20)).toEqual([]);
    expect(exact).toBeGreaterThan(100);
  });
});
