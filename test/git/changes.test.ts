import { symlink } from 'node:fs/promises';
import { beforeEach, expect, test } from 'vitest';
import { changesBetween, stagedChanges } from '../../src/git/changes.ts';
import { listIndex, listPaths, listTree } from '../../src/git/index-entries.ts';
import { decodePath } from '../../src/git/path.ts';
import { emptyTree, headCommit, resolveCommit, resolveRange, resolveTree } from '../../src/git/revision.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await createSandbox();
});
const at = () => ({ cwd: box.repo, env: box.env });
const brief = (changes: Awaited<ReturnType<typeof stagedChanges>>) =>
  changes.map(({ status, path, before, after }) => [status, path, before?.kind ?? null, after?.kind ?? null]);

test('before the first commit all is added', async () => {
  await box.write('a', 'a');
  await box.write('not added', '');
  await box.git('add', 'a');
  expect(await stagedChanges(at())).toEqual([
    {
      status: 'A',
      path: 'a',
      before: null,
      after: { mode: '100644', kind: 'file', oid: await box.git('rev-parse', ':a') },
    },
  ]);
  expect(await headCommit(at())).toBeNull();
});

test('each kind of change, with paths of any bytes', async () => {
  const odd = Buffer.from('\xff\n\t"', 'latin1');
  await box.commit({ gone: 'x', kept: 'x', edited: 'x', 'to link': 'x', run: 'x', moved: 'some text\n'.repeat(9) });
  await box.write(odd, 'odd');
  await box.write('edited', 'y');
  await box.git('rm', '-q', 'gone', 'to link');
  await symlink('kept', box.path('to link'));
  await box.git('mv', 'moved', 'moved away');
  await box.git('add', '--all');
  await box.git('update-index', '--chmod=+x', 'run');
  await box.git('add', '-N', '.');
  // None of these may change the answer.
  for (const [key, value] of [
    ['diff.renames', 'copies'],
    ['diff.relative', 'true'],
    ['diff.noprefix', 'true'],
    ['diff.orderFile', 'no-such-file'],
    ['color.ui', 'always'],
    ['diff.external', 'false'],
  ] as const) {
    await box.git('config', key, value);
  }
  const expected = [
    ['M', 'edited', 'file', 'file'],
    ['D', 'gone', 'file', null],
    ['D', 'moved', 'file', null],
    ['A', 'moved away', null, 'file'],
    ['M', 'run', 'file', 'file'],
    ['T', 'to link', 'file', 'symlink'],
    ['A', decodePath(odd), null, 'file'],
  ];
  expect(brief(await stagedChanges(at()))).toEqual(expected);
  const sub = `${box.repo}/sub`;
  await box.write('sub/x', '');
  expect(brief(await stagedChanges({ ...at(), cwd: sub }))).toEqual(expected);
  expect(brief(await stagedChanges({ ...at(), pathspecs: ['ed*', ':(exclude)gone'] }))).toEqual([expected[0]]);

  const before = await resolveTree('HEAD', at());
  await box.git('config', '--unset', 'diff.orderFile');
  await box.git('commit', '-q', '-m', 'two');
  expect(brief(await changesBetween(before, await resolveCommit('HEAD', at()), at()))).toEqual(expected);
  const all = await changesBetween(await emptyTree(at()), before, at());
  expect(all.every((change) => change.status === 'A' && change.before === null)).toBe(true);
  expect(all.map((change) => change.path)).toEqual(['edited', 'gone', 'kept', 'moved', 'run', 'to link']);
});

test('what is added with intent only is no change yet', async () => {
  await box.commit({ a: 'a' });
  await box.write('b', 'b');
  await box.git('add', '--intent-to-add', 'b');
  expect(await stagedChanges(at())).toEqual([]);
});

