import fc from 'fast-check';
import { RE2JS } from 're2js';
import { describe, expect, it } from 'vitest';
import type { GitSopsError } from '../../src/errors.ts';
import { compileRe2, literalPrefix, prepareRe2 } from '../../src/tree/re2.ts';

const runs = process.env['GIT_SOPS_SLOW'] === '1' ? 50_000 : 4000;

/** What the engine says by itself: whether it matches, or null for a pattern that it does not take. */
function reference(pattern: string, text: string): boolean | null {
  try {
    return RE2JS.compile(pattern).matcher(text).find();
  } catch {
    return null;
  }
}

async function ours(pattern: string, text: string): Promise<boolean | null> {
  await prepareRe2(pattern);
  try {
    return compileRe2(pattern).test(text);
  } catch (error) {
    if ((error as GitSopsError).code !== 'bad-regex') throw error;
    return null;
  }
}

// The first test, while the engine is certain not to be loaded.
it.each([
  '^(data|stringData)$',
  '^(password|token|privateKey)$',
  'password|secret',
  '.*_secret$',
  '.*\\.enc\\.yaml$',
  'secrets/.*',
  '^secrets/.+\\.ya?ml$',
  '\\.env$',
  '(^|/)secrets/',
  '\\.(yaml|json)$',
  '^[^/]+/prod/',
])('needs no engine for the everyday %s', (pattern) => {
  expect(() => compileRe2(pattern)).not.toThrow();
});

it('says so when a pattern, or a text, that needs the engine was not prepared', () => {
  expect(() => compileRe2('(?i)secret')).toThrow('not loaded');
  expect(() => compileRe2('a*b').test('a'.repeat(2000))).toThrow('not loaded');
});

const noise = fc.constantFrom(
  ...['a', 'b', 'A', 'Z', '0', '9', '_', '-', '/', ' ', ':', ',', '.', 'é', '😀', '\\.', '\\/', '\\-', '\\\\', '\\n'],
  ...['\\d', '\\w', '\\s', '\\S', '\\b', '\\pL', '\\x41', '\\z', '\\A', '\\_', '\\a', '\\Q', '\\E', '\\ ', '\\z'],
  ...['[ab]', '[^a]', '[a-c]', '[^/]', '[-a]', '[a-]', '[]a]', '[^]a]', '[b-a]', '[a-b-c]', '[\\d]', '[[:alpha:]]'],
  ...['*', '+', '?', '.*', '.+', '.*?', '{2}', '{1,2}', '{', '}', ']', '[', '(', ')', '|', '^', '$', '(?:', '(?i)'],
  ...['(?P<n>', '(a|b)', '(^|/)', '(a)?', '(?s)', '\n', '<', '#', '"', '~', '@', '!', '%', '&', ';', '='],
);
const pattern = fc.array(noise, { maxLength: 8 }).map((parts) => parts.join(''));
const text = fc
  .array(fc.constantFrom('a', 'b', 'A', 'c', '0', '_', '-', '/', '.', ' ', '\n', '\r', '\u2028', 'é', 'ſ', '😀', ']'), {
    maxLength: 10,
  })
  .map((parts) => parts.join(''));

