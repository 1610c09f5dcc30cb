import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GitSopsError } from '../../src/errors.ts';
import type { Parsed } from '../../src/format/format.ts';
import { yaml } from '../../src/format/yaml.ts';
import { aadOf, keysOf } from '../../src/tree/key-path.ts';
import type { Selects } from '../../src/tree/leaf.ts';
import { yamlFiles } from './generate-yaml.ts';
import { runs } from './runs.ts';
import { decrypt, hasTools, SopsFolder, usual } from './vault.ts';

const files: [string, string][] = [
  [
    'Secret',
    'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db # which\nstringData:\n  url: postgres://u:p@h/db?x=1\n  key: |\n    -----BEGIN-----\n    MIIE\n    -----END-----\ndata: {a: YQ==, "b": \'Yg==\'}\n',
  ],
  [
    'Helm values',
    '# Values\nreplicas: 1\nresources: {} # none\nimage:\n  # where\n  tag: "1.0" # which\n  args: [a, "b", 3]\n\n  # foot\n# end\n',
  ],
  [
    'comments in lists',
    'jobs:\n  # first\n  - name: a # one\n    # inside\n    steps:\n      - x\n      # after x\n  # second\n  - b\n',
  ],
  [
    'types',
    'a: 014\nb: 0x1F\nc: 1.50\nd: 1e3\ne: +1\nf: TRUE\ng: 2001-01-01\nh: 2001-12-14 21:59:43.10\ni: ~\nj: ""\nk: "12"\nl: 1_000\nm: !!binary aGk=\nn: !!int "3"\no: .5\n',
  ],
  ['documents', 'a: 1\n# between\n---\n# second\nb: 2\n---\n---\nc: |+\n  x\n\n'],
  ['a key twice in a later document', 'a: 1\n---\nb: 0x1F\nb: 014\nc:\n  d: q\n  d: {e: r}\nb: |\n  x\n  y\n'],
  ['CRLF', 'a:\r\n  - x # c\r\n  # d\r\nb: |\r\n  l1\r\n  l2\r\n'],
  ['no last line break', 'a: 1\nb: x'],
  ['literal at the end without a line break', 'a: 1\nb_unencrypted: |\n  x'],
  ['flow root', '{a: 1, b: [x, {c: "y"}]}\n'],
  ['aliases', 'a: &x {b: 1, c: [y]}\nd: *x\ne: &s text\nf: [*s]\n'],
  ['merge', 'a: &x\n  b: 1\n  c: 2\nd:\n  <<: *x\n  c: 3\n'],
  ['keys', '"a b": 1\n? c\n: 2\n\'d\': 3\n"1": 4\nключ: 5\n'],
  ['indented root', '  a: 1\n  # c\n  b: x\n'],
];

