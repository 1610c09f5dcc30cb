import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayoutEntry, MetadataTree, Parsed, Plaintext, View } from '../../src/format/format.ts';
import { readMetadata } from '../../src/format/yaml/metadata-block.ts';
import { readPlainFile } from '../../src/format/yaml/plain-file.ts';
import { PlainView } from '../../src/format/yaml/plain-view.ts';
import { readText } from '../../src/format/yaml/text.ts';
import { YamlView } from '../../src/format/yaml/view.ts';
import { yaml } from '../../src/format/yaml.ts';
import type { Leaf, Selects } from '../../src/tree/leaf.ts';
import { selectsOf } from '../../src/tree/selector.ts';
import { nearlyPlainFiles } from './generate-plain.ts';
import { runs } from './runs.ts';

const selectors = [
  selectsOf({ kind: 'unencrypted_suffix', value: '_unencrypted' }),
  selectsOf({ kind: 'encrypted_regex', value: '^(data|stringData|password)$' }),
  selectsOf({ kind: 'encrypted_comment_regex', value: 'secret' }),
];
const [all] = selectors as [Selects];

/** What is in a token does not matter here: one for each number. */
const token = (i: number, type = 'str') =>
  `ENC[AES256_GCM,data:${Buffer.from(`v${i}`).toString('base64')},iv:${'A'.repeat(43)}=,tag:${'A'.repeat(22)}==,type:${type}]`;
const metadata: MetadataTree = {
  age: [{ recipient: 'age1x', enc: '-----BEGIN AGE ENCRYPTED FILE-----\nYQ==\n-----END AGE ENCRYPTED FILE-----\n' }],
  lastmodified: '2026-01-02T03:04:05Z',
  mac: token(0),
  unencrypted_suffix: '_unencrypted',
  version: '3.13.2',
};
const later = { ...metadata, lastmodified: '2026-02-03T04:05:06Z', mac: token(1) };

/** As if there were no short way; `like` must be a file that `parse` gave. */
const real = (text: string, selects: Selects) =>
  new YamlView(readText(text), false, selects, (like) => (like === null ? null : readText(textOf(like))));
const textOf = ({ source }: Parsed) => Buffer.from(source).toString();

/** Of a leaf by its number, so that both readers' leaves get the same. */
const tokensOf = (view: View) => (leaf: Leaf) => token(view.leaves.indexOf(leaf));

/** Everything that a view says. */
const said = (view: View) => ({
  leaves: view.leaves.map((leaf) => ({ ...leaf, comments: leaf.comments })),
  layout: view.layout,
});
const sealed = (view: View, entries: MetadataTree, like: Parsed | null) =>
  Buffer.from(view.seal({ token: tokensOf(view), metadata: entries, like })).toString();

/** Whether it was taken for plain; and if so, it must be as the real reader says. */
function isSame(text: string, edited: string = text): boolean {
  const file = readPlainFile(text);
  if (file === null) return false;
  expect(file.metadata).toBeNull();
  for (const selects of selectors) {
    const others = { real: () => real(text, selects), isPlainBase: () => false };
    const plain = PlainView.of(file, selects, others);
    if (plain === null) {
      expect(real(text, selects).layout).not.toEqual([]);
      continue;
    }
    expect(said(plain)).toEqual(said(real(text, selects)));
    const encrypted = sealed(real(text, selects), metadata, null);
    expect(sealed(plain, metadata, null)).toBe(encrypted);
    opensTheSame(encrypted, selects);
    // What follows it.
    if (readPlainFile(edited) === null) continue;
    const followed = yaml.parse(Buffer.from(edited)).view(selects);
    const inOtherColumns = encrypted.replace(/^sops:\n[\s\S]*/m, (block) => block.replace(/^ {4}/gm, '  '));
    for (const base of [encrypted, inOtherColumns, text]) {
      const like = yaml.parse(Buffer.from(base));
      expect(sealed(followed, later, like)).toBe(sealed(real(edited, selects), later, like));
    }
  }
  return true;
}