describe('patterns mean what RE2 means', () => {
  it('on any text, whichever engine takes them', async () => {
    let taken = 0;
    await fc.assert(
      fc.asyncProperty(pattern, fc.array(text, { minLength: 1, maxLength: 5 }), async (pattern, texts) => {
        for (const text of texts) {
          const expected = reference(pattern, text);
          if (expected !== null) taken++;
          expect([pattern, text, await ours(pattern, text)]).toEqual([pattern, text, expected]);
        }
      }),
      { numRuns: runs, seed: 20_260_102 },
    );
    // Most of the noise is no pattern at all; enough of it must be.
    expect(taken).toBeGreaterThan(runs / 4);
  });

  it.each([
    // Where the platform's own engine would say something else.
    ['a.b', 'a\rb', true],
    ['a.b', 'a\u2028b', true],
    ['a.b', 'a\nb', false],
    ['^a$', 'x\na', false],
    ['a$', 'a\n', false],
    ['\\s', '\u00a0', false],
    ['\\s', '\v', false],
    ['(?i)k', '\u212a', true],
    ['(?i)s', 'ſ', true],
    ['\\w', 'é', false],
    ['a]', 'a]', true],
    ['\\Qa.b\\E', 'a.b', true],
    ['\\z', 'a', true],
    ['(?P<x>a)', 'a', true],
    ['x{0}y', 'y', true],
    ['😀?$', 'a', true],
    ['^.$', '😀', true],
  ])('%j on %j: %j', async (pattern, text, expected) => {
    expect(await ours(pattern, text)).toBe(expected);
  });

  it.each([
    '(',
    'a**',
    '.**',
    '.*.**',
    '[b-a]',
    'a{1001}',
    '\\1',
    '(?=a)',
    '(?<!a)b',
    '\\C',
    '*a',
    '(?z)',
    '[a',
    'a\\',
  ])('refuses %j with the reason', async (pattern) => {
    await prepareRe2(pattern);
    let error: unknown;
    try {
      compileRe2(pattern);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'bad-regex', facts: { detail: pattern } });
    expect((error as GitSopsError).facts.other).not.toBe('');
  });
});

/** Each of these would keep a backtracking engine busy for years; the test's own time limit is the judge. */
describe('hostile patterns take no more than their time', () => {
  const many = 40;
  it.each([
    ['nested repeats', '(a+)+$', `${'a'.repeat(60)}b`],
    ['repeated alternatives', '^(a|a)*$', `${'a'.repeat(60)}b`],
    ['options in a row', `${'a?'.repeat(many)}${'a'.repeat(many)}`, 'a'.repeat(many - 1)],
    ['alternatives in a row', `${'(a|a)'.repeat(many)}b`, 'a'.repeat(60)],
    ['repeats in a row', `${'a*'.repeat(12)}b`, 'a'.repeat(300)],
    ['crossings in a row', `${'.*a'.repeat(10)}b`, 'a'.repeat(300)],
    ['counted repeats', '(a{0,30}){30}b', 'a'.repeat(200)],
    ['nested options', `${'(a?'.repeat(many)}${')'.repeat(many)}b`, 'a'.repeat(60)],
  ])('%s', async (_name, pattern, text) => {
    expect(await ours(pattern, text)).toBe(false);
  });

  it('also on a long text', async () => {
    expect(await ours('^[^x]*[^y]*z', 'a'.repeat(20_000))).toBe(false);
  });
});

describe('what a pattern’s matches begin with', () => {
  it('is seen where it stands at the start', () => {
    for (const [pattern, prefix] of [
      ['^secrets/.*\\.yaml$', 'secrets/'],
      ['^apps\\.d/x?', 'apps.d/'],
      ['^a\\.*', 'a'],
      ['^ab{0}', 'a'],
      ['^ab+', 'ab'],
      ['^$', ''],
      ['secrets/', ''],
      ['^a|b', ''],
      ['^(a|b)/', ''],
      ['^(?i)secrets/', ''],
      ['(?i)^secrets/', ''],
      ['^\\Qa', ''],
    ] as const) {
      expect([pattern, literalPrefix(pattern)]).toEqual([pattern, prefix]);
    }
  });

  it('is what each of them begins with', async () => {
    const part = fc.constantFrom(
      'a',
      'b',
      '/',
      '\\.',
      '.',
      '*',
      '?',
      '+',
      '{0}',
      '{1,2}',
      '|',
      '(',
      ')',
      '[ab]',
      '$',
      '^',
      '\\',
    );
    const pattern = fc.array(part, { maxLength: 7 }).map((parts) => `^${parts.join('')}`);
    const path = fc.array(fc.constantFrom('a', 'b', '/', '.'), { maxLength: 6 }).map((parts) => parts.join(''));
    let matched = 0;
    await fc.assert(
      fc.asyncProperty(pattern, path, async (regex, text) => {
        if ((await ours(regex, text)) !== true) return;
        if (literalPrefix(regex) !== '') matched++;
        expect(text.startsWith(literalPrefix(regex))).toBe(true);
      }),
      { numRuns: runs },
    );
    expect(matched).toBeGreaterThan(runs / 200);
  });
});
