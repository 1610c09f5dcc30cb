import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { gitProgram } from '../../src/git/git-program.ts';
import { gitOnTerminal } from '../../src/git/on-terminal.ts';
import { openRepository } from '../../src/git/repository.ts';
import { runGit } from '../../src/git/run.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await createSandbox();
});
const at = () => ({ cwd: box.repo, env: box.env });

test('output is bytes, input arrives, exit codes may be answers', async () => {
  const bytes = Buffer.from('\xff\0\n', 'latin1');
  const { stdout: oid } = await runGit(['hash-object', '-w', '--stdin'], { ...at(), input: bytes });
  expect((await runGit(['cat-file', 'blob', oid.toString().trim()], at())).stdout.equals(bytes)).toBe(true);
  expect((await runGit(['config', '--get', 'no.such'], { ...at(), okCodes: [0, 1] })).code).toBe(1);
});

test('a failure says what Git complained about, on one line and harmless', async () => {
  await expect(
    runGit(['cat-file', '-t', 'no\x1b[2Jsuch'], { ...at(), env: { ...box.env, GIT_TRACE: '1' } }),
  ).rejects.toMatchObject({
    code: 'git-failed',
    facts: { detail: 'git cat-file', other: expect.stringMatching(/^fatal: \P{Cc}*$/u) },
  });
  await expect(runGit(['version'], { cwd: join(box.root, 'nowhere') })).rejects.toMatchObject({ code: 'git-missing' });
});

test('a Git that reads no input is no accident', async () => {
  await expect(runGit(['no-such-command'], { ...at(), input: Buffer.alloc(3_000_000) })).rejects.toMatchObject({
    code: 'git-failed',
  });
});

test('names are literal whatever the environment says', async () => {
  await box.commit({ 'a*': '', ab: '' });
  for (const name of ['GIT_GLOB_PATHSPECS', 'GIT_NOGLOB_PATHSPECS', 'GIT_ICASE_PATHSPECS']) {
    const env = { ...box.env, [name]: '1' };
    expect((await runGit(['ls-files', '--', 'a*'], { ...at(), env })).stdout.toString()).toBe('a*\n');
  }
});

test('a file named git in the repository is not run, whatever PATH says', async () => {
  const witness = join(box.root, 'witness');
  await box.write('git', `#!/bin/sh\ntouch '${witness}'\n`, 0o755);
  const path = process.env['PATH'] ?? '';
  for (const PATH of [`:${path}`, `.:${path}`, `${path}:`]) {
    const env = { ...box.env, PATH };
    expect((await runGit(['version'], { cwd: box.repo, env })).stdout.toString()).toMatch(/^git version/);
    expect((await runGit(['version'], { cwd: box.repo, env, quick: true })).stdout.toString()).toMatch(/^git version/);
    expect(await gitOnTerminal(['rev-parse', '--git-dir'], { cwd: box.repo, env })).toBe(0);
    expect((await openRepository(box.repo, env)).top).not.toBeNull();
  }
  await expect(runGit(['version'], { cwd: box.repo, env: { ...box.env, PATH: '' } })).rejects.toMatchObject({
    code: 'git-missing',
  });
  expect(existsSync(witness)).toBe(false);
  // There the current folder comes before PATH, so PATH's own is named.
  const bin = join(box.root, 'bin');
  await box.write('../bin/git.cmd', '', 0o755);
  await box.write('../bin/git.exe', '', 0o755);
  expect(gitProgram({ PATH: bin }, 'win32')).toBe(join(bin, 'git.exe'));
});

test('asking starts no program that a repository names and takes no lock', async () => {
  await box.commit({ a: 'a' });
  const witness = join(box.root, 'witness');
  await box.write('../hook', `#!/bin/sh\ntouch '${witness}'\n`, 0o755);
  await box.git('config', 'core.fsmonitor', join(box.root, 'hook'));
  await box.git('config', 'core.pager', `touch '${witness}'`);
  await box.git('config', 'diff.external', `touch '${witness}' #`);
  await box.run('rm', ['-f', witness]);
  const index = await box.readBytes('.git/index');
  await box.run('touch', ['a']);
  for (const args of [
    ['status', '--porcelain'],
    ['diff', '--cached', '--raw'],
    ['ls-files', '--stage'],
  ]) {
    await runGit(args, at());
  }
  expect(existsSync(witness)).toBe(false);
  expect((await box.readBytes('.git/index')).equals(index)).toBe(true);
});
