import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePath } from '../src/git/path.ts';
import { escapeText, quotePath } from '../src/quote.ts';
import { createSandbox } from './sandbox.ts';

test.each([
  ['plain/secret.yaml', 'plain/secret.yaml'],
  ['with space/ü 秘密.yaml', 'with space/ü 秘密.yaml'],
  ['new\nline', '"new\\nline"'],
  ['\x1b[2Jgone', '"\\033[2Jgone"'],
  ['c1\x9b31m', '"c1\\302\\23331m"'],
  ['say "hi"\\', '"say \\"hi\\"\\\\"'],
  ['rtl\u202efdp.yaml', '"rtl\\342\\200\\256fdp.yaml"'],
  [' leading', '" leading"'],
  ['', '""'],
])('%j is shown as %s', (path, shown) => {
  expect(quotePath(path)).toBe(shown);
});

test('a byte that is not UTF-8 shows in octal', () => {
  expect(quotePath(decodePath(Buffer.from('caf\xe9.yaml', 'latin1')))).toBe('"caf\\351.yaml"');
});

test('nothing that steers a terminal comes through', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const visible = /^[^\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]*$/u;
      expect(quotePath(text)).toMatch(visible);
      expect(escapeText(text)).toMatch(visible);
    }),
    { seed: 2 },
  );
});

test('a quoted path is what Git itself prints', async () => {
  const box = await createSandbox();
  for (const path of ['a\tb', 'quo"te', 'back\\slash', '\x01']) {
    await box.write(path, '');
    expect(await box.git('-c', 'core.quotePath=false', 'ls-files', '--others', '--', path)).toBe(quotePath(path));
  }
});
