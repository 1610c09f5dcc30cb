import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configHooks } from '../config-hooks.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';

/** A repository whose manager runs a hook of the team's own, which counts its runs in `../theirs`. */
async function createManaged(files: Record<string, string>, activate: readonly string[]): Promise<Team> {
  const team = await createTeam();
  const [program = '', ...args] = activate;
  const box = team.box.with({ PRE_COMMIT_HOME: join(team.box.root, 'pre-commit'), LEFTHOOK_QUIET: 'meta' });
  for (const [path, content] of Object.entries(files)) await box.write(path, content);
  await box.write('.sops.yaml', secretRule(team.recipient));
  await box.git('add', '.');
  const done = await box.run(program, args);
  if (done.code !== 0) throw new Error(done.stdout + done.stderr);
  const sops = (...words: string[]) => box.run('git', ['sops', ...words]);
  return { ...team, box, sops };
}

/** How often the team's own hook and ours ran for one commit. */
async function runsOf({ box }: Team, args: string[]): Promise<{ code: number; theirs: number; ours: number }> {
  const logs = { theirs: join(box.root, 'theirs'), ours: join(box.root, 'trace') };
  for (const log of Object.values(logs)) await rm(log, { force: true });
  const done = await box.tryGit(args, { env: { GIT_SOPS_TRACE: logs.ours } });
  const count = async (file: string, word: RegExp) =>
    existsSync(file) ? ((await readFile(file, 'utf8')).match(word)?.length ?? 0) : 0;
  return {
    code: done.code,
    theirs: await count(logs.theirs, /theirs/g),
    ours: await count(logs.ours, /pre-(merge-)?commit: \d+ covered/g),
  };
}

