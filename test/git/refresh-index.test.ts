import { rmSync } from 'node:fs';
import { access, chmod, mkdir, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { refreshIndex } from '../../src/git/refresh-index.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await createSandbox();
  // Small letters or capitals, with or without a mark at the end: all the same to the repository.
  await box.git('config', 'filter.lower.clean', `echo %f >> '${join(box.root, 'log')}'; tr A-Z a-z | tr -d '!'`);
  await box.git('config', 'filter.lower.smudge', 'cat');
  await box.git('config', 'filter.lower.required', 'true');
  await box.commit({
    '.gitattributes': '*.x filter=lower\n',
    'a.x': 'abc\n',
    'b.x': 'abc\n',
    'with\nnewline.x': 'abc\n',
  });
});
const at = () => ({ cwd: box.repo, env: box.env });
const status = () => box.git('status', '--porcelain');

test('without it Git takes a file of another size for modified: the reason that this exists', async () => {
  await box.write('a.x', 'ABC!!!\n');
  await box.tryGit(['update-index', '-q', '--really-refresh']);
  expect(await status()).toBe(' M a.x');
});

test('files with other content and the same blob are unmodified afterwards', async () => {
  for (const content of ['ABC\n', 'ABC!!!\n', 'abc\n']) {
    const paths = ['a.x', 'with\nnewline.x'];
    for (const path of paths) await box.write(path, content);
    await refreshIndex(paths, at());
    expect(await status()).toBe('');
    expect(await box.git('diff', '--stat')).toBe('');
    expect(await box.git('diff', '--cached', '--stat')).toBe('');
  }
});

test('once refreshed, Git asks the filter no more', async () => {
  await box.write('a.x', 'ABC!!!\n');
  // Long ago: a file as young as the index is always looked at (racy Git).
  await utimes(box.path('a.x'), 1_000_000_000, 1_000_000_000);
  await utimes(box.path('b.x'), 1_000_000_000, 1_000_000_000);
  await utimes(box.path('with\nnewline.x'), 1_000_000_000, 1_000_000_000);
  await refreshIndex(['a.x'], at());
  await box.git('update-index', '-q', '--refresh');
  await box.write('../log', '');
  expect(await status()).toBe('');
  expect(await box.read('../log')).toBe('');
});

test('an edit as young as the index is still seen (racy Git)', async () => {
  for (let i = 0; i < 5; i++) {
    await box.write('a.x', 'ABC!!!\n');
    await refreshIndex(['a.x'], at());
    await box.write('a.x', 'ABD!!!\n');
    expect(await status()).toBe(' M a.x');
  }
});

test('nothing is staged: a real change stays one, other files are left alone', async () => {
  await box.write('a.x', 'CHANGED\n');
  await box.write('b.x', 'ABC!\n');
  const staged = await box.git('ls-files', '--stage');
  await refreshIndex(['a.x', 'b.x', 'untracked.x'], at());
  expect(await box.git('ls-files', '--stage')).toBe(staged);
  expect(await status()).toBe(' M a.x');
});

test('conflicts and flags stay', async () => {
  await box.git('checkout', '-q', '-b', 'theirs');
  await box.commit({ 'a.x': 'theirs\n' });
  await box.git('checkout', '-q', 'main');
  await box.commit({ 'a.x': 'ours\n' });
  await box.tryGit(['merge', '-q', 'theirs']);
  await box.git('update-index', '--skip-worktree', 'b.x');
  await box.git('update-index', '--assume-unchanged', 'with\nnewline.x');
  const before = await box.git('ls-files', '--stage', '-v');
  await refreshIndex(['a.x', 'b.x', 'with\nnewline.x'], at());
  expect(await box.git('ls-files', '--stage', '-v')).toBe(before);
});

test('the executable bit stays, and it works from a subfolder', async () => {
  await box.write('sub/run.x', 'abc\n', 0o755);
  await box.commit();
  await box.write('sub/run.x', 'ABC!!\n');
  await refreshIndex(['sub/run.x'], { ...at(), cwd: join(box.repo, 'sub') });
  expect(await status()).toBe('');
  expect(await box.git('ls-files', '--stage', 'sub/run.x')).toMatch(/^100755/);
});

test('nobody can stage something between its look at the entries and their writing', async () => {
  await box.write('a.x', 'other\n');
  const theirs = await box.git('hash-object', '-w', 'a.x');
  await box.write('a.x', 'ABC!!!\n');
  // The real Git, with another one that comes before the entries are written.
  const real = (await box.run('sh', ['-c', 'command -v git'])).stdout.toString().trim();
  const [bin, answer] = [join(box.root, 'racing'), join(box.root, 'answer')];
  await mkdir(bin);
  const race = `env -u GIT_INDEX_FILE '${real}' update-index --cacheinfo 100644,${theirs},a.x; echo $? >'${answer}'`;
  await writeFile(join(bin, 'git'), `#!/bin/sh\ncase "$*" in *--index-info*) ${race};; esac\nexec '${real}' "$@"\n`);
  await chmod(join(bin, 'git'), 0o755);
  await refreshIndex(['a.x'], { ...at(), env: { ...box.env, PATH: `${bin}:${box.env['PATH']}` } });
  // Git's own words for an index that is locked.
  expect(await box.read('../answer')).toBe('128\n');
  expect(await status()).toBe('');
  await expect(access(join(box.repo, '.git/index.lock'))).rejects.toThrow();
});

test('a lock that is there for a moment is waited for, one that stays is named', async () => {
  await box.write('a.x', 'ABC!!!\n');
  const lock = join(box.repo, '.git/index.lock');
  await writeFile(lock, '');
  await expect(refreshIndex(['a.x'], at())).rejects.toMatchObject({ code: 'index-locked' });
  const done = refreshIndex(['a.x'], at());
  setTimeout(() => rmSync(lock), 200);
  await done;
  expect(await status()).toBe('');
});
