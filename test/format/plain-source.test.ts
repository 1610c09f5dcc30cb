import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { View } from '../../src/format/format.ts';
import { readPlainSource } from '../../src/format/yaml/plain-source.ts';
import { PlainView } from '../../src/format/yaml/plain-view.ts';
import { readText } from '../../src/format/yaml/text.ts';
import { YamlView } from '../../src/format/yaml/view.ts';
import { yaml } from '../../src/format/yaml.ts';
import type { Selects } from '../../src/tree/leaf.ts';
import { selectsOf } from '../../src/tree/selector.ts';
import { nearlyPlainFiles } from './generate-plain.ts';
import { runs } from './runs.ts';

const selectors = [
  selectsOf({ kind: 'unencrypted_suffix', value: '_unencrypted' }),
  selectsOf({ kind: 'encrypted_regex', value: '^(data|stringData|password)$' }),
  selectsOf({ kind: 'encrypted_comment_regex', value: 'secret' }),
];
const metadata = { mac: 'ENC[…]', version: '3.13.2', age: [{ recipient: 'age1x', enc: 'a\nb\n' }] };

const real = (text: string, selects: Selects) => new YamlView(readText(text), false, selects, () => null);

/** Everything that a view says, and what it makes of its file where each token names its leaf. */
function shown(view: View) {
  const leaves = view.leaves.map((leaf) => ({ ...leaf, comments: leaf.comments }));
  const token = (leaf: (typeof view.leaves)[number]) => `ENC[${view.leaves.indexOf(leaf)}]`;
  return { leaves, layout: view.layout, sealed: Buffer.from(view.seal({ token, metadata, like: null })).toString() };
}

/** Whether it was taken for plain; and if so, it must be as the real reader says. */
function isSame(text: string): boolean {
  const values = readPlainSource(text);
  if (values === null) return false;
  for (const selects of selectors) {
    const plain = PlainView.of(text, values, selects, () => real(text, selects));
    if (plain === null) expect(real(text, selects).layout).not.toEqual([]);
    else expect(shown(plain)).toEqual(shown(real(text, selects)));
  }
  return true;
}

const usual = `apiVersion: v1
kind: Secret
metadata:
    name: app
    namespace: prod
type: Opaque
immutable: true
stringData:
    username: "admin"
    password: hunter2
    port: 5432
    ratio: 1.50
    url: postgres://app:hunter2@db.prod.svc:5432/app
`;

describe('the short way to read a plaintext file', () => {
  it('is taken for a Secret as people write it', () => {
    expect(isSame(usual)).toBe(true);
    expect(isSame(usual.replaceAll('    ', '  '))).toBe(true);
  });

  it.each([
    ['a comment', `# why\n${usual}`],
    ['a comment behind a value', usual.replace('Opaque', 'Opaque # why')],
    ['an empty line', usual.replace('type', '\ntype')],
    ['a second document', `${usual}---\na: b\n`],
    ['a list', `${usual}list:\n    - a\n`],
    ['a list at the column of its key', `${usual}list:\n- a\n`],
    ['a value of several lines', usual.replace('hunter2\n', 'hunter2\n        more\n')],
    ['a block', usual.replace('hunter2\n', '|\n        more\n')],
    ['a key without a value', `${usual}empty:\n`],
    ['a null', usual.replace('hunter2\n', '~\n')],
    ['a key twice', `${usual}kind: Secret\n`],
    ['a key twice in a mapping', usual.replace('port', 'password')],
    ['a column of nobody', usual.replace('    port', '      port')],
    ['a column between two', usual.replace('    port', '  port')],
    ['a key that is no text', usual.replace('port', 'on')],
    ['metadata', `${usual}sops:\n    mac: x\n`],
    ['a colon at the end', usual.replace('hunter2\n', 'hunter2:\n')],
    ['a mapping in a value', usual.replace('hunter2\n', 'a: b\n')],
    ['an escape', usual.replace('"admin"', '"ad\\nmin"')],
    ['a blank behind a value', usual.replace('hunter2\n', 'hunter2 \n')],
    ['a tab', usual.replace('hunter2\n', 'a\tb\n')],
    ['a carriage return', usual.replaceAll('\n', '\r\n')],
    ['other letters', usual.replace('hunter2\n', 'ö\n')],
    ['an integer that sops cannot hold', usual.replace('5432\n', '12345678901234567890\n')],
    ['an end without a line break', usual.trimEnd()],
    ['a margin', usual.replace(/^/gm, ' ').trimEnd()],
    ['a key that no reader would take', usual.replace('port', 'p'.repeat(1025))],
    ['nothing', ''],
  ])('is not taken for %s', (_, text) => {
    expect(readPlainSource(text)).toBeNull();
  });

  it('records a spelling as the real reader does', () => {
    const text = usual.replace('5432\n', '0o17\n');
    expect(isSame(text)).toBe(true);
    expect(yaml.parse(Buffer.from(text)).view(selectors[0] as Selects).layout).toHaveLength(
      real(text, selectors[0] as Selects).layout.length,
    );
  });

  it('says what the real reader says, wherever it is taken', () => {
    let taken = 0;
    fc.assert(
      fc.property(nearlyPlainFiles, (text) => {
        if (isSame(text)) taken++;
      }),
      runs(5000),
    );
    expect(taken).toBeGreaterThan(100);
  });

  it('says what the real reader says of any text in such lines', () => {
    const word = fc.constantFrom(
      'a',
      'b',
      'on',
      '1',
      '0x1F',
      '"c"',
      "'d'",
      'x y',
      'e:f',
      '',
      '-',
      '2001-01-01',
      '1_0',
      '"1"',
      '~',
    );
    const line = fc.tuple(fc.constantFrom('', ' ', '  ', '    '), fc.constantFrom('a', 'b', 'c', 'y'), word);
    let taken = 0;
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 6 }), (lines) => {
        const text = lines
          .map(([margin, key, value]) => `${margin}${key}:${value === '' ? '' : ` ${value}`}\n`)
          .join('');
        if (isSame(text)) taken++;
      }),
      runs(4000),
    );
    expect(taken).toBeGreaterThan(100);
  });
});
