import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { GnuPg, hasGnuPg } from '../gnupg.ts';
import { hasSops } from '../sops.ts';
import { Lab, me } from './lab.ts';

const tools = ['sops', 'ours'] as const;
const pairs = [
  ['ours', 'sops'],
  ['sops', 'ours'],
] as const;

/** A file without what no two runs have in common. */
const shapeOf = (text: string) =>
  text
    .replace(/-----BEGIN[\s\S]*?-----END PGP MESSAGE-----/g, 'MESSAGE')
    .replace(/ENC\[AES256_GCM,[^\]]*type:/g, 'ENC[')
    .replace(/\d{4}-\d\d-\d\dT[\d:]+Z/g, 'TIME');

describe.skipIf(!hasSops || !hasGnuPg)('PGP, by the real GnuPG (needs sops and GnuPG)', () => {
  let lab: Lab;
  let ada: GnuPg;
  let eve: GnuPg;
  beforeAll(() => {
    [lab, ada, eve] = [new Lab(), new GnuPg('ada'), new GnuPg('eve')];
    const rules = `  - path_regex: ^by-rule\n    pgp: ${ada.fingerprint}\n  - age: ${me.recipient}\n`;
    lab.write('.sops.yaml', `creation_rules:\n${rules}`);
    // Says by a file that it was called.
    const gpg = `#!/bin/sh\ntouch "${join(lab.folder, 'called')}"\nexec gpg "$@"\n`;
    writeFileSync(join(lab.folder, 'gpg.sh'), gpg, { mode: 0o755 });
  });
  afterAll(() => {
    for (const one of [lab, ada, eve]) one?.remove();
  });

  it.each(['p.yaml', 'p.json', 'p.env', 'p.ini', 'p.bin'])(
    '%s: what one writes the other opens, in the same shape',
    (name) => {
      const { env } = ada;
      const results = tools.map((tool) => {
        const done = lab[tool](['encrypt', '--pgp', ada.fingerprint, name], { env });
        expect([tool, done.code], done.stderr).toEqual([tool, 0]);
        return done.stdout.toString();
      });
      const [theirs = '', own = ''] = results;
      // The layout of values is another matter; the metadata is the same.
      const metadata = (text: string) => shapeOf(text).slice(text.search(/sops[:_"\]]/));
      if (name === 'p.yaml') expect(metadata(own)).toBe(metadata(theirs));
      const entry = (text: string) => shapeOf(text).match(/.*(?:created_at|MESSAGE|fp\b).*/g);
      expect(entry(own)?.map((line) => line.trim())).toEqual(entry(theirs)?.map((line) => line.trim()));
      for (const [i, reader] of ['ours', 'sops'].entries()) {
        const args = ['decrypt', '--filename-override', name];
        const back = lab[reader as 'sops'](args, { env, input: results[i] ?? '' });
        expect([reader, back.code], back.stderr).toEqual([reader, 0]);
      }
    },
  );

  it.each(pairs)('%s encrypts, %s decrypts: rule, variable, a long key ID, and nobody else', (writer, reader) => {
    const { env, fingerprint } = ada;
    const input = 'a: 1\n';
    const byRule = lab[writer](['encrypt', '--filename-override', 'by-rule.yaml'], { env, input });
    const override = ['--filename-override', 'by-rule.yaml'];
    const variable = { ...env, SOPS_PGP_FP: fingerprint.slice(-16) };
    const byVariable = lab[writer](['encrypt', '--filename-override', 'by-rule.json', '--input-type', 'yaml'], {
      env: variable,
      input,
    });
    for (const { code, stdout, stderr } of [byRule, byVariable]) {
      expect(code, stderr).toBe(0);
      expect(lab[reader](['decrypt', ...override], { env, input: stdout }).stdout.toString()).toContain('a');
      const stranger = lab[reader](['decrypt', ...override], { env: eve.env, input: stdout });
      expect([reader, stranger.code]).toEqual([reader, 128]);
    }
  });

  it('SOPS_GPG_EXEC is the program; where there is none, or no such key, a sentence says what to do', () => {
    const called = join(lab.folder, 'called');
    const env = { ...ada.env, SOPS_GPG_EXEC: join(lab.folder, 'gpg.sh') };
    for (const tool of tools) {
      lab.write('g.yaml', lab[tool](['encrypt', '--pgp', ada.fingerprint, 'p.yaml'], { env }).stdout);
      expect(existsSync(called), tool).toBe(true);
    }
    const gone = { ...ada.env, SOPS_GPG_EXEC: '/nowhere/gpg' };
    const closed = lab.ours(['decrypt', 'g.yaml'], { env: gone });
    expect([closed.code, closed.stderr]).toEqual([128, expect.stringContaining('SOPS_GPG_EXEC names no program')]);
    const unwritten = lab.ours(['encrypt', '--pgp', ada.fingerprint, 'p.yaml'], { env: gone });
    expect([unwritten.code, unwritten.stdout.length]).toEqual([1, 0]);
    // Relative to where one happens to be, it could be a repository's.
    const relative = { ...ada.env, SOPS_GPG_EXEC: './gpg.sh' };
    expect(lab.ours(['decrypt', 'g.yaml'], { env: relative }).code).toBe(128);
    const unknown = lab.ours(['encrypt', '--pgp', eve.fingerprint, 'p.yaml'], { env: ada.env });
    expect([unknown.code, unknown.stderr]).toEqual([1, expect.stringContaining(`gpg --recv-keys ${eve.fingerprint}`)]);
    const name = lab.ours(['encrypt', '--pgp', 'ada@example.com', 'p.yaml'], { env: ada.env });
    expect([name.code, name.stderr]).toEqual([1, expect.stringContaining('names a key of type pgp that is not one')]);
    // sops would make the key the most trusted of all in the user's own trust database.
    expect(eve.run(['--export-ownertrust'])).not.toContain(ada.fingerprint);
    eve.importFrom(ada);
    expect(lab.ours(['encrypt', '--pgp', ada.fingerprint, 'p.yaml'], { env: eve.env }).code).toBe(0);
    expect(eve.run(['--export-ownertrust'])).not.toContain(ada.fingerprint);
  });

  it('is asked behind age, and before it where SOPS_DECRYPTION_ORDER says so', () => {
    const called = join(lab.folder, 'called');
    const env = { ...ada.env, SOPS_GPG_EXEC: join(lab.folder, 'gpg.sh') };
    lab.write(
      'both.yaml',
      lab.sops(['encrypt', '--pgp', ada.fingerprint, '--age', me.recipient, 'p.yaml'], { env }).stdout,
    );
    const asks = (args: string[], order: Record<string, string> = {}) =>
      tools.map((tool) => {
        rmSync(called, { force: true });
        expect(lab[tool](['decrypt', ...args, 'both.yaml'], { env: { ...env, ...order } }).code).toBe(0);
        return existsSync(called);
      });
    expect(asks([])).toEqual([false, false]);
    expect(asks(['--decryption-order', 'pgp,age'])).toEqual([true, true]);
    expect(asks([], { SOPS_DECRYPTION_ORDER: 'pgp' })).toEqual([true, true]);
    expect(asks([], { SOPS_DECRYPTION_ORDER: 'age' })).toEqual([false, false]);
  });

  it('comes and goes with rotate and updatekeys; who stays keeps the entry', () => {
    const { env, fingerprint } = ada;
    const noAge = { ...env, SOPS_AGE_KEY_FILE: '/dev/null' };
    for (const tool of tools) {
      lab.write('r.yaml', lab.sops(['encrypt', '--age', me.recipient, 'p.yaml']).stdout);
      expect(lab[tool](['rotate', '-i', '--add-pgp', fingerprint, 'r.yaml'], { env }).code).toBe(0);
      for (const reader of tools) expect(lab[reader](['decrypt', 'r.yaml'], { env: noAge }).code).toBe(0);
      expect(lab[tool](['rotate', '-i', '--rm-pgp', fingerprint, 'r.yaml'], { env }).code).toBe(0);
      for (const reader of tools) expect(lab[reader](['decrypt', 'r.yaml'], { env: noAge }).code).toBe(128);
    }
    const ageEntry = /- enc: \|\n(?:.*\n)*?.*END AGE/.exec(lab.read('r.yaml'))?.[0] ?? 'none';
    lab.write('both.sops.yaml', `creation_rules:\n  - {age: ${me.recipient}, pgp: ${fingerprint}}\n`);
    const update = ['updatekeys', '-y', '--config', 'both.sops.yaml', 'r.yaml'];
    const done = lab.ours(update, { env });
    expect([done.code, done.stdout.toString()]).toEqual([0, expect.stringContaining(`+++ pgp:${fingerprint}\n`)]);
    expect(lab.read('r.yaml')).toContain(ageEntry);
    for (const reader of tools) expect(lab[reader](['decrypt', 'r.yaml'], { env: noAge }).code).toBe(0);
    expect(lab.ours(update, { env }).stderr).toContain('up to date');
    const message = /-----BEGIN PGP[\s\S]*?END PGP/.exec(lab.read('r.yaml'))?.[0] ?? 'none';
    lab.write('only.sops.yaml', `creation_rules:\n  - pgp: ${fingerprint}\n`);
    expect(lab.ours(['updatekeys', '-y', '--config', 'only.sops.yaml', 'r.yaml']).code).toBe(0);
    expect(lab.read('r.yaml')).toContain(message);
    expect(lab.sops(['decrypt', 'r.yaml']).code).toBe(128);
  });

  it.each(pairs)('in key groups with age: %s splits the data key, %s needs both parts', (writer, reader) => {
    const { env, fingerprint } = ada;
    lab.write('k.yaml', lab[writer](['encrypt', '--age', me.recipient, 'p.yaml'], { env }).stdout);
    expect(lab[writer](['groups', 'add', '-i', '--file', 'k.yaml', '--pgp', fingerprint], { env }).code).toBe(0);
    const group = `- age: [${me.recipient}]\n        - merge: [{pgp: [${fingerprint}]}, {age: [${me.recipient}]}]\n`;
    lab.write('groups.sops.yaml', `creation_rules:\n  - shamir_threshold: 2\n    key_groups:\n        ${group}`);
    const byRule = lab[writer](['encrypt', 'p.yaml'], { env: { ...env, SOPS_CONFIG: 'groups.sops.yaml' } });
    lab.write('m.yaml', byRule.stdout);
    expect(lab.read('k.yaml')).toContain('shamir_threshold: 2');
    const has = (keys: { age: boolean; pgp: boolean }) => ({
      ...(keys.pgp ? env : eve.env),
      ...(!keys.age && { SOPS_AGE_KEY_FILE: '/dev/null' }),
    });
    for (const [age, pgp, k, m] of [
      [true, true, 0, 0],
      [true, false, 128, 0],
      [false, true, 128, 128],
    ] as const) {
      const with_ = { env: has({ age, pgp }) };
      expect([age, pgp, lab[reader](['decrypt', 'k.yaml'], with_).code]).toEqual([age, pgp, k]);
      expect([age, pgp, lab[reader](['decrypt', 'm.yaml'], with_).code]).toEqual([age, pgp, m]);
    }
    const threshold = ['--shamir-secret-sharing-threshold', '1'];
    const deleted = lab[reader](['groups', 'delete', '-i', '--file', 'k.yaml', ...threshold, '0'], { env });
    expect(deleted.code, deleted.stderr).toBe(0);
    expect(lab[writer](['decrypt', 'k.yaml'], { env: has({ age: false, pgp: true }) }).code).toBe(0);
    expect(lab[writer](['decrypt', 'k.yaml'], { env: has({ age: true, pgp: false }) }).code).toBe(128);
  });

  it('gives GnuPG no message that would ask for a passphrase of its own, none in the clear, and takes no flood from it', () => {
    const { env, fingerprint } = ada;
    const asked = join(lab.folder, 'asked');
    ada.answerWith(`touch "${asked}"; echo D x; echo OK`);
    const text = lab.ours(['encrypt', '--pgp', fingerprint, 'p.json'], { env }).stdout.toString();
    const { sops: metadata } = JSON.parse(text);
    const dataKey = ada.bytes(['--decrypt'], metadata.pgp[0].enc);
    expect(dataKey.length).toBe(32);
    const open = (message: string) => {
      const changed = {
        ...JSON.parse(text),
        sops: { ...metadata, pgp: [{ ...metadata.pgp[0], enc: message.trim() }] },
      };
      return lab.ours(['decrypt', '--filename-override', 'x.json'], { env, input: JSON.stringify(changed) });
    };
    const to = ['--trust-model', 'always', '--armor', '--recipient', fingerprint];
    expect(open(ada.run([...to, '--encrypt'], dataKey)).code).toBe(0);
    const own = ['--pinentry-mode', 'loopback', '--passphrase', 'x'];
    for (const message of [
      ada.run([...own, '--armor', '--symmetric'], dataKey),
      ada.run([...own, ...to, '--symmetric', '--encrypt'], dataKey),
      ada.run(['--armor', '--store'], dataKey),
      ada.run(['--armor', '--sign'], dataKey),
      ada.run([...to, '--encrypt'], Buffer.alloc(64 << 20)),
      ada.run([...to, '--encrypt'], dataKey.subarray(1)),
      'x',
    ]) {
      const done = open(message);
      expect([done.code, done.stdout.length]).toEqual([128, 0]);
      expect(done.stderr).toMatch(/holds no PGP message for keys|gave more than a key|is of the wrong length/);
    }
    expect(existsSync(asked)).toBe(false);
  });
});
