import { beforeEach, expect, test } from 'vitest';
import {
  addConfig,
  getAllConfig,
  getConfig,
  listConfig,
  removeConfigSection,
  setConfig,
  unsetConfig,
} from '../../src/git/config.ts';
import { decodePath } from '../../src/git/path.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await createSandbox();
});
const at = () => ({ cwd: box.repo, env: box.env });

test('values of every kind come back as they were set', async () => {
  for (const value of [
    'plain',
    '',
    ' spaces ',
    '"quotes" \\ back',
    'new\nline\n',
    '# ; comment',
    '-x',
    'ü 秘 😀',
    '$(x) `y`',
  ]) {
    await setConfig('filter.sops.process', value, at());
    expect(await getConfig('filter.sops.process', at())).toBe(value);
  }
  await box.write('.git/config', Buffer.from('[a "b.C"]\n\tkey = caf\xe9\n\tbare\n', 'latin1'));
  expect(await getConfig('a.b.C.key', at())).toBe(decodePath(Buffer.from('caf\xe9', 'latin1')));
  expect(await listConfig('a.b.C', at())).toEqual([
    ['a.b.C.key', 'caf\udce9'],
    ['a.b.C.bare', ''],
  ]);
});

test('several values, one, none', async () => {
  expect(await getAllConfig('a.b', at())).toEqual([]);
  expect(await getConfig('a.b', at())).toBeNull();
  await addConfig('a.b', '1', at());
  await addConfig('a.b', '2', at());
  expect(await getAllConfig('a.b', at())).toEqual(['1', '2']);
  expect(await getConfig('a.b', at())).toBe('2');
  await setConfig('a.b', '3', at());
  expect(await getAllConfig('a.b', at())).toEqual(['3']);
  expect(await unsetConfig('a.b', at())).toBe(true);
  expect(await unsetConfig('a.b', at())).toBe(false);
});

test('scopes', async () => {
  await setConfig('a.b', 'global', { ...at(), scope: 'global' });
  expect(await getConfig('a.b', at())).toBe('global');
  expect(await getConfig('a.b', { ...at(), scope: 'local' })).toBeNull();
  await setConfig('a.b', 'local', at());
  expect(await getAllConfig('a.b', at())).toEqual(['global', 'local']);
  await box.commit();
  await box.git('config', 'extensions.worktreeConfig', 'true');
  await box.git('worktree', 'add', '-q', '../linked');
  const linked = { ...at(), cwd: `${box.root}/linked` };
  await setConfig('a.b', 'here', { ...linked, scope: 'worktree' });
  expect(await getConfig('a.b', linked)).toBe('here');
  expect(await getConfig('a.b', at())).toBe('local');
});

test('a section goes as a whole, its neighbours stay', async () => {
  for (const key of ['filter.sops.clean', 'filter.sops.smudge', 'filter.sopsy.clean', 'filter.sops.sub.clean']) {
    await setConfig(key, 'x', at());
  }
  expect((await listConfig('filter.sops', at())).map(([key]) => key)).toEqual([
    'filter.sops.clean',
    'filter.sops.smudge',
  ]);
  expect(await removeConfigSection('filter.sops', at())).toBe(true);
  expect(await removeConfigSection('filter.sops', at())).toBe(false);
  expect(await getConfig('filter.sopsy.clean', at())).toBe('x');
  expect(await getConfig('filter.sops.sub.clean', at())).toBe('x');
  expect(await removeConfigSection('filter.sops', { ...at(), scope: 'global' })).toBe(false);
});

test('what Git refuses is an error', async () => {
  await expect(setConfig('nodot', 'x', at())).rejects.toMatchObject({ code: 'git-failed' });
  await box.write('.git/config', '[unfinished\n');
  await expect(getConfig('a.b', at())).rejects.toMatchObject({ code: 'git-failed' });
});
