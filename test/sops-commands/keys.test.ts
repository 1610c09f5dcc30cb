import { chmodSync, existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTeam, secretRule, type Team } from '../repo/team.ts';
import { hasSops } from '../sops.ts';
import { Lab, me, other } from './lab.ts';

const tools = ['sops', 'ours'] as const;
let lab: Lab;
beforeAll(() => {
  if (hasSops) lab = new Lab();
});
afterAll(() => lab?.remove());

const recipientsIn = (text: string) => [...text.matchAll(/recipient: (age1\w+)/g)].map(([, id]) => id);
const both = (rule = '') => `creation_rules:\n  - ${rule}age: ${me.recipient},${other.recipient}\n`;

describe.skipIf(!hasSops)('rotate, updatekeys and groups do and end as sops does (needs sops)', () => {
  it.each<[code: number, args: string[], config?: string]>([
    [0, ['rotate', 'e.yaml']],
    [0, ['rotate', '--output', 'out.yaml', 'e.yaml']],
    [100, ['rotate']],
    [2, ['rotate', 'nofile']],
    [49, ['rotate', '--add-age', other.recipient, 'nofile']],
    [1, ['rotate', 'p.yaml']],
    [8, ['rotate', '-i', '--output', 'x', 'e.yaml']],
    [1, ['rotate', '--add-age', 'zz', 'e.yaml']],
    [1, ['rotate', '--rm-age', me.recipient, 'e.yaml']],
    [51, ['rotate', 'mac-wrong.yaml']],
    [25, ['rotate', 'value-clear.yaml']],
    [1, ['updatekeys', '-y', 'e.yaml']],
    [1, ['updatekeys', '-y', 'e.yaml'], 'stores: {}\n'],
    [1, ['updatekeys', '-y', 'e.yaml'], both('path_regex: other\n    ')],
    [1, ['updatekeys', '-y', 'e.yaml'], 'x: [\n'],
    [100, ['updatekeys', '-y'], both()],
    [1, ['updatekeys', 'e.yaml'], both()],
    [1, ['updatekeys', '-y', 'nofile'], both()],
    [1, ['updatekeys', '-y', 'home'], both()],
    [1, ['updatekeys', '-y', 'p.yaml'], both()],
    [0, ['groups', 'add', '--file', 'e.yaml', '--age', other.recipient]],
    [2, ['groups', 'add', '--file', 'nofile', '--age', other.recipient]],
    [2, ['groups', 'add', '--age', other.recipient]],
    [1, ['groups', 'add', '--file', 'p.yaml', '--age', other.recipient]],
    [1, ['groups', 'add', 'extra']],
    [1, ['groups', 'delete', '--file', 'e.yaml']],
    [1, ['groups', 'delete', '--file', 'e.yaml', 'x']],
  ])('%i: %j', (code, args, config) => {
    const dots = join(lab.folder, '.sops.yaml');
    if (config !== undefined) lab.write('.sops.yaml', config);
    else if (existsSync(dots)) lab.write('.sops.yaml', 'stores: {}\n');
    const before = lab.read('e.yaml');
    for (const tool of tools) {
      const done = lab[tool](args);
      expect([tool, done.code], done.stderr).toEqual([tool, code]);
      expect(done.stderr).not.toContain('internal error');
      const written = args.includes('--output') ? Buffer.from(lab.read('out.yaml')) : done.stdout;
      if (code !== 0 || args[0] !== 'rotate') continue;
      const back = lab.sops(['decrypt', '--filename-override', 'x.yaml'], { input: written });
      expect([back.code, back.stderr]).toEqual([0, '']);
    }
    expect(lab.read('e.yaml')).toBe(before);
  });

  it('128 where no identity opens it', () => {
    lab.write('.sops.yaml', both());
    const env = { SOPS_AGE_KEY_FILE: join(lab.folder, 'other.txt') };
    for (const args of [
      ['rotate', 'e.yaml'],
      ['updatekeys', '-y', 'e.yaml'],
      ['set', 'e.yaml', '["a"]', '1'],
      ['edit', 'e.yaml'],
    ]) {
      for (const tool of tools) expect([tool, args[0], lab[tool](args, { env }).code]).toEqual([tool, args[0], 128]);
    }
  });

  it('rotate -i adds and removes recipients under a new data key; mode stays', () => {
    lab.write('.sops.yaml', 'stores: {}\n');
    for (const tool of tools) {
      lab.write('r.yaml', lab.read('e.yaml'));
      chmodSync(join(lab.folder, 'r.yaml'), 0o640);
      expect(lab[tool](['rotate', '-i', '--add-age', other.recipient, 'r.yaml']).code).toBe(0);
      expect(recipientsIn(lab.read('r.yaml')).sort()).toEqual([me.recipient, other.recipient].sort());
      const env = { SOPS_AGE_KEY_FILE: join(lab.folder, 'other.txt') };
      expect(lab.sops(['decrypt', 'r.yaml'], { env }).code).toBe(0);
      expect(lab[tool](['rotate', '-i', '--rm-age', other.recipient, 'r.yaml']).code).toBe(0);
      expect(recipientsIn(lab.read('r.yaml'))).toEqual([me.recipient]);
      expect([tool, lab.ours(['decrypt', 'r.yaml'], { env }).code]).toEqual([tool, 128]);
      expect(lab.sops(['decrypt', 'r.yaml']).code).toBe(0);
      expect(statSync(join(lab.folder, 'r.yaml')).mode & 0o777).toBe(0o640);
    }
    const [old, now] = [lab.read('e.yaml'), lab.read('r.yaml')];
    const tokens = (text: string): string[] => text.match(/ENC\[[^\]]+\]/g) ?? [];
    expect(tokens(now).filter((token) => tokens(old).includes(token))).toEqual([]);
  });

  it('updatekeys shows who comes and goes, asks, and leaves every value as it is', () => {
    lab.write('.sops.yaml', both());
    lab.write('u.yaml', lab.read('e.yaml'));
    const asked = lab.ours(['updatekeys', 'u.yaml'], { input: 'perhaps\nn\n' });
    expect(asked.code).toBe(0);
    expect(asked.stdout.toString()).toContain(`Group 1\n    ${me.recipient}\n+++ ${other.recipient}\n`);
    expect(lab.read('u.yaml')).toBe(lab.read('e.yaml'));
    expect(lab.ours(['updatekeys', 'u.yaml'], { input: 'y\n' }).code).toBe(0);
    expect(recipientsIn(lab.read('u.yaml'))).toEqual([me.recipient, other.recipient]);
    const isRecipient = (line: string) => !/^ {8,}|^ {4}age:/.test(line);
    expect(lab.read('u.yaml').split('\n').filter(isRecipient)).toEqual(
      lab.read('e.yaml').split('\n').filter(isRecipient),
    );
    // Who stays keeps the very entry.
    expect(lab.read('u.yaml')).toContain(/- enc: \|\n(?:.*\n)*?.*END AGE/.exec(lab.read('e.yaml'))?.[0] ?? 'none');
    const env = { SOPS_AGE_KEY_FILE: join(lab.folder, 'other.txt') };
    expect(lab.sops(['decrypt', 'u.yaml'], { env }).code).toBe(0);
    const again = lab.ours(['updatekeys', 'u.yaml']);
    expect([again.code, again.stderr]).toEqual([0, 'u.yaml is up to date\n']);
    lab.write('.sops.yaml', `creation_rules:\n  - age: ${me.recipient}\n`);
    expect(lab.ours(['updatekeys', '-y', 'u.yaml']).stdout.toString()).toContain(`--- ${other.recipient}\n`);
    expect(lab.sops(['decrypt', 'u.yaml'], { env }).code).toBe(128);
  });

  it('updatekeys goes on behind a file that fails, and says so by its exit code', () => {
    lab.write('.sops.yaml', both());
    for (const tool of tools) {
      lab.write('many.yaml', lab.read('e.yaml'));
      expect(lab[tool](['updatekeys', '-y', 'p.yaml', 'nofile', 'many.yaml']).code).toBe(1);
      expect(recipientsIn(lab.read('many.yaml')).length).toBe(2);
    }
  });

  it('groups add and delete: real sops opens the file with both groups, and with the one that is left', () => {
    lab.write('keys.both', me.text + other.text);
    const env = { SOPS_AGE_KEY_FILE: join(lab.folder, 'keys.both') };
    for (const [writer, reader] of [
      ['ours', 'sops'],
      ['sops', 'ours'],
    ] as const) {
      lab.write('g.yaml', lab.read('e.yaml'));
      expect(lab[writer](['groups', 'add', '-i', '--file', 'g.yaml', '--age', other.recipient]).code).toBe(0);
      expect(lab.read('g.yaml')).toContain('shamir_threshold: 2');
      expect(lab[reader](['decrypt', 'g.yaml']).code).toBe(128);
      expect(lab[reader](['decrypt', 'g.yaml'], { env }).code).toBe(0);
      expect(lab[writer](['groups', 'delete', '-i', '--file', 'g.yaml', '1'], { env }).code).toBe(1);
      const threshold = ['--shamir-secret-sharing-threshold', '1'];
      expect(lab[writer](['groups', 'delete', '-i', '--file', 'g.yaml', ...threshold, '1'], { env }).code).toBe(0);
      expect(recipientsIn(lab.read('g.yaml'))).toEqual([me.recipient]);
      expect(lab[reader](['decrypt', 'g.yaml']).code).toBe(0);
    }
    const few = lab.ours([
      'groups',
      'add',
      '--file',
      'e.yaml',
      '--age',
      other.recipient,
      '--shamir-secret-sharing-threshold',
      '3',
    ]);
    // sops writes a file here that nobody can open any more.
    expect([few.code, few.stdout.length]).toEqual([1, 0]);
  });
});

