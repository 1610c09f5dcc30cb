import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RuleRecipient } from '../../src/document/creation-rule.ts';
import { parseCreationRules } from '../../src/document/creation-rules.ts';
import { recipientName } from '../../src/document/recipient-names.ts';
import { withoutRecipientIn, withRecipient } from '../../src/document/rules-edit/edit-rules.ts';
import { runs } from '../format/runs.ts';

const bytes = (text: string) => Buffer.from(text);
const age = (id: string): RuleRecipient => ({ kind: 'age', id });
const every = new Set([0, 1, 2, 3]);

async function added(text: string, name: string | null = null, rules: ReadonlySet<number> = every, group = 0) {
  const result = await withRecipient(bytes(text), { recipient: age('age1new'), name, rules, group });
  return Buffer.from(result).toString();
}

async function removed(text: string, id: string, rules: ReadonlySet<number> = every) {
  return Buffer.from(await withoutRecipientIn(bytes(text), age(id), rules)).toString();
}

const rule = (body: string) => `# top\ncreation_rules:\n  # first\n${body}  # last\nstores: {}\n`;

describe('a recipient in .sops.yaml, written as those beside it are', () => {
  it.each<[form: string, before: string, after: string]>([
    ['a text', '  - age: age1a # me\n', '  - age: age1a,age1new # me\n'],
    [
      'a quoted text',
      "  - path_regex: x\n    age: 'age1a, age1b'\n",
      "  - path_regex: x\n    age: 'age1a, age1b, age1new'\n",
    ],
    [
      'a folded list',
      '  - age: >-\n      age1a,\n      age1b\n\n    path_regex: x\n',
      '  - age: >-\n      age1a,\n      age1b,\n      age1new\n\n    path_regex: x\n',
    ],
    ['a folded list with an open end', '  - age: >\n      age1a,\n', '  - age: >\n      age1a,\n      age1new\n'],
    ['a text over lines', '  - age: age1a,\n      age1b\n', '  - age: age1a,\n      age1b,\n      age1new\n'],
    [
      'a list',
      '  - age:\n    - age1a  # me\n    - age1b\n    # - age1old\n    pgp: []\n',
      '  - age:\n    - age1a  # me\n    - age1b\n    - age1new\n    # - age1old\n    pgp: []\n',
    ],
    [
      'a flow list',
      '  - {age: [age1a, age1b], path_regex: x}\n',
      '  - {age: [age1a, age1b, age1new], path_regex: x}\n',
    ],
    [
      'a flow list over lines',
      '  - age: [\n      age1a, # me\n      age1b # you\n    ]\n',
      '  - age: [\n      age1a, # me\n      age1b, # you\n      age1new\n    ]\n',
    ],
    [
      'a rule of another key type',
      '  - pgp: FP\n    path_regex: x\n',
      '  - pgp: FP\n    path_regex: x\n    age:\n      - age1new\n',
    ],
    ['an empty entry', '  - pgp: FP\n    age:\n', '  - pgp: FP\n    age: [age1new]\n'],
    [
      'a key group',
      '  - key_groups:\n    - age:\n      - age1a\n    - age: [age1b]\n',
      '  - key_groups:\n    - age:\n      - age1a\n      - age1new\n    - age: [age1b]\n',
    ],
  ])('%s', async (_form, before, after) => {
    expect(await added(rule(before))).toBe(rule(after));
    // And back: not a byte is left behind.
    if (!/^a rule of|^an empty|open end/.test(_form)) expect(await removed(rule(after), 'age1new')).toBe(rule(before));
    const crlf = rule(before).replaceAll('\n', '\r\n');
    expect(await added(crlf)).toBe(rule(after).replaceAll('\n', '\r\n'));
  });

  it('with its name: at the end of the line, above it where the others have theirs there, above a text', async () => {
    expect(await added(rule('  - age:\n      - age1a   # Ann\n'), 'Bob')).toContain('- age1new   # Bob\n');
    expect(await added(rule('  - age:\n      # Ann\n      - age1a\n'), 'Bob')).toContain(
      '\n      # Bob\n      - age1new\n',
    );
    const text = await added(rule('  - path_regex: x\n    age: age1a\n'), 'Bob');
    expect(text).toContain('    # Bob: age1new\n    age: age1a,age1new\n');
    for (const form of ['- age1a # Ann', '# Ann\n      - age1a', '- &ann age1a']) {
      expect(recipientName(bytes(await added(rule(`  - age:\n      ${form}\n`), 'Bob')), 'age1new')).toBe('Bob');
    }
    expect(recipientName(bytes(text), 'age1new')).toBe('Bob');
    expect(await removed(text, 'age1new')).toBe(rule('  - path_regex: x\n    age: age1a\n'));
    const ssh = age('ssh-ed25519 AAAAC3Nza');
    const request = { recipient: ssh, name: 'Cy: at home', rules: every, group: 0 };
    const withSsh = await withRecipient(bytes(text), request);
    expect(recipientName(withSsh, ssh.id)).toBe('Cy: at home');
    expect(Buffer.from(await withoutRecipientIn(withSsh, ssh, every)).toString()).toBe(text);
    // A name is no way to write into the file.
    const hostile = await added(rule('  - age: [age1a]\n'), 'Bob\ncreation_rules: []\u2028\u202ex');
    expect(hostile).toBe(rule('  # Bob creation_rules: [] x: age1new\n  - age: [age1a, age1new]\n'));
    expect(await removed(hostile, 'age1new')).toBe(rule('  - age: [age1a]\n'));
    expect(await added(rule('  - age:\n      - age1a\n'), 'Bob\n- age1evil')).toContain('- age1new # Bob - age1evil\n');
  });

  it('where the keys are defined once and the rules name them by anchors', async () => {
    const before = `keys:
  - &ann age1a
  - &bob age1b # Bob Example
creation_rules:
  - path_regex: one
    key_groups:
      - age:
          - *ann
          - *bob
  - path_regex: two
    age: [*ann, *bob]
`;
    const after = await added(before, 'Çelik, D.');
    expect(after).toBe(
      before
        .replace('# Bob Example\n', '# Bob Example\n  - &celik_d age1new # Çelik, D.\n')
        .replace('          - *bob\n', '          - *bob\n          - *celik_d\n')
        .replace('*bob]', '*bob, *celik_d]'),
    );
    expect(await removed(after, 'age1new')).toBe(before);
    expect(await removed(before, 'age1b')).toBe(before.replace(/.*bob.*\n/g, '').replace(/\n$/, '\n    age: [*ann]\n'));
    // One rule alone: the definition is needed by the other.
    expect(await removed(before, 'age1b', new Set([1]))).toBe(before.replace(', *bob', ''));
  });

  it('a list that rules share changes for all of them, or not at all', async () => {
    const before = 'creation_rules:\n  - path_regex: x\n    age: &team age1a\n  - path_regex: y\n    age: *team\n';
    expect(await added(before)).toBe(before.replace('age1a', 'age1a,age1new'));
    await expect(added(before, null, new Set([0]))).rejects.toMatchObject({
      code: 'rules-not-editable',
      facts: { line: 2 },
    });
    await expect(removed(before, 'age1a')).rejects.toMatchObject({ code: 'last-recipient', facts: { line: 2 } });
  });

  it('goes with its comment, its comma and its line', async () => {
    const list =
      '  - age:\n      # Ann\n      - age1a\n      # Bob\n      - age1b\n      # the machines\n      - age1c\n      - age1d\n';
    expect(await removed(rule(list), 'age1b')).toBe(rule(list.replace('      # Bob\n      - age1b\n', '')));
    expect(await removed(rule(list), 'age1c')).toBe(rule(list.replace('      - age1c\n', '')));
    expect(await removed(rule('  - age: age1a, age1b\n'), 'age1a')).toBe(rule('  - age: age1b\n'));
    expect(await removed(rule('  - age: age1a\n    pgp: FP\n'), 'age1a')).toBe(rule('  - pgp: FP\n'));
    expect(await removed(rule('  - pgp: FP\n    age: age1a\n'), 'age1a')).toBe(rule('  - pgp: FP\n'));
    expect(await removed(rule('  - {age: age1a, pgp: FP}\n'), 'age1a')).toBe(rule('  - {pgp: FP}\n'));
    const flow = '  - age: [\n      age1a, # Ann\n      age1b # Bob\n    ]\n';
    expect(await removed(rule(flow), 'age1b')).toBe(rule('  - age: [\n      age1a # Ann\n    ]\n'));
    expect(await removed(rule(flow), 'age1a')).toBe(rule(flow.replace('      age1a, # Ann\n', '')));
    await expect(removed(rule('  - age: age1a\n'), 'age1a')).rejects.toMatchObject({ code: 'last-recipient' });
  });

  it('what follows the first document, a byte order mark and a missing last newline stay', async () => {
    expect(await added('\ufeff---\ncreation_rules:\n  - age:\n    - age1a\n---\n: [ not looked at')).toBe(
      '\ufeff---\ncreation_rules:\n  - age:\n    - age1a\n    - age1new\n---\n: [ not looked at',
    );
    expect(await added('creation_rules: [{age: age1a}]')).toBe("creation_rules: [{age: 'age1a,age1new'}]");
    expect(await added('creation_rules:\n- age:\n  - age1a')).toBe('creation_rules:\n- age:\n  - age1a\n  - age1new');
  });

  it('added and removed gives back the very file, whatever the forms (property)', async () => {
    const id = fc.integer({ min: 0, max: 5 }).map((n) => `age1k${n}`);
    const ids = fc.uniqueArray(id, { minLength: 1, maxLength: 4 });
    const gap = fc.constantFrom('', ' ', '\n      ');
    const comment = fc.constantFrom('', ' # somebody', '  # a, b');
    const forms = fc.oneof(
      fc.tuple(ids, gap).map(([list, space]) => ` ${list.join(`,${space}`)}`),
      fc.tuple(ids, fc.constantFrom(', ', ',')).map(([list, comma]) => ` "${list.join(comma)}"`),
      fc.tuple(ids, fc.constantFrom('>-', '>', '|')).map(([list, head]) => ` ${head}\n      ${list.join(',\n      ')}`),
      fc.tuple(ids, comment).map(([list, said]) => list.map((one) => `\n      - ${one}${said}`).join('')),
      fc
        .tuple(ids, comment)
        .map(([list, said]) => list.map((one) => `\n    # of ${one[5]}\n    - ${one}${said}`).join('')),
      ids.map((list) => ` [${list.join(', ')}]`),
      fc.tuple(ids, comment).map(([list, said]) => ` [${list.map((one) => `\n      ${one},${said}`).join('')}\n    ]`),
    );
    const file = fc.tuple(
      fc.array(fc.tuple(forms, fc.boolean(), comment), { minLength: 1, maxLength: 3 }),
      fc.constantFrom('\n', '\r\n'),
    );
    await fc.assert(
      fc.asyncProperty(file, fc.constantFrom(null, 'Bob', 'Bob: the "new" one'), async ([rules, newline], name) => {
        const text = rules
          .map(([form, first, said], i) =>
            first
              ? `  - age:${form}\n    path_regex: x${i}${said}\n`
              : `  - path_regex: x${i}${said}\n    age:${form}\n`,
          )
          .reduce((all, one) => `${all}  # a rule\n${one}`, 'creation_rules:\n')
          .replaceAll('\n', newline);
        const more = await added(text, name);
        const { rules: read } = await parseCreationRules(bytes(more));
        expect(read?.every(({ groups }) => groups[0]?.some(({ id }) => id === 'age1new'))).toBe(true);
        expect(await removed(more, 'age1new')).toBe(text);
      }),
      runs(200),
    );
  });
});
