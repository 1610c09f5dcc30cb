import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { mergePlaintext } from '../../src/document/merge/merge-plaintext.ts';
import { hasSops, sops } from '../sops.ts';
import { createTeam } from './team.ts';

const rules = (recipient: string) => `creation_rules:\n  - path_regex: secrets/\n    age: ${recipient}\n`;
/** Odd escapes under two equal keys: each spelling has a place of its own. */
const plain = `{
  "password": "hunter-\\u0031",
  "b": {"x": 1.50, "x": {"y": "hunter-\\/-2"}, "x": ["hunter-3"]},
  "password": "hunter-\\u0034",
  "last": true
}
`;
const path = 'secrets/twice.json';

describe.skipIf(!hasSops)('a JSON file in which a key stands twice (needs sops)', () => {
  it('is read as sops wrote it, written so that sops reads it, and never guessed about', async () => {
    const team = await createTeam(rules);
    const { box, keyFile } = team;
    const env = { SOPS_AGE_KEY_FILE: keyFile };
    const real = (...args: string[]) => sops(args, { cwd: box.repo, env });
    const opened = async (object: string) => {
      await writeFile(join(box.root, 'blob.json'), await box.blob(object));
      const done = real('decrypt', join(box.root, 'blob.json'));
      expect(done.stderr).toBe('');
      return done.stdout.toString();
    };

    // What sops wrote is opened by a checkout, and is the same blob when it is added again, unchanged.
    await box.write('plain.json', plain);
    const foreign = real('encrypt', '--filename-override', path, 'plain.json').stdout;
    expect(foreign.toString().match(/"password": "ENC\[/g)).toHaveLength(2);
    await rm(box.path('plain.json'));
    await box.write(path, foreign);
    await box.git('add', '.');
    await box.git('commit', '-qm', 'by sops');
    await box.git('rm', '-q', '--', path);
    await box.git('reset', '-q', '--hard');
    const shown = await box.read(path);
    expect(shown).toBe(await opened(`HEAD:${path}`));
    expect(shown.match(/"password": "hunter-[14]"/g)).toHaveLength(2);
    await box.write(path, shown);
    await box.git('add', '--', path);
    expect(Buffer.compare(await box.blob(`:${path}`), foreign)).toBe(0);

    // One of the two edited: that value, the time, which counts seconds, and the MAC.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await box.write(path, shown.replace('hunter-4', 'hunter-5'));
    await box.git('add', '--', path);
    const edited = (await box.blob(`:${path}`)).toString().split('\n');
    const old = foreign.toString().split('\n');
    expect(edited.flatMap((line, i) => (line === old[i] ? [] : [line.trim().split(':')[0]]))).toEqual([
      '"password"',
      '"lastmodified"',
      '"mac"',
    ]);
    expect(await opened(`:${path}`)).toBe(shown.replace('hunter-4', 'hunter-5'));
    expect((await team.sops('diff', '--staged')).stdout.toString()).toMatch(/password.*hunter-4.*hunter-5/s);
    await box.git('commit', '-qm', 'edited');

    // A new one, with spellings that no value determines.
    await box.write('secrets/new.json', plain);
    await box.git('add', '--', 'secrets/new.json');
    await box.git('commit', '-qm', 'new');
    await box.git('rm', '-q', '--', 'secrets/new.json');
    await box.git('reset', '-q', '--hard');
    expect(await box.read('secrets/new.json')).toBe(plain);
    expect((await opened('HEAD:secrets/new.json')).replace(/\s/g, '')).toBe(
      plain
        .replace('\\u0031', '1')
        .replace('\\u0034', '4')
        .replace('\\/', '/')
        .replace('1.50', '1.5')
        .replace(/\s/g, ''),
    );
    expect((await team.sops('check', '--history')).code).toBe(0);
    expect(await box.gitBytes(['cat-file', '--batch-all-objects', '--batch']).then(String)).not.toContain('hunter');

    // Which of two is meant nobody knows; the entries beside them are set as ever.
    for (const args of [
      ['set', path, '["password"]', '"hunter-6"'],
      ['set', path, '["b"]["x"]["y"]', '"hunter-6"'],
      ['unset', path, '["password"]'],
      ['decrypt', '--extract', '["password"]', path],
    ]) {
      const done = await team.sops(...args);
      expect([done.code, done.stderr], args.join(' ')).toEqual([
        1,
        expect.stringMatching(/more than once.*git sops edit/s),
      ]);
      expect(done.stderr).not.toContain('hunter');
    }
    expect((await team.sops('decrypt', '--output-type', 'yaml', path)).code).toBe(4);
    expect((await team.sops('set', path, '["last"]', 'false')).code).toBe(0);
    expect(await box.read(path)).toBe(shown.replace('hunter-4', 'hunter-5').replace('true', 'false'));
  });

  it('is refused where the metadata has one twice, as sops refuses it', async () => {
    const { box } = await createTeam(rules);
    await box.write(path, '{"a": "hunter", "sops": {"mac": "ENC[x]", "mac": "ENC[y]"}}');
    const done = await box.tryGit(['add', '--', path]);
    expect([done.code, done.stderr]).toEqual([128, expect.stringContaining('has the key sops.mac twice')]);
  });
});

describe.skipIf(!hasSops)('a YAML file in which a key stands twice in a later document (needs sops)', () => {
  const path = 'secrets/twice.yaml';
  const plain = 'a: one\n---\npassword: hunter-1\nm: 0x1F\nm: 014\npassword: hunter-2\n';

  it('is what sops makes of it, both ways', async () => {
    const { box, keyFile } = await createTeam(rules);
    const env = { SOPS_AGE_KEY_FILE: keyFile };
    const real = (...args: string[]) => sops(args, { cwd: box.repo, env });
    await box.write('plain.yaml', plain);
    const foreign = real('encrypt', '--filename-override', path, 'plain.yaml').stdout;
    expect(foreign.toString().match(/^password: ENC\[/gm)).toHaveLength(2);
    await rm(box.path('plain.yaml'));
    await box.write(path, foreign);
    await box.git('add', '.');
    await box.git('commit', '-qm', 'by sops');
    await rm(box.path(path));
    await box.git('checkout', '-q', '--', path);
    expect(await box.read(path)).toBe(plain.replace('0x1F', '31').replace('014', '12'));

    await box.write(path, plain.replace('hunter-2', 'hunter-3'));
    await box.git('add', '--', path);
    const stored = await box.blob(`:${path}`);
    const tokens = (text: string) => text.match(/^(?:a|m|password): ENC.*/gm) ?? [];
    const kept = tokens(stored.toString()).map((line, i) => line === tokens(foreign.toString())[i]);
    expect(kept).toEqual([true, true, true, true, false]);
    await writeFile(join(box.root, 'blob.yaml'), stored);
    const opened = real('decrypt', join(box.root, 'blob.yaml'));
    expect([opened.stderr, opened.stdout.toString()]).toEqual([
      '',
      plain.replace('0x1F', '31').replace('014', '12').replace('hunter-2', 'hunter-3'),
    ]);
    await rm(box.path(path));
    await box.git('checkout', '-q', '--', path);
    expect(await box.read(path)).toBe(plain.replace('hunter-2', 'hunter-3'));

    // Half of the two encrypted is a leak.
    const [first = ''] = tokens(stored.toString()).filter((line) => line.startsWith('password'));
    await box.write(path, stored.toString().replace(first, 'password: hunter-1'));
    const half = await box.tryGit(['add', '--', path]);
    expect(half.code).not.toBe(0);
    expect(half.stderr).not.toContain('hunter');
  });
});

it('merges an object in which a key stands twice as a whole', async () => {
  const merge = async (base: string, ours: string, theirs: string) => {
    const [o, a, b] = [base, ours, theirs].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer];
    const style = async () => ({ size: 7, ours: 'ours', theirs: 'theirs', base: null });
    const merged = await mergePlaintext('json', { base: o, ours: a, theirs: b }, style);
    return [merged?.conflict, Buffer.from(merged?.bytes ?? []).toString()];
  };
  const [first, second] = ['{"a": 2, "o": {"k": 1}}\n', '{"a": 1, "o": {"k": 1}}\n'];
  const base = '{"a": 1, "a": 2, "o": {"k": 1}}\n';
  // Each took another one away: neither is what both want.
  expect((await merge(base, first, second))[0]).toBe(true);
  // In another order it says something else.
  const turned = '{"a": 2, "a": 1, "o": {"k": 1}}\n';
  expect((await merge(base, turned, base.replace('"k": 1', '"k": 3')))[0]).toBe(true);
  expect(await merge(base, base, turned)).toEqual([false, turned]);
  // Beside it, entry by entry.
  const beside = (k: number, a: number, n: number) => `{"p": {"a": 1, "a": ${a}}, "k": ${k}, "n": ${n}}\n`;
  expect(await merge(beside(1, 2, 1), beside(2, 3, 1), beside(1, 2, 2))).toEqual([false, beside(2, 3, 2)]);
});
