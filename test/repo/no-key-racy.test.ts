import { rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTeam, secretRule } from './team.ts';

it('P6: without a key, a secret that was just added can be committed; an edit of it is still refused', async () => {
  const { box, keyFile } = await createTeam(secretRule);
  await box.commit({ 'readme.md': 'x\n' }, 'first');
  await rm(keyFile);
  const file = join(box.repo, 'secrets/new.env');
  const index = join(box.repo, '.git/index');
  /** As if the index were written in the very second in which the file was: then Git asks for the content again. */
  const makeRacy = async () => {
    const { mtime } = await stat(file);
    await utimes(index, mtime, mtime);
  };
  await box.write('secrets/new.env', 'A=hunter2\n');
  await box.git('add', 'secrets');
  const staged = await box.git('ls-files', '-s', 'secrets');
  await makeRacy();
  expect(await box.git('status', '--porcelain')).toBe('A  secrets/new.env');
  await makeRacy();
  await box.git('commit', '-qm', 'for somebody else');
  expect(await box.git('ls-files', '-s', 'secrets')).toBe(staged);

  // The same size in the same second, which is all that Git looks at: not what was staged.
  await box.write('secrets/new.env', 'A=hunter3\n');
  await makeRacy();
  const edited = await box.tryGit(['add', 'secrets']);
  expect([edited.code, edited.stderr]).toEqual([expect.any(Number), expect.stringContaining('no identity')]);
  expect(edited.code).not.toBe(0);
  expect(await box.git('ls-files', '-s', 'secrets')).toBe(staged);
});

it('what is not the working file is never answered with what is staged: editors stage single lines so', async () => {
  const { box, keyFile } = await createTeam(secretRule);
  await box.commit({ 'secrets/a.env': 'A=hunter2\nB=1\n' }, 'first');
  await rm(keyFile);
  const args = ['hash-object', '-w', '--stdin', '--path', 'secrets/a.env'];
  const same = await box.tryGit(args, { input: 'A=hunter2\nB=1\n' });
  expect([same.code, same.stdout.toString().trim()]).toEqual([0, await box.git('rev-parse', ':secrets/a.env')]);
  const other = await box.tryGit(args, { input: 'A=hunter2\nB=2\n' });
  expect([other.code, other.stdout.toString()]).toEqual([128, '']);
  expect(other.stderr).toContain('no identity');
});
