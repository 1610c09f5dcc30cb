import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { absenceFromIndex } from '../../src/git/index-file.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await createSandbox();
  await box.commit({ '.sops.yaml': '', 'a/.sops.yaml': '', 'a/file': '', 'dir/ü/.sops.yaml': '' });
});
const absence = () => absenceFromIndex(box.repo, {});

test('what the index holds is never certainly absent, and what it lacks is', () => {
  const isAbsent = absence();
  for (const path of ['.sops.yaml', 'a/.sops.yaml', 'a/file', 'dir/ü/.sops.yaml']) expect(isAbsent(path)).toBe(false);
  for (const path of ['b/.sops.yaml', 'dir/.sops.yaml', 'a/fil', 'dir/ö/.sops.yaml']) expect(isAbsent(path)).toBe(true);
});

test('an index with more flags (version 3) is read alike', async () => {
  await box.git('update-index', '--skip-worktree', 'a/file');
  expect(absence()('a/.sops.yaml')).toBe(false);
  expect(absence()('b/.sops.yaml')).toBe(true);
});

test.each([
  ['has its paths shortened (version 4)', ['update-index', '--index-version', '4']],
  ['is split', ['update-index', '--split-index']],
  ['holds folders in place of their files', ['sparse-checkout', 'set', '--cone', '--sparse-index', 'a']],
])('of an index that %s nothing is certain', async (_, args) => {
  await box.git(...args);
  expect(absence()('dir/ü/.sops.yaml')).toBe(false);
  expect(absence()('nowhere')).toBe(false);
});

test('of an index that is not where it usually is nothing is certain', () => {
  expect(absenceFromIndex(box.repo, { GIT_INDEX_FILE: 'nowhere' })('b/.sops.yaml')).toBe(false);
  expect(absenceFromIndex(box.repo, { GIT_DIR: join(box.root, 'none') })('b/.sops.yaml')).toBe(false);
});
