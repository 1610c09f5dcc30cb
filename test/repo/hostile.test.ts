import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import type { Sandbox } from '../sandbox.ts';
import { type Runtime, runtimes } from './runtime.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';
const env = ['.env', '.env.local', '.env.production', '.env.development', '.env.test'];
const packages = ['yaml', 're2js', 'age-encryption', '@noble/ciphers', '@noble/hashes', 'simple-git', 'micromatch'];

/** What some runtime, package manager or tool would run or read of its own accord, were it started here without care. */
function traps(root: string): Record<string, string> {
  const mark = (name: string) => join(root, `marker-${name}`);
  const script = (name: string) => `require('node:fs').writeFileSync(${JSON.stringify(mark(name))}, '');\n`;
  const shell = (name: string) => `#!/bin/sh\n: >${mark(name)}\n`;
  const dotenv = (name: string) =>
    [
      `SOPS_AGE_KEY_CMD=touch ${mark(`key-command-of${name}`)}`,
      `SOPS_AGE_KEY_FILE=${join(root, 'outside/keys.txt')}`,
      `GIT_SOPS_TRACE=${mark(`trace-of${name}`)}`,
      'NODE_OPTIONS=--require ./evil.cjs',
      'BUN_OPTIONS=--preload ./evil.cjs',
      '',
    ].join('\n');
  return {
    ...Object.fromEntries(env.map((name) => [name, dotenv(name)])),
    'evil.cjs': script('preload'),
    'bunfig.toml': 'preload = ["./evil.cjs"]\n[run]\npreload = ["./evil.cjs"]\n[test]\npreload = ["./evil.cjs"]\n',
    '.bunfig.toml': 'preload = ["./evil.cjs"]\n',
    '.npmrc': 'node-options=--require ./evil.cjs\nscript-shell=./git\n',
    '.noderc': '--require ./evil.cjs\n',
    'node.config.json': '{"nodeOptions": {"require": ["./evil.cjs"], "import": ["./evil.cjs"]}}\n',
    'package.json': JSON.stringify({
      type: 'module',
      imports: { '#*': './evil.cjs' },
      exports: './evil.cjs',
      scripts: { preinstall: './git', prepare: './git' },
    }),
    'tsconfig.json': JSON.stringify({ compilerOptions: { baseUrl: '.', paths: { '*': ['./evil.cjs'] } } }),
    'jsconfig.json': JSON.stringify({ compilerOptions: { baseUrl: '.', paths: { '*': ['./evil.cjs'] } } }),
    '.git-sops': shell('config'),
    '.git-sops.json': '{"command": "./git"}\n',
    '.git-sops.yaml': 'command: ./git\n',
    'git-sops.config.js': script('config-js'),
    ...Object.fromEntries(
      packages.flatMap((name) => [
        [`node_modules/${name}/package.json`, JSON.stringify({ name, main: 'index.js' })],
        [`node_modules/${name}/index.js`, script(`package-${name.replace('/', '-')}`)],
      ]),
    ),
    ...Object.fromEntries(
      ['git', 'git-sops', 'sops', 'age', 'bun', 'node', 'grep', 'cat', 'touch', 'node_modules/.bin/git-sops'].map(
        (name) => [name, shell(`program-${name.split('/').at(-1)}`)],
      ),
    ),
  };
}

/** A clone of a repository that holds all that, and secrets for us; not set up yet. */
async function hostileClone(runtime: Runtime): Promise<Team & { clone: Sandbox }> {
  const team = await createTeam(secretRule, runtime);
  const { box } = team;
  await mkdir(join(box.root, 'outside'));
  await writeFile(join(box.root, 'outside/keys.txt'), generateKeyFile().text, { mode: 0o644 });
  for (const [path, content] of Object.entries(traps(box.root))) await box.write(path, content, 0o755);
  await box.write('secrets/db.yaml', secret);
  await box.git('add', '--force', '--all');
  await box.git('commit', '-qm', 'all of it');
  await box.git('clone', '-q', box.repo, join(box.root, 'clone'));
  return { ...team, clone: box.at(join(box.root, 'clone')) };
}

async function markers({ root }: Sandbox): Promise<string[]> {
  return (await readdir(root)).filter((name) => name.startsWith('marker'));
}

