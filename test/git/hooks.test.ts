import { chmod, lstat, mkdir, readdir, readlink, rename, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { hasConfigHooks, installConfigHook, removeConfigHook } from '../../src/git/config-hook.ts';
import { commitHooks } from '../../src/git/hook-events.ts';
import { hookState, hooksFolder, installHook, removeHook } from '../../src/git/hook-file.ts';
import { findHookManagers } from '../../src/git/hook-manager.ts';
import { gitVersion } from '../../src/git/version.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

let box: Sandbox;
let folder: string;
beforeEach(async () => {
  box = await createSandbox();
  folder = await hooksFolder(at());
  await mkdir(folder, { recursive: true });
});
const at = () => ({ cwd: box.repo, env: box.env });
const body = (word: string) => `echo ${word} >>../log\n[ ! -e refuse ] || exit 1\n`;
const log = async () => (await box.run('cat', ['../log'])).stdout.toString().split('\n').slice(0, -1);
const commit = async () => (await box.tryGit(['commit', '-q', '--allow-empty', '-m', 'x'])).code;

test('ours runs, refuses, and is gone after removal', async () => {
  expect(await hookState(folder, 'pre-commit')).toBe('none');
  expect(await installHook(folder, 'pre-commit', body('ours'))).toBe('installed');
  expect(await installHook(folder, 'pre-commit', body('ours'))).toBe('unchanged');
  expect(await hookState(folder, 'pre-commit')).toBe('ours');
  expect(await commit()).toBe(0);
  expect(await log()).toEqual(['ours']);
  await box.write('refuse', '');
  expect(await commit()).toBe(1);
  expect(await installHook(folder, 'pre-commit', body('newer'))).toBe('updated');
  expect(await removeHook(folder, 'pre-commit')).toBe('removed');
  expect(await removeHook(folder, 'pre-commit')).toBe('none');
  expect(await commit()).toBe(0);
});

test('a hook that was there runs exactly once, before ours, and comes back as it was', async () => {
  const theirs = Buffer.from('#!/bin/sh\necho "theirs $#" >>../log # caf\xe9\r', 'latin1');
  await box.write('.git/hooks/pre-commit', theirs, 0o750);
  for (let i = 0; i < 3; i++) await installHook(folder, 'pre-commit', body(`ours${i}`));
  expect(await commit()).toBe(0);
  expect(await log()).toEqual(['theirs 0', 'ours2']);
  await box.write('refuse', '');
  expect(await commit()).toBe(1);
  expect(await log()).toEqual(['theirs 0', 'ours2', 'theirs 0', 'ours2']);
  expect(await removeHook(folder, 'pre-commit')).toBe('restored');
  expect((await box.readBytes('.git/hooks/pre-commit')).equals(theirs)).toBe(true);
  expect((await stat(join(folder, 'pre-commit'))).mode & 0o777).toBe(0o750);
  expect((await readdir(folder)).filter((name) => name.startsWith('pre-commit') && !name.endsWith('.sample'))).toEqual([
    'pre-commit',
  ]);
});

test('a refusal of the other hook counts', async () => {
  await box.write('.git/hooks/pre-commit', '#!/bin/sh\nexit 3\n', 0o755);
  await installHook(folder, 'pre-commit', body('ours'));
  expect(await commit()).toBe(1);
});

test('a hook that Git would not run is not run by us, and stays so', async () => {
  await box.write('.git/hooks/pre-commit', '#!/bin/sh\nexit 1\n', 0o644);
  await installHook(folder, 'pre-commit', body('ours'));
  expect(await commit()).toBe(0);
  await removeHook(folder, 'pre-commit');
  expect((await stat(join(folder, 'pre-commit'))).mode & 0o111).toBe(0);
});

test('a link stays a link', async () => {
  await box.write('shared-hook', '#!/bin/sh\necho theirs >>../log\n', 0o755);
  await symlink('../../shared-hook', join(folder, 'pre-commit'));
  await installHook(folder, 'pre-commit', body('ours'));
  expect(await box.read('shared-hook')).toContain('theirs');
  await commit();
  expect(await log()).toEqual(['theirs', 'ours']);
  await removeHook(folder, 'pre-commit');
  expect((await lstat(join(folder, 'pre-commit'))).isSymbolicLink()).toBe(true);
  expect(await readlink(join(folder, 'pre-commit'))).toBe('../../shared-hook');
});

test('another tool may move ours: nothing is lost, nothing is overwritten', async () => {
  await box.write('.git/hooks/pre-commit', '#!/bin/sh\necho first >>../log\n', 0o755);
  await installHook(folder, 'pre-commit', body('ours'));
  // As `pre-commit install` does.
  await rename(join(folder, 'pre-commit'), join(folder, 'pre-commit.legacy'));
  await box.write('.git/hooks/pre-commit', '#!/bin/sh\n"$0.legacy" || exit 1\necho tool >>../log\n', 0o755);
  await commit();
  expect(await log()).toEqual(['first', 'ours', 'tool']);
  expect(await hookState(folder, 'pre-commit')).toBe('foreign');
  expect(await installHook(folder, 'pre-commit', body('newer'))).toBe('updated');
  await commit();
  expect((await log()).slice(3)).toEqual(['first', 'newer', 'tool']);
  expect(await removeHook(folder, 'pre-commit')).toBe('restored');
  await commit();
  expect((await log()).slice(6)).toEqual(['first', 'tool']);
  expect(await removeHook(folder, 'pre-commit')).toBe('foreign');
  expect(await box.read('.git/hooks/pre-commit')).toContain('tool');
});

test('a second hook in the way of the first that was kept: nothing is overwritten', async () => {
  await box.write('.git/hooks/pre-commit', '#!/bin/sh\n: first\n', 0o755);
  await installHook(folder, 'pre-commit', body('ours'));
  await box.write('.git/hooks/pre-commit', '#!/bin/sh\n: second\n', 0o755);
  await expect(installHook(folder, 'pre-commit', body('ours'))).rejects.toMatchObject({ code: 'git-hook-in-the-way' });
  expect(await box.read('.git/hooks/pre-commit')).toContain('second');
  expect(await box.read('.git/hooks/pre-commit.before-git-sops')).toContain('first');
});

test('a merge without conflicts runs pre-merge-commit', async () => {
  await box.commit({ a: 'a' });
  await box.git('checkout', '-q', '-b', 'side');
  await box.commit({ b: 'b' });
  await box.git('checkout', '-q', 'main');
  await box.commit({ c: 'c' });
  for (const name of commitHooks) await installHook(folder, name, body(name));
  await box.git('merge', '-q', '--no-edit', 'side');
  expect(await log()).toEqual(['pre-merge-commit']);
});

test('core.hooksPath and worktrees', async () => {
  await box.commit();
  await box.git('worktree', 'add', '-q', '../linked');
  const linked = { ...at(), cwd: join(box.root, 'linked') };
  expect(await hooksFolder(linked)).toBe(join(box.repo, '.git/hooks'));
  await box.git('config', 'core.hooksPath', '.my hooks');
  expect(await hooksFolder(at())).toBe(join(box.repo, '.my hooks'));
  expect(await hooksFolder(linked)).toBe(join(box.root, 'linked/.my hooks'));
  await installHook(await hooksFolder(at()), 'pre-commit', body('ours'));
  await commit();
  expect(await log()).toEqual(['ours']);
  await chmod(box.path('.my hooks/pre-commit'), 0o644);
  expect(await installHook(await hooksFolder(at()), 'pre-commit', body('ours'))).toBe('updated');
});

describe('hooks in the configuration', () => {
  const hook = { name: 'git-sops', command: 'echo config >>../log; [ ! -e refuse ]', events: [...commitHooks] };

  test('come and go whole', async () => {
    const before = await box.read('.git/config');
    expect(await installConfigHook(hook, at())).toBe(true);
    expect(await installConfigHook(hook, at())).toBe(false);
    expect(await installConfigHook({ ...hook, events: ['pre-commit'] }, at())).toBe(true);
    expect(await box.git('config', '--get-all', 'hook.git-sops.event')).toBe('pre-commit');
    expect(await removeConfigHook('git-sops', at())).toBe(true);
    expect(await removeConfigHook('git-sops', at())).toBe(false);
    expect(await box.read('.git/config')).toBe(before);
  });

  test('run where Git has them, beside the file and before it', async () => {
    await installConfigHook(hook, at());
    await box.write('.git/hooks/pre-commit', '#!/bin/sh\necho file >>../log\n', 0o755);
    expect(await commit()).toBe(0);
    const has = hasConfigHooks(await gitVersion(at()));
    expect(await log()).toEqual(has ? ['config', 'file'] : ['file']);
    await box.write('refuse', '');
    expect(await commit()).toBe(has ? 1 : 0);
  });
});

test('hook managers by what lies at the top', async () => {
  expect(findHookManagers(box.repo)).toEqual([]);
  await box.write('.husky/pre-commit', '');
  await box.write('lefthook-local.yml', '');
  await box.write('.lefthook.toml', '');
  await box.write('.pre-commit-config.yaml', '');
  await box.write('lefthook.yml.orig', '');
  expect(findHookManagers(box.repo)).toEqual([
    { manager: 'husky', file: '.husky' },
    { manager: 'lefthook', file: '.lefthook.toml' },
    { manager: 'pre-commit', file: '.pre-commit-config.yaml' },
  ]);
});
