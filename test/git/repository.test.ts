import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { openRepository } from '../../src/git/repository.ts';
import { atLeast, gitVersion, gitWith, minimumGit, parseGitVersion, requireGit } from '../../src/git/version.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await createSandbox();
});

test('a plain clone, from a folder in it', async () => {
  await box.write('a b/x', '');
  const head = await box.commit();
  const env = { ...box.env, GIT_EDITOR: 'false', GIT_EXEC_PATH: await box.git('--exec-path') };
  expect(await openRepository(join(box.repo, 'a b'), env)).toEqual({
    top: box.repo,
    gitDir: join(box.repo, '.git'),
    commonDir: join(box.repo, '.git'),
    hooksFolder: join(box.repo, '.git/hooks'),
    bare: false,
    version: await gitVersion({ env: box.env }),
    worktrees: [{ path: box.repo, head, branch: 'refs/heads/main', bare: false }],
  });
});

test('a linked worktree with a newline in its name', async () => {
  await box.commit();
  await box.git('config', 'core.hooksPath', 'hooks');
  const path = join(box.root, 'linked\nhere');
  await box.git('worktree', 'add', '-q', '--detach', path);
  const found = await openRepository(path, box.env);
  expect(found.top).toBe(path);
  expect(found.commonDir).toBe(join(box.repo, '.git'));
  expect(found.gitDir.startsWith(join(box.repo, '.git/worktrees/'))).toBe(true);
  expect(found.hooksFolder).toBe(join(path, 'hooks'));
  expect(found.worktrees[0]?.path).toBe(box.repo);
  expect(found.worktrees[1]).toMatchObject({ branch: null, bare: false });
  if (atLeast(found.version, gitWith.worktreeListNul)) expect(found.worktrees[1]?.path).toBe(path);
});

test('a bare repository has no top, and a .git folder has none', async () => {
  const bare = await box.init('bare.git', '--bare');
  expect(await openRepository(bare.repo, box.env)).toMatchObject({
    top: null,
    bare: true,
    gitDir: bare.repo,
    worktrees: [{ path: bare.repo, head: null, bare: true }],
  });
  expect((await openRepository(join(box.repo, '.git'), box.env)).top).toBeNull();
});

test('GIT_DIR and GIT_WORK_TREE', async () => {
  await box.commit({ a: 'a' });
  const env = { ...box.env, GIT_DIR: join(box.repo, '.git'), GIT_WORK_TREE: join(box.root, 'home') };
  expect(await openRepository(join(box.root, 'home'), env)).toMatchObject({ top: join(box.root, 'home'), bare: false });
});

test('configuration from the environment counts', async () => {
  const env = { GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'core.hooksPath', GIT_CONFIG_VALUE_0: 'elsewhere' };
  expect((await openRepository(box.repo, { ...box.env, ...env })).hooksFolder).toBe(join(box.repo, 'elsewhere'));
});

test('no repository', async () => {
  await expect(openRepository(box.root, box.env)).rejects.toMatchObject({ code: 'git-not-a-repository' });
  await expect(openRepository(box.repo, { ...box.env, PATH: '/nowhere' })).rejects.toMatchObject({
    code: 'git-missing',
  });
});

test.each([
  ['git version 2.39.5 (Apple Git-154)', [2, 39, 5]],
  ['git version 2.55.0.windows.1', [2, 55, 0]],
  ['git version 2.56.0-rc1', [2, 56, 0]],
  ['git version 3.0', [3, 0, 0]],
  ['nonsense', [0, 0, 0]],
] as const)('%s', (line, version) => {
  expect(parseGitVersion(line)).toEqual(version);
});

test('versions compare by number', () => {
  expect(atLeast([2, 100, 0], [2, 31, 0])).toBe(true);
  expect(atLeast([3, 0, 0], minimumGit)).toBe(true);
  expect(atLeast([2, 30, 9], minimumGit)).toBe(false);
  expect(() => requireGit([2, 30, 9])).toThrowError(expect.objectContaining({ code: 'git-too-old' }));
});
