import { spawnSync } from 'node:child_process';
import { cpSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { commitPast } from './past.ts';
import { createTeam, secretRule } from './team.ts';

const has = (program: string) => spawnSync(program, ['--version']).status === 0;
const npmCache = spawnSync('npm', ['config', 'get', 'cache'], { encoding: 'utf8' }).stdout.trim();

/** As a user does who writes this repository into .pre-commit-config.yaml: it is cloned, and npm installs and builds the clone. */
it.skipIf(!has('pre-commit'))(
  'the pre-commit framework installs this repository from Git and runs its hooks (needs pre-commit in PATH)',
  async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    // What is here now, committed or not.
    const source = await box.init('git-sops');
    const listed = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
    const files = spawnSync('git', listed, { encoding: 'utf8', env: { PATH: process.env['PATH'] } }).stdout.split('\0');
    for (const file of files) {
      if (/^(test|\.github)\//.test(file) || file === '') continue;
      cpSync(resolve(file), join(source.repo, file), { force: true });
    }
    await source.git('add', '--force', '.');
    await source.git('commit', '-qm', 'a release');
    const rev = await source.git('rev-parse', 'HEAD');

    const config = `repos:\n  - repo: ${source.repo}\n    rev: ${rev}\n    hooks: [{id: git-sops}, {id: git-sops-push}, {id: git-sops-check}]\n`;
    await box.commit({ '.pre-commit-config.yaml': config, 'secrets/db.yaml': 'password: hunter1\n' });
    // Nothing but its own install has a git-sops.
    const PATH = (box.env['PATH'] ?? '').split(':').filter((part) => part !== join(box.root, 'bin'));
    const env = {
      PATH: PATH.join(':'),
      PRE_COMMIT_HOME: join(box.root, 'pre-commit'),
      npm_config_cache: npmCache,
      NODE_EXTRA_CA_CERTS: process.env['NODE_EXTRA_CA_CERTS'],
      npm_config_prefer_offline: 'true',
    };
    const run = (...args: string[]) => box.run('pre-commit', ['run', '--verbose', ...args], { env });
    await box.write('secrets/db.yaml', 'password: hunter3\n');
    await box.git('add', '.');
    // Staged in part: the framework puts the rest aside, as ciphertext, and brings it back.
    await box.write('secrets/db.yaml', 'password: hunter3\nuser: admin\n');
    const good = await run();
    expect(good.code, good.stdout.toString() + good.stderr).toBe(0);
    expect(await box.read('secrets/db.yaml')).toBe('password: hunter3\nuser: admin\n');
    await box.git('checkout', '-q', '--', '.');
    expect((await run('--all-files', '--hook-stage', 'manual')).code).toBe(0);

    await box.git('update-ref', 'refs/remotes/origin/main', 'HEAD');
    const leak = await commitPast(team, 'secrets/leak.yaml', 'password: hunter2\n');
    await box.git('reset', '-q', '--soft', 'HEAD~1');
    const bad = await run();
    expect(bad.code).not.toBe(0);
    expect(bad.stdout.toString()).toContain('plaintext-file');
    expect((await run('--hook-stage', 'manual')).code).not.toBe(0);
    await box.git('reset', '-q', '--hard', leak);
    const push = ['--hook-stage', 'pre-push', '--from-ref', 'HEAD~1', '--to-ref', 'HEAD', '--remote-branch', 'main'];
    const pushed = await run(...push, '--local-branch', 'main', '--remote-name', 'origin', '--remote-url', 'x');
    expect(pushed.code).not.toBe(0);
    expect(pushed.stdout.toString()).toContain(leak.slice(0, 12));
    expect(bad.stdout.toString() + pushed.stdout.toString()).not.toContain('hunter');
    // init takes this repository's entry for the hook that it is.
    expect((await team.sops('init', '--yes', '--hook', 'pre-commit')).stdout.toString()).not.toContain(
      '.pre-commit-config',
    );
    expect(dirname(source.repo)).toBe(box.root);
  },
  300_000,
);
