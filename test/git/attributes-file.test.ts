import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { checkAttributes } from '../../src/git/attributes.ts';
import {
  attributeLine,
  literalPattern,
  managedLines,
  quotePattern,
  withManagedLines,
  withoutManagedLines,
} from '../../src/git/attributes-file.ts';
import { decodePath, encodePath } from '../../src/git/path.ts';
import { createSandbox } from '../sandbox.ts';

const slow = process.env['GIT_SOPS_SLOW'] === '1' ? 10 : 1;

describe('the block', () => {
  const lines = ['*.yaml filter=sops -text', '"a b" filter=sops'];

  test('is added, read, replaced and taken away', () => {
    const file = '*.png binary\n';
    const added = withManagedLines(file, lines);
    expect(added.startsWith(file)).toBe(true);
    expect(managedLines(added)).toEqual(lines);
    expect(withManagedLines(added, lines)).toBe(added);
    const other = withManagedLines(`${added}*.txt text\n`, ['*.env filter=sops']);
    expect(managedLines(other)).toEqual(['*.env filter=sops']);
    expect(withoutManagedLines(other)).toBe('*.png binary\n*.txt text\n');
    expect(managedLines(file)).toBeNull();
    expect(withoutManagedLines(file)).toBe(file);
    expect(managedLines(withManagedLines(file, []))).toEqual([]);
  });

  test('an added and removed block leaves every file as it was', () => {
    const file = fc
      .array(fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\n', '\r\n', '\r', '#', ' >>> ', 'git-sops')))
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(file, (before) => {
        const after = withManagedLines(before, lines);
        expect(managedLines(after)).toEqual(lines);
        expect(withoutManagedLines(after)).toBe(before);
        expect(withManagedLines(withManagedLines(before, ['x y']), lines)).toBe(after);
      }),
      { seed: 4, numRuns: 300 * slow },
    );
  });

  test('line ends are the file’s', () => {
    expect(withManagedLines('*.png binary\r\n', lines).replaceAll('\r\n', '')).not.toContain('\n');
    expect(withManagedLines('a\r\nb\n', lines).split('\r\n')).toHaveLength(2);
  });

  test('lines that were added behind the block of an unterminated file stay lines', () => {
    const added = withManagedLines('*.png binary', lines);
    expect(withoutManagedLines(added)).toBe('*.png binary');
    expect(withoutManagedLines(`${added}*.txt text\n`)).toBe('*.png binary\n*.txt text\n');
  });

  test('half a block is not ours', () => {
    const half = '# >>> git-sops: …\n*.txt text\n';
    expect(managedLines(half)).toBeNull();
    expect(withoutManagedLines(half)).toBe(half);
    expect(withoutManagedLines(withManagedLines(half, lines))).toBe(half);
  });
});

describe('patterns', () => {
  test.each([
    ['*.yaml', '*.yaml'],
    ['ü/*.yaml', 'ü/*.yaml'],
    ['a b', '"a b"'],
    ['#a', '"#a"'],
    ['"a"', '"\\"a\\""'],
    ['!a', '\\!a'],
    ['! a', '"\\\\! a"'],
    ['[attr]x', '[atr]x'],
    ['a\tb\n', '"a\\011b\\012"'],
    ['a\\ b', '"a\\\\ b"'],
  ])('%j is written %s', (pattern, written) => {
    expect(quotePattern(pattern)).toBe(written);
  });

  test('a line that Git would ignore is refused', () => {
    expect(attributeLine('x'.repeat(2040), ['-text'])).toHaveLength(2046);
    expect(() => attributeLine('x'.repeat(2042), ['-text'])).toThrowError(
      expect.objectContaining({ code: 'attribute-line-too-long' }),
    );
  });

  test('Git reads a literal pattern as this one path', async () => {
    const box = await createSandbox();
    const name = fc.oneof(
      fc.string({ unit: fc.constantFrom(...'ab.*?[]!#\\" \t\n\r-^{}~$`\'ü秘'), minLength: 1, maxLength: 8 }),
      fc.constantFrom('[attr]x', '!a', '#a', '"a"', ' a', 'a ', '*', '**', '\\', '[a]', '-x', ':(top)'),
      fc.uint8Array({ min: 1, minLength: 1, maxLength: 6 }).map((bytes) => decodePath(Buffer.from(bytes))),
    );
    const path = fc
      .array(name, { minLength: 1, maxLength: 3 })
      .map((parts) => parts.join('/'))
      .filter((text) => !/(^|\/)(\.{0,2}|\.git)(\/|$)/i.test(text) && !text.includes('\0'));
    const paths = fc.sample(path, { seed: 5, numRuns: 400 * slow });
    const unique = [...new Set(paths)];
    const file = withManagedLines(
      '',
      unique.map((one, i) => attributeLine(literalPattern(one), [`number=${i}`])),
    );
    await box.write('.gitattributes', encodePath(file));
    const others = unique.map((one) => `${one}x`).filter((one) => !unique.includes(one));
    const found = await checkAttributes([...unique, ...others], ['number'], { cwd: box.repo, env: box.env });
    expect(unique.map((one) => found.get(one)?.number)).toEqual(unique.map((_, i) => String(i)));
    expect(others.every((one) => found.get(one)?.number === 'unspecified')).toBe(true);
  });
});
