import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { attributePatterns } from '../../src/document/path-patterns.ts';
import { attributeLine } from '../../src/git/attributes-file.ts';
import { compileRe2, prepareRe2 } from '../../src/tree/re2.ts';
import { createSandbox } from '../sandbox.ts';

const regexes = [
  '.*\\.enc\\.yaml$',
  'secrets/.*',
  '^secrets/.+\\.ya?ml$',
  'prod/.*/secret.*\\.yaml$',
  '\\.env$',
  '(^|/)secrets/',
  'secret.yaml',
  '[^/]*\\.secret$',
  '^a/[^/]+/b$',
  '(dev|prod)/x',
  '^(a|prod)/.*',
  '^a/[^/]*.*/b',
  '^.*secret.*$',
  'a[0-9]?b',
  'secrets/.*.yaml$',
  'a.b',
];

/** Paths near the expressions: their words, in folders, with something before, between and after. */
const word = fc.constantFrom(
  'secrets',
  'secret',
  'prod',
  'dev',
  'a',
  'b',
  'x',
  'a1b',
  '.env',
  '.yaml',
  '.yml',
  '.enc.yaml',
  '.secret',
);
const name = fc.array(word, { minLength: 1, maxLength: 3 }).map((words) => words.join(''));
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => names.join('/'));

describe('path_regex as .gitattributes patterns', () => {
  it('gives patterns that Git matches to the very same paths', async () => {
    const sandbox = await createSandbox();
    const paths = [...new Set(fc.sample(path, { numRuns: 3000, seed: 7 }))];
    for (const regex of regexes) {
      const patterns = attributePatterns(regex, '');
      expect(patterns, regex).not.toBeNull();
      await sandbox.write(
        '.gitattributes',
        (patterns ?? []).map((p) => `${attributeLine(p, ['filter=sops'])}\n`).join(''),
      );
      const stdout = await sandbox.gitBytes(['check-attr', '-z', '--stdin', 'filter'], { input: paths.join('\0') });
      const fields = stdout.toString().split('\0');
      await prepareRe2(regex);
      const pattern = compileRe2(regex);
      for (let i = 0; i < paths.length; i++) {
        const matched = fields[i * 3 + 2] === 'sops';
        if (matched !== pattern.test(paths[i] ?? '')) expect(`${regex} ${paths[i]} ${matched}`).toBe('the same');
      }
    }
  });

  it.each(['secret.yaml', '^a/[^/]b$', 'x/.*.enc.yaml$', '^.\\.env$'])(
    'covers names outside ASCII by %s',
    async (regex) => {
      const sandbox = await createSandbox();
      const lines = (attributePatterns(regex, '') ?? []).map((p) => `${attributeLine(p, ['filter=sops'])}\n`);
      await sandbox.write('.gitattributes', lines.join(''));
      const paths = ['é', '€', '😀'].flatMap((c) => [`secret${c}yaml`, `a/${c}b`, `x/${c}/y.enc${c}yaml`, `${c}.env`]);
      await prepareRe2(regex);
      const covered = paths.filter((one) => compileRe2(regex).test(one));
      expect(covered.length).toBeGreaterThan(0);
      const stdout = await sandbox.gitBytes(['check-attr', '-z', '--stdin', 'filter'], { input: covered.join('\0') });
      const values = stdout
        .toString()
        .split('\0')
        .filter((_, i) => i % 3 === 2);
      expect(values).toEqual(covered.map(() => 'sops'));
    },
  );

  it('keeps to the folder of the rules', () => {
    expect(attributePatterns('\\.env$', 'apps/')).toEqual(['/apps/**/*.env']);
    expect(attributePatterns(null, '')).toEqual(['*']);
    expect(attributePatterns(null, 'apps/')).toEqual(['/apps/**']);
  });

  it.each(['(a+)+$', '\\bsecret', 'a{2}', '(?i)secret', '[^abc]x'])('gives none where none is exact: %s', (regex) => {
    expect(attributePatterns(regex, '')).toBeNull();
  });
});
