import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { showRecipient } from '../../src/document/creation-rule.ts';
import { matchRule, parseCreationRules } from '../../src/document/creation-rules.ts';
import { parseMetadata } from '../../src/document/metadata.ts';
import { recipientsOf } from '../../src/keys/key-group.ts';
import { ageKeygen, hasAge, hasSops, sops } from '../sops.ts';

const read = (text: string) => parseCreationRules(Buffer.from(text));
const groupsOf = async (rule: string) =>
  ((await read(`creation_rules:\n  - ${rule}\n`)).rules ?? []).map(({ groups }) =>
    groups.map((g) => g.map(showRecipient)),
  );

describe('creation rules', () => {
  it('knows the line of each', async () => {
    const { rules } = await read('# c\ncreation_rules:\n  - age: a\n\n  - path_regex: x\n    age: b\n');
    expect(rules?.map(({ index, line }) => [index, line])).toEqual([
      [0, 3],
      [1, 5],
    ]);
  });

  it.each(['', '# nothing', 'stores: {}', 'creation_rules:', 'destination_rules: []'])(
    'are none in %j',
    async (text) => {
      expect(await read(text)).toEqual({ rules: null });
    },
  );

  it('are a list without entries where they are written so', async () => {
    expect(await read('creation_rules: []')).toEqual({ rules: [] });
  });

  it.each([
    ['age: "a, b,"', [[['a', 'b']]]],
    ['age: [a, "b,c"]', [[['a', 'b', 'c']]]],
    ['{age: [a, a], pgp: "AB CD"}', [[['a', 'pgp:ABCD']]]],
    ['{kms: "arn:aws:kms:x:1:key/k+arn:aws:iam::1:role/r"}', [[['kms:arn:aws:kms:x:1:key/k+arn:aws:iam::1:role/r']]]],
    ['key_groups: [{merge: [{age: [a]}, {age: [b]}], age: [a, c]}, {pgp: [F]}]', [[['a', 'b', 'c'], ['pgp:F']]]],
    [
      'key_groups: [{azure_keyvault: [{vaultUrl: "https://v", key: k, version: "1"}]}]',
      [[['azure_kv:https://v/keys/k/1']]],
    ],
  ])('%s', async (rule, groups) => {
    expect(await groupsOf(rule)).toEqual(groups);
  });

  it.each([
    ['invalid-rules', 'a: [', 1],
    ['invalid-rules', 'creation_rules:\n  - age: a\n    age: b\n', 3],
    ['invalid-rules', 'creation_rules: x', undefined],
    ['invalid-rules', 'creation_rules:\n  - x\n', 2],
    ['invalid-rules', 'creation_rules:\n  - age: [1]\n', 2],
    ['invalid-rules', 'creation_rules:\n  - age: {a: b}\n', 2],
    ['invalid-rules', 'creation_rules:\n  - age: *gone\n', undefined],
    ['invalid-rules', 'creation_rules:\n  - key_groups: [{age: a}]\n', 2],
    ['invalid-rules', 'creation_rules:\n  - key_groups: [{merge: {age: [b]}, age: [a]}]\n', 2],
    ['invalid-rules', 'creation_rules:\n  - key_groups: [{kms: [arn], age: [a]}]\n', 2],
    ['invalid-rules', 'creation_rules:\n  - {age: a, mac_only_encrypted: "true"}\n', 2],
    ['invalid-rules', 'creation_rules:\n  - {age: a, shamir_threshold: two}\n', 2],
    ['bad-regex', 'creation_rules:\n  - age: a\n  - {path_regex: "(", age: a}\n', 3],
    ['bad-regex', 'creation_rules:\n  - {encrypted_regex: "(", age: a}\n', 2],
    ['two-selectors', 'creation_rules:\n  - {encrypted_regex: a, unencrypted_suffix: b, age: a}\n', 2],
    ['no-recipients', 'creation_rules:\n  - path_regex: a\n', 2],
    ['no-recipients', 'creation_rules:\n  - key_groups: [{age: [a]}, {}]\n', 2],
  ])('refuses with %s: %j', async (code, text, line) => {
    await expect(read(text)).rejects.toMatchObject(line === undefined ? { code } : { code, facts: { line } });
  });

  it('takes the first that matches, anywhere in the path', async () => {
    const rules = await read(
      'creation_rules:\n  - {path_regex: "b$", age: x}\n  - {path_regex: a, age: y}\n  - {age: z}\n',
    );
    const matched = await Promise.all(['a/b', 'b/a', 'c'].map((path) => matchRule(rules, path)));
    expect(matched.map((rule) => rule?.index)).toEqual([0, 1, 2]);
  });

  it('leaves out a second document, and reads anchors and merge keys', async () => {
    const { rules } = await read('x: &x {age: a}\ncreation_rules:\n  - <<: *x\n    path_regex: y\n---\n[\n');
    expect(rules?.[0]).toMatchObject({ pathRegex: 'y', groups: [[{ kind: 'age', id: 'a' }]] });
  });
});

describe.skipIf(!hasSops || !hasAge)('creation rules as the real sops takes them (needs sops)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'rules-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  // Throw-away keys.
  const key = () => /age1\w+/.exec(ageKeygen([]).stdout.toString())?.[0] ?? '';
  const [a, b, c] = [key(), key(), key()];

  it.each([
    `{age: "${a}, ${b}"}`,
    `{age: ["${a}", "${b}"], mac_only_encrypted: yes, encrypted_regex: "^k"}`,
    `{age: "${a}", mac_only_encrypted: off, unencrypted_suffix: _x}`,
    `{shamir_threshold: 2, key_groups: [{age: ["${a}", "${b}", "${a}"]}, {merge: [{age: ["${c}"]}]}]}`,
    `{path_regex: "^nothing$", age: "${a}"}\n  - {path_regex: "file.*l$", age: "${b}"}`,
    `{path_regex: "(?i)FILE", age: "${a}"}\n  - {age: "${b}"}`,
    `{key_groups: [{age: "${a}"}]}`,
    `{key_groups: [{merge: {age: ["${b}"]}, age: ["${a}"]}]}`,
    `{age: "${a}", mac_only_encrypted: "true"}`,
    `{age: "${a}", mac_only_encrypted: Yes}`,
    `{age: [1]}`,
    `{age: "${a}", age: "${b}"}`,
    `{age: "${a}", unencrypted_regex: a, encrypted_regex: b}`,
    `{path_regex: "a**", age: "${a}"}`,
    `{age: "${a}"}\n---\n- x`,
  ])('%s', async (rule) => {
    const text = `creation_rules:\n  - ${rule}\n`;
    writeFileSync(join(folder, '.sops.yaml'), text);
    writeFileSync(join(folder, 'file.yaml'), 'k: v\n');
    const theirs = sops(['--disable-version-check', '--encrypt', 'file.yaml'], { cwd: folder });
    if (theirs.code !== 0) {
      await expect(read(text)).rejects.toThrow();
      return;
    }
    const ours = await matchRule(await read(text), 'file.yaml');
    const written = parseMetadata((parse(theirs.stdout.toString()) as { sops: Record<string, unknown> }).sops);
    expect(ours?.selector).toEqual(written.selector);
    expect(ours?.macOnlyEncrypted).toBe(written.macOnlyEncrypted);
    expect(ours?.groups.map((group) => group.map(showRecipient))).toEqual(
      written.keyGroups.map((group) => recipientsOf([group])),
    );
  });
});