const plaintexts: readonly (Plaintext | null)[] = [
  { type: 'str', plaintext: 'word' },
  { type: 'str', plaintext: '12' },
  { type: 'str', plaintext: 'a: b' },
  { type: 'str', plaintext: `it's "it"` },
  { type: 'int', plaintext: '7' },
  { type: 'float', plaintext: '1.50' },
  { type: 'bool', plaintext: 'True' },
  { type: 'time', plaintext: '2001-01-01T00:00:00Z' },
  { type: 'str', plaintext: 'ö\u2028' },
  null,
];
const further: readonly (Plaintext | null)[] = [
  { type: 'str', plaintext: 'a\nb\n' },
  { type: 'str', plaintext: Buffer.of(0xff) },
];

function opensTheSame(encrypted: string, selects: Selects): void {
  const file = readPlainFile(encrypted);
  expect(file).not.toBeNull();
  if (file === null) return;
  expect(JSON.stringify(file.metadata)).toBe(JSON.stringify(readMetadata(readText(encrypted))));
  const text = real(encrypted, selects);
  const plain = PlainView.of(file, selects, { real: () => text, isPlainBase: () => false });
  expect(plain).not.toBeNull();
  if (plain === null) return;
  expect(said(plain)).toEqual(said(text));
  const layout: LayoutEntry[] = [];
  for (const values of [plaintexts, [...plaintexts, ...further], further]) {
    const opened = (view: View) =>
      Buffer.from(
        view.open({ layout, plaintext: (leaf) => values[view.leaves.indexOf(leaf) % values.length] ?? null }),
      ).toString();
    expect(opened(plain)).toBe(opened(text));
  }
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

describe('the short way to read plain YAML', () => {
  it('is taken for a Secret as people write it', () => {
    expect(isSame(usual)).toBe(true);
    expect(isSame(usual.replaceAll('    ', '  '))).toBe(true);
    expect(isSame(usual, usual.replace('hunter2', 'hunter3').replace('5432', '"5432"'))).toBe(true);
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
    ['metadata without a MAC', `${usual}sops:\n    version: x\n`],
    ['metadata in other columns', `${usual}sops:\n  mac: x\n`],
    ['metadata in another order', `${usual}sops:\n    version: x\n    mac: x\n`],
    ['metadata in other quotes', `${usual}sops:\n    mac: "x"\n`],
    ['metadata that are no text', `${usual}sops:\n    mac: x\n    shamir_threshold: 2\n`],
    ['metadata with a comment', `${usual}sops:\n    mac: x #y\n    # z\n`],
    ['metadata twice', `${usual}sops:\n    mac: x\nsops:\n    mac: x\n`],
    ['metadata in front', `sops:\n    mac: x\n${usual}`],
    ['a key that looks like metadata', `${usual}sops: x\n`],
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
    expect(readPlainFile(text)).toBeNull();
  });

  it('records a spelling as the real reader does', () => {
    const text = usual.replace('5432\n', '0o17\n');
    expect(isSame(text)).toBe(true);
    expect(yaml.parse(Buffer.from(text)).view(all).layout).toEqual(real(text, all).layout);
  });

  it('says what the real reader says of a file in which a byte was changed', () => {
    const encrypted = sealed(real(usual, all), metadata, null);
    let taken = 0;
    for (let at = 0; at < encrypted.length; at++) {
      for (const flip of [1, 0x20]) {
        const changed = Buffer.from(encrypted);
        changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
        const text = changed.toString('latin1');
        const file = readPlainFile(text);
        if (file === null) continue;
        taken++;
        expect(file.metadata === null).toBe(readMetadata(readText(text)) === null);
        if (file.metadata !== null) opensTheSame(text, all);
      }
    }
    expect(taken).toBeGreaterThan(200);
  });

  it('says what the real reader says, wherever it is taken', () => {
    let taken = 0;
    fc.assert(
      fc.property(nearlyPlainFiles, nearlyPlainFiles, (text, edited) => {
        if (isSame(text, edited)) taken++;
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
