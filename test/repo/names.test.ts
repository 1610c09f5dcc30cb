import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createTeam, secretRule } from './team.ts';

const names: Record<string, string> = {
  'blanks, leading and trailing': ' two  blanks .yaml',
  quotes: `it's "q" \`b\`.yaml`,
  'shell words': '$(touch marker);&& *?[x].yaml',
  NFC: 'caf\u00e9.yaml',
  NFD: 'cafe\u0301.yaml',
  'beyond the BMP': '\u{1f511}.yaml',
  backslash: 'back\\slash\\.yaml',
  'leading dash': '-v.yaml',
  'two dashes': '--.yaml',
  newline: 'new\nline.yaml',
  'carriage return': 'carriage\r.yaml',
  tab: 'tab\t.yaml',
  'a stage': '2:x.yaml',
  'pathspec magic': ':(top)x.yaml',
  'attribute characters': '# ! [abc] \\.yaml',
  'an escape sequence': 'esc\u001b[31m.yaml',
};
const bytes = Buffer.from('secrets/latin1-\xe9.yaml', 'latin1');

const text = (name: string) => `name: ${JSON.stringify(name)}\npassword: hunter2\n`;

describe('names', () => {
  it('all go through add, status, diff, checkout, lock and the hook', async () => {
    const { box, sops } = await createTeam(secretRule);
    for (const name of Object.values(names)) await box.write(`secrets/${name}`, text(name));
    await box.write(bytes, text('bytes'));
    await box.commit();
    const paths = Object.values(names).map((name) => `secrets/${name}`);
    const stored = (await box.gitBytes(['ls-tree', '-r', '-z', '--name-only', 'HEAD', 'secrets'])).toString('latin1');
    expect(stored.split('\0')).toHaveLength(paths.length + 2);
    for (const path of paths) expect((await box.blob(`HEAD:${path}`)).toString(), path).toContain('password: ENC[');
    const oids = await box.git('ls-files', '-s');

    await rm(join(box.repo, 'secrets'), { recursive: true });
    await box.git('checkout', '--', '.');
    for (const [name] of Object.entries(names)) {
      const path = names[name] as string;
      expect(await box.read(`secrets/${path}`), name).toBe(text(path));
    }
    expect(await box.read(bytes)).toBe(text('bytes'));
    expect(await box.git('status', '--porcelain')).toBe('');
    await box.git('add', '--renormalize', '.');
    expect(await box.git('ls-files', '-s')).toBe(oids);

    for (const path of paths) await box.write(path, (await box.read(path)).replace('hunter2', 'hunter3'));
    await box.write(bytes, text('bytes').replace('hunter2', 'hunter3'));
    const diff = await box.git('diff');
    expect(diff).not.toContain('ENC[');
    expect(diff.match(/^\+password: hunter3$/gm)).toHaveLength(paths.length + 1);
    await box.git('commit', '-qam', 'edited');
    expect((await sops('check', 'HEAD')).code).toBe(0);
    expect((await sops('lock')).code).toBe(0);
    expect(await box.read(bytes)).toContain('ENC[');
    expect(await box.git('status', '--porcelain')).toBe('');
    expect((await sops('unlock')).code).toBe(0);
    expect(await box.read(bytes)).toBe(text('bytes').replace('hunter2', 'hunter3'));
    expect(await box.git('log', '-p', '-1', '--', 'secrets')).not.toContain('ENC[');
    expect(await box.git('ls-files', '--others')).toBe('');
  });

  it('P8: reach the terminal escaped', async () => {
    const { box } = await createTeam(secretRule);
    await box.write('secrets/esc\u001b[31m\n.yaml', 'a: [1\n');
    const done = await box.tryGit(['add', 'secrets']);
    expect(done.code).not.toBe(0);
    const ours = done.stderr.split('\n').filter((line) => line.startsWith('git-sops:'));
    expect(ours).toHaveLength(1);
    expect(ours[0]).toContain('.yaml');
    expect(ours[0]).not.toContain('\u001b');
  });

  it('a command that is named works as it stands, for names that look like options or magic too', async () => {
    const { box, recipient, sops } = await createTeam((age) => `creation_rules:\n  - age: ${age}\n`);
    const paths = ['-v.yaml', '--all', ':(top)x.yaml', '-with blank.env'];
    const mends = async () => {
      const found = await sops('check', '--format', 'json');
      const report: { findings: { path: string; mend: string }[] } = JSON.parse(found.stdout.toString());
      return report.findings.filter(({ path }) => paths.includes(path)).map(({ mend }) => mend);
    };
    await box.git('add', '.sops.yaml', '.gitattributes');
    for (const path of paths) {
      await box.write(path, 'A=hunter2: 1\n');
      const input = Buffer.from('A=hunter2: 1\n');
      const oid = String(await box.gitBytes(['hash-object', '-w', '--stdin'], { input })).trim();
      await box.gitBytes(['update-index', '-z', '--index-info'], { input: Buffer.from(`100644 ${oid}\t${path}\0`) });
    }
    const adds = await mends();
    expect(adds).toHaveLength(paths.length);
    for (const command of adds) expect(await box.run('sh', ['-c', command]), command).toMatchObject({ code: 0 });
    expect(await mends()).toEqual([]);

    const other = generateKeyFile().recipient;
    await box.write('.sops.yaml', `creation_rules:\n  - age: ${recipient},${other}\n`);
    await box.git('add', '.sops.yaml');
    const updates = await mends();
    expect(updates).toHaveLength(paths.length);
    for (const command of updates) {
      expect(command).toMatch(/^git sops (?:updatekeys|rotate) /);
      const answered = command.replace(/^git sops updatekeys/, '$& --yes');
      expect(await box.run('sh', ['-c', answered]), answered).toMatchObject({ code: 0 });
    }
    expect(await mends()).toEqual([]);
  });

  it.each(['clean', 'smudge'])('the one-shot %s survives them as well', async (shot) => {
    const { box } = await createTeam(secretRule);
    await box.git('config', '--unset', 'filter.sops.process');
    for (const name of Object.values(names)) await box.write(`secrets/${name}`, text(name));
    await box.commit();
    for (const name of Object.values(names))
      expect((await box.blob(`HEAD:secrets/${name}`)).toString(), name).toContain('password: ENC[');
    if (shot === 'clean') return;
    await rm(join(box.repo, 'secrets'), { recursive: true });
    await box.git('checkout', '--', '.');
    for (const name of Object.values(names)) expect(await box.read(`secrets/${name}`), name).toBe(text(name));
  });
});