describe.skipIf(!hasTools)('YAML with the real tools (needs sops, age)', () => {
  let folder: SopsFolder;
  beforeAll(() => {
    folder = new SopsFolder();
  });
  afterAll(() => folder.remove());

  function expectReadable(text: string): void {
    const sealed = folder.vault.seal(yaml, text);
    expect(folder.vault.open(yaml, sealed).toString()).toBe(text);
    const opened = folder.run('ours.yaml', sealed, ['decrypt', '--output-type', 'json']);
    expect(opened.stderr).toBe('');
    const theirs = folder.run('theirs.yaml', text, ['encrypt', '--output-type', 'json']);
    expect(theirs.code).toBe(0);
    expect(opened.code).toBe(0);
  }

  test.each(files)('sops decrypts and verifies what is written: %s', (_, text) => {
    expectReadable(text);
  });

  test('its data is that of the source', () => {
    for (const [name, text] of files) {
      // sops cannot decrypt its own file where a comment stands in a list.
      if (['merge', 'comments in lists', 'CRLF'].includes(name)) continue;
      const ours = folder.decrypt('a.yaml', folder.vault.seal(yaml, text), '--output-type', 'json');
      const plain = folder.decrypt('b.yaml', folder.encrypt('b.yaml', text), '--output-type', 'json');
      expect(ours.toString(), name).toBe(plain.toString());
    }
  });

  test('a merge means what YAML 1.1 says', () => {
    const [, text = ''] = files.find(([name]) => name === 'merge') ?? [];
    const sealed = folder.vault.seal(yaml, text);
    const opened = JSON.parse(folder.decrypt('a.yaml', sealed, '--output-type', 'json').toString());
    expect(opened).toEqual({ a: { b: 1, c: 2 }, d: { b: 1, c: 3 } });
  });

  test.each(files)('what sops writes is read: %s', (_, text) => {
    const opened = openTheirs(folder.encrypt('a.yaml', text), usual);
    expect(valuesOf(yaml.parse(opened))).toEqual(valuesOf(yaml.parse(Buffer.from(text)), text.includes('<<')));
  });

  test('and its spelling is ours', () => {
    const text = 'a:\n    - x\n    - k: "12"\nb: text\n# c\nc: true\nd: |-\n    x\n    y\n';
    const theirs = folder.encrypt('a.yaml', text);
    expect(openTheirs(theirs, usual).toString()).toBe(text);
    const metadata = yaml.parse(theirs).metadata ?? {};
    const like = yaml.parse(theirs);
    const again = Buffer.from(folder.vaultOf(metadata).seal(yaml, 'a: 1\n', { like, metadata })).toString();
    const fresh = Buffer.from(folder.vaultOf(metadata).seal(yaml, 'a: 1\n', { metadata })).toString();
    const block = (file: string) => file.slice(file.indexOf('sops:'));
    expect(block(again)).toBe(block(theirs.toString()));
    expect(block(fresh)).toBe(block(theirs.toString()));
  });

  test('sops sets a value in a file of ours, and the rest opens', () => {
    const sealed = folder.vault.seal(yaml, 'a: 0x1F # c\nb:\n  - x\n  - 2\n');
    expect(folder.run('set.yaml', sealed, ['--set', '["b"][0] "new"']).code).toBe(0);
    const set = folder.read('set.yaml');
    expect(openTheirs(set, usual).toString()).toBe('# c\na: 31\nb:\n    - new\n    - 2\n');
  });

  test('comment selectors see the comments that sops sees', () => {
    const text = 'a: x\n# secret\nb: y\nc: z # secret\n# secret\nd:\n  e: 1\n  # more\n  f: [2]\ng: 3\n';
    const selects: Selects = (_keys, comments, isComment) =>
      comments.some((level, i) =>
        level.some(
          (comment, j) =>
            comment.includes('secret') && !(isComment && i === comments.length - 1 && j === level.length - 1),
        ),
      );
    const metadata = { unencrypted_suffix: undefined, encrypted_comment_regex: 'secret' };
    const vault = folder.vault;
    const rules = join(folder.path, 'rules.yaml');
    const [{ recipient }] = vault.wrapped['age'] as [{ recipient: string }];
    writeFileSync(rules, `creation_rules:\n  - encrypted_comment_regex: secret\n    age: ${recipient}\n`);
    const sealed = vault.seal(yaml, text, { selects, metadata });
    const theirs = folder.run('a.yaml', text, ['--config', rules, 'encrypt']).stdout;
    const encrypted = (file: Uint8Array) =>
      Buffer.from(file)
        .toString()
        .replace(/sops:\n.*/s, '')
        .replace(/ENC\[[^\]]*\]/g, 'T')
        .match(/\S+/g)
        ?.filter((word) => word !== '-')
        .map((word) => word.replace(/[[\]']/g, ''));
    expect(encrypted(sealed)).toEqual(encrypted(theirs));
    expect(folder.decrypt('b.yaml', sealed, '--output-type', 'json').toString()).toContain('"e": 1');
    expect(vault.open(yaml, sealed, selects).toString()).toBe(text);
  });

  test('random files', () => {
    let tried = 0;
    fc.assert(
      fc.property(yamlFiles, (text) => {
        if (text.includes('.inf') || text.includes('.nan')) return;
        try {
          yaml.parse(Buffer.from(text)).view(usual);
        } catch (error) {
          if (error instanceof GitSopsError) return;
          throw error;
        }
        tried++;
        expectReadable(text);
      }),
      runs(60),
    );
    expect(tried).toBeGreaterThan(10);
  });

  /** As `openFile` does: a comment may stand elsewhere than where sops encrypted it. */
  function openTheirs(sealed: Buffer, selects: Selects): Buffer {
    const parsed = yaml.parse(sealed);
    const { key } = folder.vaultOf(parsed.metadata ?? {});
    const opened = parsed.view(selects).open({
      layout: [],
      plaintext(leaf) {
        const keys = keysOf(leaf.path);
        for (let depth = keys.length; depth >= (leaf.kind === 'comment' ? 0 : keys.length); depth--) {
          try {
            const { type, bytes } = decrypt(key, aadOf(keys.slice(0, depth)), String(leaf.plaintext));
            return { type: type as 'str', plaintext: bytes.toString() };
          } catch {}
        }
        return null;
      },
    });
    return Buffer.from(opened);
  }

  function valuesOf(parsed: Parsed, merges = false): string[] {
    const selects: Selects = merges ? () => false : usual;
    return parsed.view(selects).leaves.flatMap((leaf) => {
      if (leaf.kind === 'comment' || leaf.type === 'null') return [];
      // 1e3 comes back as 1000, which is an integer.
      const type = leaf.type === 'float' ? 'int' : leaf.type;
      return [`${keysOf(leaf.path).join(':')} ${type} ${Buffer.from(leaf.canonical as string).toString('hex')}`];
    });
  }
});