test('a merge shows what it brings, and conflicts as unmerged', async () => {
  await box.commit({ a: 'base\n', b: 'base\n' });
  await box.git('checkout', '-q', '-b', 'theirs');
  await box.commit({ a: 'theirs\n', b: 'theirs\n', c: 'new\n' });
  await box.git('checkout', '-q', 'main');
  await box.commit({ a: 'ours\n' });
  expect((await box.tryGit(['merge', 'theirs'])).code).toBe(1);
  expect(brief(await stagedChanges(at()))).toEqual([
    ['U', 'a', null, null],
    ['M', 'b', 'file', 'file'],
    ['A', 'c', null, 'file'],
  ]);
  expect((await listIndex(at())).map(({ path, stage }) => `${path}${stage}`)).toEqual(['a1', 'a2', 'a3', 'b0', 'c0']);
  expect(await listPaths(at())).toEqual(['a', 'b', 'c']);
});

test('index and tree list the same entries, submodules and symlinks by their kind', async () => {
  const inner = await box.init('inner');
  await inner.commit({ x: 'x' });
  await box.git('submodule', '--quiet', 'add', inner.repo, 'sub/module');
  await symlink('/etc/passwd', box.path('link'));
  await box.write(Buffer.from('caf\xe9', 'latin1'), 'x');
  await box.commit({ 'dir/a b': 'x' });
  const index = await listIndex(at());
  expect(index.map(({ path, kind }) => [path, kind])).toEqual([
    ['.gitmodules', 'file'],
    [decodePath(Buffer.from('caf\xe9', 'latin1')), 'file'],
    ['dir/a b', 'file'],
    ['link', 'symlink'],
    ['sub/module', 'submodule'],
  ]);
  const tree = await listTree(await resolveTree('HEAD', at()), at());
  expect(tree).toEqual(index.map(({ stage: _, ...entry }) => entry));
  const below = { ...at(), cwd: `${box.repo}/dir` };
  expect(await listIndex(below)).toEqual(index);
  expect(await listTree('HEAD', below)).toEqual(tree);
  expect((await listIndex({ ...below, pathspecs: ['.'] })).map((entry) => entry.path)).toEqual(['dir/a b']);
});

test('untracked files are listed on demand, ignored ones never', async () => {
  await box.commit({ '.gitignore': 'no*\n', a: '' });
  await box.write('no', '');
  await box.write('new', '');
  expect(await listPaths(at())).toEqual(['.gitignore', 'a']);
  expect((await listPaths({ ...at(), untracked: true })).sort()).toEqual(['.gitignore', 'a', 'new']);
});

test('revisions and ranges', async () => {
  const one = await box.commit({ a: '1' });
  await box.git('checkout', '-q', '-b', 'side');
  const side = await box.commit({ a: 'side' });
  await box.git('checkout', '-q', 'main');
  const two = await box.commit({ a: '2' });
  expect(await resolveRange('side..main', at())).toEqual({ from: side, to: two });
  expect(await resolveRange('side...', at())).toEqual({ from: one, to: two });
  expect(await resolveRange('..side', at())).toEqual({ from: two, to: side });
  expect(await resolveRange('main', at())).toBeNull();
  for (const rev of ['nope', '--all', '-h', '', 'HEAD:a', 'HEAD^{tree}', 'a\0b', '--output=x']) {
    await expect(resolveCommit(rev, at())).rejects.toMatchObject({ code: 'git-no-revision' });
  }
  await box.git('checkout', '-q', '--orphan', 'apart');
  const apart = await box.commit({ b: 'b' });
  expect(await resolveRange('main...apart', at())).toEqual({ from: await emptyTree(at()), to: apart });
});

test('SHA-256 repositories', async () => {
  const sha256 = await box.init('sha256', '--object-format=sha256');
  await sha256.commit({ a: 'x' });
  await sha256.write('a', 'y');
  await sha256.git('add', 'a');
  const options = { cwd: sha256.repo, env: box.env };
  expect((await emptyTree(options)).length).toBe(64);
  expect((await stagedChanges(options))[0]?.after?.oid).toBe(await sha256.git('rev-parse', ':a'));
});
