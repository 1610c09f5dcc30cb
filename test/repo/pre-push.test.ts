import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configHooks } from '../config-hooks.ts';
import type { Finished } from '../sandbox.ts';
import { commitPast } from './past.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const plain = (password: string) => `user: admin\npassword: ${password}\n`;
const has = (program: string, ...args: string[]) => spawnSync(program, args).status === 0;

interface Pushing extends Team {
  push(...args: string[]): Promise<Finished>;
}

async function withRemote(): Promise<Pushing> {
  const team = await createTeam(secretRule);
  const server = await team.box.init('server.git', '--bare');
  await team.box.git('remote', 'add', 'origin', server.repo);
  await team.box.commit({ 'secrets/db.yaml': plain('hunter1') });
  const push = async (...args: string[]) => {
    const done = await team.box.tryGit(['push', 'origin', ...args], {
      env: { GIT_SOPS_TRACE: join(team.box.root, 'trace') },
    });
    expect(done.stderr).not.toContain('hunter');
    expect(done.stderr).not.toContain('internal error');
    return done;
  };
  return { ...team, push };
}

/** How many commits our hook judged at the last push; null where it did not run. */
async function judged({ box }: Team): Promise<number | null> {
  const file = join(box.root, 'trace');
  const found = existsSync(file) ? [...(await readFile(file, 'utf8')).matchAll(/pre-push: (\d+) commits/g)] : [];
  await rm(file, { force: true });
  expect(found.length).toBeLessThan(2);
  return found[0] === undefined ? null : Number(found[0][1]);
}