async function holds(team: Team, kind: string, file: string, before: string | null): Promise<void> {
  const { box } = team;
  const init = await team.sops('init', '--yes', '--hook', kind);
  expect(init.stderr).toBe('');
  expect(init.stdout.toString()).toContain(`git sops hook pre-commit" to ${file}`);
  expect(init.stdout.toString()).not.toContain('does not run');
  expect((await team.sops('init', '--yes', '--hook', kind)).stdout.toString()).toContain('Everything is set up');
  // A manager that has the hook keeps it: nothing is asked for in a second clone, or the next time.
  expect((await team.sops('init', '--yes')).stdout.toString()).toContain('Everything is set up');

  await box.git('add', '.sops.yaml', '.gitattributes');
  const doctor = await team.sops('doctor');
  expect(doctor.stdout.toString()).toContain(`${kind} runs the pre-commit hook`);
  expect(doctor.code).toBe(0);

  await box.write('secrets/db.yaml', secret);
  await box.git('add', '.');
  expect(await runsOf(team, ['commit', '-qm', 'good'])).toEqual({ code: 0, theirs: 1, ours: 1 });

  const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: secret })).toString().trim();
  await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},secrets/leak.yaml`);
  const leak = await runsOf(team, ['commit', '-qm', 'leak']);
  expect(leak.code).not.toBe(0);
  expect(leak.ours).toBe(1);
  // The manager may have written the file that was only staged.
  await box.git('rm', '-qf', '--cached', 'secrets/leak.yaml');
  await rm(join(box.repo, 'secrets/leak.yaml'), { force: true });

  await box.git('checkout', '-q', '-b', 'side');
  await box.commit({ b: 'b' });
  await box.git('checkout', '-q', 'main');
  await box.commit({ c: 'c' });
  expect((await runsOf(team, ['merge', '-q', '--no-edit', 'side'])).ours).toBe(1);

  expect((await team.sops('deinit', '--yes')).code).toBe(0);
  expect(existsSync(join(box.repo, file)) ? await box.read(file) : null).toBe(before);
  expect((await team.sops('deinit', '--yes')).stdout.toString()).toBe('nothing was set up\n');
}

const has = (program: string) =>
  spawnSync(program, ['--version']).status === 0 || spawnSync(program, ['version']).status === 0;

describe('husky', () => {
  const activate = [process.execPath, resolve('node_modules/husky/bin.js')];
  const theirs = 'echo theirs >>../theirs\n';

  it('runs the hook from its script, once, in front of what is there', async () => {
    const team = await createManaged({ '.husky/pre-commit': theirs }, activate);
    await holds(team, 'husky', '.husky/pre-commit', theirs);
    expect(existsSync(join(team.box.repo, '.husky/pre-merge-commit'))).toBe(false);
  });

  it.skipIf(!configHooks)(
    'takes the place of a hook in the configuration, and gives it back (needs Git 2.54)',
    async () => {
      const team = await createManaged({ '.husky/pre-commit': theirs }, activate);
      await team.sops('init', '--yes', '--hook', 'native');
      const once = { code: 0, theirs: 1, ours: 1 };
      expect(await runsOf(team, ['commit', '-qm', 'x'])).toEqual(once);
      await team.sops('init', '--yes', '--hook', 'husky');
      expect(await runsOf(team, ['commit', '--allow-empty', '-qm', 'x'])).toEqual(once);
      await team.sops('init', '--yes', '--hook', 'native');
      expect(await team.box.read('.husky/pre-commit')).toBe(theirs);
      expect(await runsOf(team, ['commit', '--allow-empty', '-qm', 'x'])).toEqual(once);
    },
  );

  it.skipIf(configHooks)(
    'is where the hook goes unasked, since a file beside its own would not last (Git before 2.54)',
    async () => {
      const team = await createManaged({ '.husky/pre-commit': theirs }, activate);
      const native = await team.sops('init', '--yes', '--hook', 'native');
      expect(native.code).toBe(1);
      expect(native.stderr).toContain('try: git sops init --hook husky');
      expect((await team.sops('init', '--yes')).stdout.toString()).toContain('to .husky/pre-commit');
      expect(await runsOf(team, ['commit', '-qm', 'x'])).toEqual({ code: 0, theirs: 1, ours: 1 });
    },
  );

  it('a clone in which husky is not set up yet has a native hook until it is', async () => {
    const team = await createManaged({ '.husky/pre-commit': theirs }, activate);
    await team.sops('init', '--yes', '--hook', 'husky');
    await team.box.commit({ 'secrets/db.yaml': secret });
    await team.box.git('clone', '-q', team.box.repo, join(team.box.root, 'clone'));
    const clone = { ...team, box: team.box.at(join(team.box.root, 'clone')) };
    const init = await clone.box.run('git', ['sops', 'init', '--yes']);
    expect(init.stdout.toString()).toContain('try: npx husky');
    expect((await runsOf(clone, ['commit', '--allow-empty', '-qm', 'x'])).ours).toBe(1);
    const doctor = await clone.box.run('git', ['sops', 'doctor']);
    expect(doctor.stdout.toString()).toContain('Git does not run husky here');
    expect(doctor.code).toBe(0);
    await clone.box.run(process.execPath, activate.slice(1));
    if (configHooks) {
      // It does not lie in the folder that husky replaces.
      const twice = await clone.box.run('git', ['sops', 'doctor']);
      expect(twice.stdout.toString()).toContain('husky runs the pre-commit hook, and so does the configuration');
      await clone.box.run('git', ['sops', 'init', '--yes']);
    }
    expect(await runsOf(clone, ['commit', '--allow-empty', '-qm', 'x'])).toEqual({ code: 0, theirs: 1, ours: 1 });
  });

  it('shows the line in the plan, and writes nothing unasked', async () => {
    const team = await createManaged({ '.husky/pre-commit': theirs }, activate);
    const asked = await team.sops('init', '--hook', 'husky');
    expect(asked.code).toBe(1);
    expect(asked.stdout.toString()).toContain('add "git sops hook pre-commit" to .husky/pre-commit');
    expect(await team.box.read('.husky/pre-commit')).toBe(theirs);
  });
});

describe('lefthook', () => {
  const file = 'pre-commit:\n  commands:\n    # ours\n    theirs:\n      run: echo theirs >>../theirs\n';

  it.skipIf(!has('lefthook'))('runs the hook from its list, once (needs lefthook in PATH)', async () => {
    const team = await createManaged({ 'lefthook.yml': file }, ['lefthook', 'install']);
    await team.sops('init', '--yes', '--hook', 'lefthook');
    // lefthook installs what its list names.
    await team.box.run('lefthook', ['install']);
    await team.sops('deinit', '--yes');
    await holds(team, 'lefthook', 'lefthook.yml', file);
  });
});

describe('pre-commit', () => {
  const file = `repos:
