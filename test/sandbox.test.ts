import { access } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { createSandbox } from './sandbox.ts';

test('a sandbox has a repository and nothing of the machine', async () => {
  process.env['GIT_DIR'] = '/nowhere';
  try {
    const box = await createSandbox();
    await box.commit({ 'a b/ü.txt': 'one\n' });
    expect(await box.git('log', '--format=%s %an')).toBe('a commit A U Thor');
    expect((await box.blob('HEAD:a b/ü.txt')).toString()).toBe('one\n');
    expect(await box.git('config', '--show-origin', '--get', 'init.defaultBranch')).toContain(box.root);
  } finally {
    delete process.env['GIT_DIR'];
  }
});

let left = '';
test('a sandbox is removed with its test, step one', async () => {
  left = (await createSandbox({ init: null })).root;
  await access(left);
});
test('a sandbox is removed with its test, step two', async () => {
  await expect(access(left)).rejects.toThrow();
});