describe.each(runtimes)('a hostile clone, under %s', (runtime) => {
  it('runs nothing of its own, and is read with no key but the user’s', async () => {
    const { clone, keyFile } = await hostileClone(runtime);
    const sops = (...args: string[]) => clone.run('git', ['sops', ...args]);
    const set = await sops('init', '--yes');
    expect(set.code, set.stderr).toBe(0);
    expect(await clone.read('secrets/db.yaml')).toBe(secret);
    await clone.write('secrets/db.yaml', secret.replace('hunter2', 'hunter3'));
    await clone.write('secrets/new.env', 'A=hunter4\n');
    expect(await clone.git('diff')).toContain('+password: hunter3');
    await clone.git('add', '.');
    await clone.git('commit', '-qm', 'edited');
    expect(await clone.git('log', '-p', '-1')).toContain('+password: hunter3');
    // A setting that there is not is refused, not obeyed.
    const strange = await sops('check');
    expect([strange.code, strange.stderr]).toEqual([2, expect.stringContaining('there is no setting "command"')]);
    await clone.git('rm', '-q', '.git-sops.yaml');
    await clone.git('commit', '-qm', 'without strange settings');
    for (const args of [['check'], ['check', 'HEAD~..HEAD'], ['status'], ['doctor'], ['lock'], ['unlock']]) {
      const done = await sops(...args);
      expect(done.stderr).toBe('');
    }
    // The one-shots, for tools that know no process.
    await clone.git('config', '--unset', 'filter.sops.process');
    await clone.write('secrets/one.env', 'A=hunter5\n');
    await clone.git('add', '.');
    await clone.git('checkout', '-q', 'HEAD~2', '--', 'secrets');
    await clone.git('merge', '-q', '--no-commit', '--no-ff', 'HEAD~2').catch(() => {});
    expect(await markers(clone)).toEqual([]);

    // Without a key of the user's, none comes from the repository either.
    await copyFile(join(clone.root, 'outside/keys.txt'), keyFile);
    await clone.git('config', '--unset-all', 'filter.sops.smudge');
    await clone.write('secrets/db.yaml', secret.replace('hunter2', 'hunter6'));
    const closed = await clone.tryGit(['add', '--renormalize', '.']);
    expect(closed.code).not.toBe(0);
    expect(closed.stderr).not.toContain('SOPS_AGE_KEY');
    expect(await markers(clone)).toEqual([]);
  });
});

describe.skipIf(!runtimes.includes('bun'))('the traps (needs Bun)', () => {
  it('do work: Bun, started without care, runs and reads them', async () => {
    const { clone } = await hostileClone('bun');
    const bun = join(process.cwd(), 'node_modules/.bin/bun');
    const done = spawnSync(bun, ['-p', 'process.env.SOPS_AGE_KEY_CMD'], {
      cwd: clone.repo,
      env: { ...clone.env },
      encoding: 'utf8',
    });
    expect(done.stdout).toContain('touch');
    const harmless = join(clone.root, 'harmless.cjs');
    await writeFile(harmless, '');
    for (const kept of ['bunfig.toml', 'tsconfig.json', 'jsconfig.json']) {
      for (const name of ['bunfig.toml', 'tsconfig.json', 'jsconfig.json'])
        await (name === kept ? clone.git('checkout', '-q', '--', name) : rm(join(clone.repo, name), { force: true }));
      spawnSync(bun, [harmless], { cwd: clone.repo, env: { ...clone.env } });
      expect(await markers(clone), kept).toEqual(['marker-preload']);
      await rm(join(clone.root, 'marker-preload'));
    }
  });
});

it('a hostile clone has no .sops.yaml that leads out of it', async () => {
  const { clone, box } = await hostileClone('node');
  expect((await clone.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
  const outside = join(box.root, 'outside/rules.yaml');
  await writeFile(outside, secretRule('age1canary').replace('creation_rules', 'canary: x\ncreation_rules'));
  for (const target of [outside, '../outside/rules.yaml', '/dev/zero', '../outside']) {
    await rm(join(clone.repo, '.sops.yaml'));
    await symlink(target, join(clone.repo, '.sops.yaml'));
    await clone.git('add', '.sops.yaml');
    await clone.write('secrets/new.yaml', secret);
    const index = await clone.git('ls-files', '-s', 'secrets');
    const added = await clone.tryGit(['add', 'secrets/new.yaml']);
    expect(added.code, target).not.toBe(0);
    expect(added.stderr, target).toMatch(/git-sops: \.sops\.yaml: is not a regular file/);
    expect(added.stderr).not.toContain('canary');
    expect(await clone.git('ls-files', '-s', 'secrets')).toBe(index);
    for (const args of [['check', '--worktree'], ['init', '--yes'], ['status']]) {
      const done = await clone.run('git', ['sops', ...args]);
      expect(done.code, args.join(' ')).not.toBe(0);
      expect(done.stdout.toString() + done.stderr).not.toContain('canary');
    }
  }
});