describe('init --pre-push', () => {
  it('judges every commit that the remote lacks, in front of the hook that is there, which gets all that Git tells', async () => {
    const team = await withRemote();
    const { box, push, sops } = team;
    const hook = '.git/hooks/pre-push';
    const theirs = '#!/bin/sh\necho "$1" >>../theirs\ncat >>../theirs\n';
    await box.write(hook, theirs, 0o755);
    expect((await sops('init', '--yes')).stdout.toString()).toContain('Everything is set up');
    const on = await sops('init', '--yes', '--pre-push', 'on');
    expect(on.stdout.toString()).toContain(
      configHooks ? 'pre-push hook in the configuration' : 'pre-push hook in front of the one that is there',
    );
    expect((await sops('init', '--yes')).stdout.toString()).toContain('Everything is set up');
    expect((await sops('doctor')).stdout.toString()).toContain('pushes are judged too');

    expect((await push('main')).code).toBe(0);
    expect(await judged(team)).toBe(1);
    const head = await box.git('rev-parse', 'HEAD');
    expect(await readFile(join(box.root, 'theirs'), 'utf8')).toBe(
      `origin\nrefs/heads/main ${head} refs/heads/main ${'0'.repeat(40)}\n`,
    );
    await box.commit({ 'a.md': 'a' });
    const leak = await commitPast(team, 'secrets/leak.yaml', plain('hunter2'));
    await box.git('rm', '-q', '--cached', 'secrets/leak.yaml');
    await box.git('commit', '--no-verify', '-qm', 'out');
    const refused = await push('main', 'main:refs/heads/new');
    expect(refused.code).toBe(1);
    expect(await judged(team)).toBe(3);
    expect(refused.stderr).toContain(`in commit ${leak.slice(0, 12)}`);
    expect(await box.git('ls-remote', 'origin', 'refs/heads/new')).toBe('');
    // A deletion brings nothing, and what the remote has already is not judged again.
    await box.git('reset', '-q', '--hard', `${leak}~1`);
    expect((await push('main')).code).toBe(0);
    expect(await judged(team)).toBe(1);
    expect((await push('main:refs/heads/other')).code).toBe(0);
    expect(await judged(team)).toBe(0);
    expect((await push(':other')).code).toBe(0);
    // One's own change of the rules is told.
    await box.commit({ '.sops.yaml': secretRule(team.recipient).replace('secrets/', 'secrets/db') });
    const weaker = await push('main');
    expect(weaker.code).toBe(0);
    expect(weaker.stderr).toContain('weakened-rule');

    expect((await sops('init', '--yes', '--pre-push', 'off')).code).toBe(0);
    expect(await box.read(hook)).toBe(theirs);
    await sops('init', '--yes', '--pre-push', 'on');
    expect((await sops('deinit', '--yes')).code).toBe(0);
    expect(await box.read(hook)).toBe(theirs);
    expect((await sops('init', '--pre-push', 'perhaps')).code).toBe(2);
  });

  it("accepts on a new branch what the remote's default branch accepts, as far as this clone knows it", async () => {
    const team = await withRemote();
    const { box, push, sops } = team;
    await sops('init', '--yes', '--pre-push', 'on');
    const base = await box.git('rev-parse', 'HEAD');
    const list = 'allow:\n  - path: secrets/example.yaml\n    kinds: [plaintext-file]\n    reason: an example\n';
    await box.commit({ '.git-sops.yaml': list });
    expect((await push('main')).code).toBe(0);
    await box.git('checkout', '-q', '-b', 'new', base);
    await commitPast(team, 'secrets/example.yaml', plain('hunter2'));
    expect((await push('new')).code).toBe(1);
    await box.git('remote', 'set-head', 'origin', 'main');
    expect(await push('new')).toMatchObject({ code: 0 });
  });

  it('counts for a remote neither what another one has whose name is below its own, nor what it has elsewhere', async () => {
    const team = await withRemote();
    const { box, push, sops } = team;
    await sops('init', '--yes', '--pre-push', 'on');
    expect((await push('main')).code).toBe(0);
    await judged(team);
    const other = await box.init('other.git', '--bare');
    // Newer Gits add none under the name of another one; older ones have such.
    await box.git('config', 'remote.origin/x.url', other.repo);
    await box.git('config', 'remote.origin/x.fetch', '+refs/heads/*:refs/remotes/origin/x/*');
    await commitPast(team, 'secrets/leak.yaml', plain('hunter2'));
    expect((await box.tryGit(['push', '--no-verify', 'origin/x', 'main'])).code).toBe(0);
    expect(await box.git('rev-parse', 'refs/remotes/origin/x/main')).toBe(await box.git('rev-parse', 'main'));
    // The remote itself has the first commit only.
    expect((await push('main:refs/heads/new')).code).toBe(1);
    expect(await judged(team)).toBe(1);

    // Fetched from the one place, where the leak is by now, and pushed to the other, which has nothing.
    expect((await push('--no-verify', 'main')).code).toBe(0);
    await judged(team);
    expect((await push('main:refs/heads/new')).code).toBe(0);
    expect(await judged(team)).toBe(0);
    const third = await box.init('third.git', '--bare');
    await box.git('remote', 'set-url', '--push', 'origin', third.repo);
    expect((await push('main:refs/heads/newer')).code).toBe(1);
    expect(await judged(team)).toBe(2);
  });

  it('knows what a clone of a single branch has fetched', async () => {
    const team = await withRemote();
    const { box, push, sops } = team;
    await box.git('config', 'remote.origin.fetch', '+refs/heads/main:refs/remotes/origin/main');
    await sops('init', '--yes', '--pre-push', 'on');
    expect((await push('main')).code).toBe(0);
    expect(await judged(team)).toBe(1);
    expect((await push('main:refs/heads/other')).code).toBe(0);
    expect(await judged(team)).toBe(0);
  });

  it.skipIf(!has('git', 'lfs', 'version'))("leaves Git LFS's own hook its work (needs git-lfs)", async () => {
    const team = await withRemote();
    const { box, push, sops } = team;
    await box.git('lfs', 'install', '--local');
    await sops('init', '--yes', '--pre-push', 'on');
    await box.git('lfs', 'track', '*.bin');
    await box.commit({ 'large.bin': 'not so large' });
    const done = await push('main');
    expect(done.code).toBe(0);
    expect(await judged(team)).toBe(2);
    const [, oid = ''] = /oid sha256:(\w+)/.exec((await box.blob('HEAD:large.bin')).toString()) ?? [];
    const stored = join(box.root, 'server.git/lfs/objects', oid.slice(0, 2), oid.slice(2, 4), oid);
    expect(existsSync(stored)).toBe(true);
    expect((await sops('deinit', '--yes')).code).toBe(0);
    expect(await box.read('.git/hooks/pre-push')).toContain('git lfs pre-push');
  });

  const husky = [process.execPath, resolve('node_modules/husky/bin.js')];
  const pushHooks = ['--hook-type', 'pre-commit', '--hook-type', 'pre-merge-commit', '--hook-type', 'pre-push'];
  const reads = 'cat >>../theirs';
  const managers = [
    { kind: 'husky', file: '.husky/pre-push', text: `${reads}\n`, activate: husky },
    {
      kind: 'lefthook',
      file: 'lefthook.yml',
      text: `pre-push:\n  commands:\n    theirs:\n      run: ${reads}\n      use_stdin: true\n`,
      activate: ['lefthook', 'install'],
    },
    {
      kind: 'pre-commit',
      file: '.pre-commit-config.yaml',
      text: `repos:\n- repo: local\n  hooks:\n  - {id: theirs, name: theirs, entry: sh -c 'echo x >>../theirs', language: system, stages: [pre-push]}\n`,
      activate: ['pre-commit', 'install', ...pushHooks],
    },
  ];
  for (const { kind, file, text, activate } of managers) {
    const [program = '', ...args] = activate;
    const missing = !has(program, '--version') && !has(program, 'version');
    it.skipIf(missing)(`is an entry in the list of ${kind} (needs ${kind} in PATH)`, () =>
      holds(kind, file, text, program, args),
    );
  }

  async function holds(kind: string, file: string, text: string, program: string, args: string[]): Promise<void> {
    const team = await withRemote();
    const box = team.box.with({ PRE_COMMIT_HOME: join(team.box.root, 'pre-commit'), LEFTHOOK_QUIET: 'meta' });
    await box.write(file, text);
    await box.git('add', '.');
    await box.run(program, args);
    const init = await team.sops('init', '--yes', '--hook', kind, '--pre-push', 'on');
    expect(init.stderr).toBe('');
    await box.run(program, args);
    // What stood in for the manager is in its file, which it has written over, or in the configuration.
    const last = (await team.sops('init', '--yes')).stdout.toString();
    expect(last).toMatch(
      configHooks ? /Everything is set up|take the hook of this clone alone away/ : /Everything is set up/,
    );
    expect((await team.sops('doctor')).stdout.toString()).toContain('pushes are judged too');
    const push = (...refs: string[]) =>
      box.tryGit(['push', 'origin', ...refs], { env: { GIT_SOPS_TRACE: join(box.root, 'trace') } });
    const good = await push('main');
    expect(good.stderr).not.toContain('refused');
    expect(good.code).toBe(0);
    expect(await judged(team)).toBe(1);
    expect((await readFile(join(box.root, 'theirs'), 'utf8')).trim()).not.toBe('');
    await box.git('add', file);
    await commitPast(team, 'secrets/leak.yaml', plain('hunter2'));
    const bad = await push('main');
    expect(bad.code).not.toBe(0);
    expect(await judged(team)).toBe(1);
    await team.sops('init', '--yes', '--pre-push', 'off');
    expect((await team.sops('deinit', '--yes')).code).toBe(0);
    expect(await box.read(file)).toBe(text);
  }
});
