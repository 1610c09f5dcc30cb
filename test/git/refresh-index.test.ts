import { utimes } from 'node:fs/promises';
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