-   repo: local
    hooks:
    -   id: theirs
        name: theirs
        entry: sh -c 'echo theirs >>../theirs'
        language: system
        always_run: true
        stages: [pre-commit]
`;
  const activate = ['pre-commit', 'install', '--hook-type', 'pre-commit', '--hook-type', 'pre-merge-commit'];

  it.skipIf(!has('pre-commit'))('runs the hook from its list, once (needs pre-commit in PATH)', async () => {
    const team = await createManaged({ '.pre-commit-config.yaml': file }, activate);
    await holds(team, 'pre-commit', '.pre-commit-config.yaml', file);
  });

  it.skipIf(!has('pre-commit'))(
    'installed for commits alone: doctor names the event that is missing, and its command (needs pre-commit in PATH)',
    async () => {
      const team = await createManaged({ '.pre-commit-config.yaml': file }, ['true']);
      await team.sops('init', '--yes', '--hook', 'pre-commit');
      await team.box.git('add', '.');
      const ofHook = async () =>
        (await team.sops('doctor')).stdout
          .toString()
          .split('\n')
          .filter((line, i, all) => line.includes('hook') || all[i - 1]?.includes('BAD'));
      await team.box.run('pre-commit', ['install', '-f']);
      const hooks = join(team.box.repo, '.git/hooks');
      // A hook file of ours that is left judges merges, where this Git takes its hooks from files.
      if (!configHooks) {
        expect((await ofHook()).join('\n')).toMatch(/^ok {4}pre-commit runs the pre-commit hook/);
        await rm(join(hooks, 'pre-merge-commit'));
        const [text, mend, ...more] = await ofHook();
        expect([text, mend, more]).toEqual([
          'BAD   pre-commit runs the pre-commit hook, but the pre-merge-commit hook is missing: merges are not judged',
          expect.stringContaining('try: pre-commit install --hook-type pre-merge-commit'),
          [],
        ]);
      }
      await team.box.run('pre-commit', ['install', '-f', '-t', 'pre-commit', '-t', 'pre-merge-commit']);
      expect((await ofHook()).join('\n')).toContain('pre-commit runs the pre-commit hook');
      expect((await ofHook()).join('\n')).not.toContain('BAD');
    },
  );

  it.skipIf(configHooks || !has('pre-commit'))(
    'found a hook of ours and runs it first: one that is listed too is taken away (needs pre-commit in PATH, Git before 2.54)',
    async () => {
      const team = await createManaged({ '.pre-commit-config.yaml': file }, ['true']);
      await team.sops('init', '--yes');
      await team.box.run('pre-commit', activate.slice(1));
      expect((await runsOf(team, ['commit', '-qm', 'x'])).ours).toBe(1);
      expect((await team.sops('doctor')).stdout.toString()).toContain('the pre-commit hook is in place');
      expect((await team.sops('init', '--yes')).stdout.toString()).toContain('Everything is set up');
      await team.sops('init', '--yes', '--hook', 'pre-commit');
      // It refuses to run with a list that is not staged.
      await team.box.git('add', '.');
      expect((await runsOf(team, ['commit', '--allow-empty', '-qm', 'x'])).ours).toBe(1);
      await team.sops('deinit', '--yes');
      await team.box.git('add', '.');
      expect(await runsOf(team, ['commit', '--allow-empty', '-qm', 'x'])).toEqual({ code: 0, theirs: 1, ours: 0 });
    },
  );
});