describe.skipIf(!hasSops)('in an unlocked tree (needs sops)', () => {
  const secret = 'password: hunter2   # the old one\nlist:\n- a\n- b\n';
  const file = 'secrets/db.yaml';

  async function unlocked(): Promise<Team> {
    const team = await createTeam(secretRule);
    await team.box.commit({ [file]: secret });
    return team;
  }

  it.each([
    ['updatekeys', ['updatekeys', '--yes', file]],
    ['updatekeys --all', ['updatekeys', '--yes', '--all']],
    ['rotate', ['rotate', file]],
    ['rotate of the folder', ['rotate', 'secrets']],
    ['rotate --add-age', ['rotate', '--add-age', other.recipient, file]],
    ['groups add', ['groups', 'add', '--file', file, '--age', 'ME', '--age', other.recipient]],
  ])('%s stages the new blob, says so, leaves the working file, and a later git add keeps it', async (_name, args) => {
    const team = await unlocked();
    const { box } = team;
    if (!args.join(' ').includes('age1')) {
      await box.write(
        '.sops.yaml',
        `creation_rules:\n  - path_regex: (^|/)secrets/\n    age: ${team.recipient},${other.recipient}\n`,
      );
    }
    const before = await box.blob(`:${file}`);
    const done = await team.sops(...args.map((arg) => (arg === 'ME' ? team.recipient : arg)));
    expect([done.code, done.stderr]).toEqual([
      0,
      expect.stringContaining(`and staged ${file}; the working file stays`),
    ]);
    expect(await box.read(file)).toBe(secret);
    const blob = await box.blob(`:${file}`);
    expect(blob.equals(before)).toBe(false);
    expect([...new Set(recipientsIn(blob.toString()))].sort()).toEqual([team.recipient, other.recipient].sort());
    expect(await box.git('status', '--short', file)).toBe(`M  ${file}`);
    await box.git('add', file);
    await box.git('add', '--renormalize', file);
    expect((await box.blob(`:${file}`)).equals(blob)).toBe(true);
    if (args[0] === 'groups') return;
    const values = (text: Buffer) => text.toString().match(/^(?:password|- ).*/gm);
    if (args[0] === 'updatekeys') expect(values(blob)).toEqual(values(before));
    else expect(values(blob)).not.toEqual(values(before));
  });

  it('set, unset and edit change the plaintext; the next git add changes three lines', async () => {
    const team = await unlocked();
    const { box } = team;
    const before = (await box.blob(`:${file}`)).toString().split('\n');
    expect((await team.sops('set', file, '["password"]', '"hunter3"')).code).toBe(0);
    expect(await box.read(file)).toBe(secret.replace('hunter2', 'hunter3'));
    await box.git('add', file);
    const after = (await box.blob(`:${file}`)).toString().split('\n');
    const changed = after.filter((line, i) => line !== before[i]).map((line) => line.trim().split(':')[0]);
    expect(changed.filter((key) => key !== 'lastmodified')).toEqual(['password', 'mac']);
    expect((await team.sops('unset', file, '["list"][1]')).code).toBe(0);
    expect(await box.read(file)).toBe(secret.replace('hunter2', 'hunter3').replace('- b\n', ''));
    const editing = team.box.with({ EDITOR: `sh -c 'sed -i s/hunter3/hunter4/ "$1"' editor` });
    expect((await editing.run('git', ['sops', 'edit', file])).code).toBe(0);
    expect(await box.read(file)).toContain('password: hunter4   # the old one\n');
    const refused = await team.sops('set', file, '["sops"]', '{}');
    expect([refused.code, refused.stderr]).toEqual([203, expect.stringContaining('reserved')]);
  });

  it('decrypt, exec-env and exec-file take the plaintext as it is', async () => {
    const team = await unlocked();
    const { box } = team;
    await box.write(file, secret.replace('hunter2', 'edited'));
    expect((await team.sops('decrypt', '--extract', '["password"]', file)).stdout.toString()).toBe('edited');
    expect((await team.sops('exec-file', file, 'head -1 {}')).stdout.toString()).toBe(
      'password: edited   # the old one\n',
    );
    await box.write('secrets/app.env', 'A=1\n');
    await box.git('add', 'secrets/app.env');
    expect((await team.sops('exec-env', 'secrets/app.env', 'echo "<$A>"')).stdout.toString()).toBe('<1>\n');
    await box.write('notes.yaml', 'a: 1\n');
    await box.git('add', 'notes.yaml');
    expect((await team.sops('decrypt', 'notes.yaml')).code).toBe(1);
  });

  it('a locked file is rotated, staged and stays locked; with -i it is changed here alone, as sops does', async () => {
    const team = await unlocked();
    const { box } = team;
    expect((await team.sops('lock')).code).toBe(0);
    expect((await team.sops('rotate', file)).code).toBe(0);
    const blob = await box.blob(`:${file}`);
    expect((await box.readBytes(file)).equals(blob)).toBe(true);
    expect((await team.sops('rotate', '-i', file)).code).toBe(0);
    expect((await box.blob(`:${file}`)).equals(blob)).toBe(true);
    expect((await box.readBytes(file)).equals(blob)).toBe(false);
    expect((await team.sops('decrypt', '--extract', '["password"]', file)).stdout.toString()).toBe('hunter2');
  });
});
