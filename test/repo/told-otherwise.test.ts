import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { commitPast } from './past.ts';
import { createTeam, secretRule } from './team.ts';

it.each([
  ['color.ui', 'always'],
  ['color.grep', 'always'],
])('P1: a private key is found whatever colours Git is told to use: %s', async (name, value) => {
  const team = await createTeam(secretRule);
  const { box } = team;
  await box.commit({ 'readme.md': 'text\n' });
  await box.write('notes.txt', await readFile(team.keyFile));
  await box.git('add', '.');
  await box.git('config', name, value);
  for (const args of [[], ['--worktree'], ['--staged']]) {
    const done = await team.sops('check', ...args);
    expect([args, done.code]).toEqual([args, 1]);
    expect(done.stdout.toString()).toContain('notes.txt');
  }
  await box.git('commit', '-q', '--no-verify', '-m', 'key');
  expect((await team.sops('check', 'HEAD')).code).toBe(1);
});

it('P1: a private key is found with a pager around Git', async () => {
  const team = await createTeam(secretRule);
  const { box } = team;
  await box.write('notes.txt', await readFile(team.keyFile));
  await box.git('add', '.');
  expect((await box.run('git', ['sops', 'check'], { env: { GIT_PAGER_IN_USE: '1' } })).code).toBe(1);
});

it('P1: commits that a graft hides are judged', async () => {
  const team = await createTeam(secretRule);
  const { box } = team;
  const base = await box.commit({ 'readme.md': 'text\n' });
  await commitPast(team, 'secrets/leak.yaml', 'password: hunter2\n');
  await box.git('rm', '-q', '--cached', 'secrets/leak.yaml');
  await box.git('commit', '-qm', 'gone');
  const graft = join(box.root, 'grafts');
  await writeFile(graft, `${await box.git('rev-parse', 'HEAD')} ${base}\n`);
  await box.write('.git/info/grafts', await readFile(graft));
  for (const env of [{}, { GIT_GRAFT_FILE: graft }]) {
    for (const args of [[`${base}..HEAD`], ['--history']]) {
      const done = await box.run('git', ['sops', 'check', ...args], { env });
      expect([args, done.code, done.stderr]).toEqual([args, 1, '']);
    }
  }
});
