import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../sandbox.ts';
import { isClean, nothingLeaked, password, path, secret, sopsReads, withSecret } from './corners.ts';
import type { Team } from './team.ts';

/** A clone over a transport, which sends only what was asked for, set up by the one command. */
async function cloned({ box, ...team }: Team, ...options: string[]): Promise<Team> {
  const clone = box.at(join(box.root, 'clone'));
  await box.git('config', 'uploadpack.allowFilter', 'true');
  await box.git('config', 'receive.denyCurrentBranch', 'updateInstead');
  await box.git('clone', '-q', ...options, `file://${box.repo}`, clone.repo);
  const sops = (...args: string[]) => clone.run('git', ['sops', ...args]);
  expect((await sops('init', '--yes')).stderr).toBe('');
  return { ...team, box: clone, sops };
}

const missing = async (box: Sandbox) =>
  (await box.git('rev-list', '--objects', '--all', '--missing=print')).match(/^\?/gm)?.length ?? 0;

/** An edit, a new file, and back to where they came from. */
async function dayOfWork({ box, sops }: Team): Promise<void> {
  expect(await box.read(path)).toBe(password('hunter3'));
  await isClean(box);
  await box.commit({ [path]: password('hunter4'), 'secrets/new.env': 'A=hunter5\n' }, 'work');
  await isClean(box);
  expect((await sops('check')).code).toBe(0);
  expect((await sops('status')).stdout.toString()).toMatch(/db\.yaml +plaintext/);
  await box.git('push', '-q', 'origin', 'HEAD:main');
}

describe('clones that hold less', () => {
  it('a shallow clone works, and deepens', async () => {
    const origin = await withSecret();
    await origin.box.commit({ [path]: password('hunter3') }, 'second');
    const clone = await cloned(origin, '--depth', '1');
    await dayOfWork(clone);
    await isClean(origin.box);
    expect(await origin.box.read('secrets/new.env')).toBe('A=hunter5\n');
    await sopsReads(origin);
    await clone.box.git('fetch', '-q', '--unshallow');
    expect(await clone.box.git('log', '-p', '--format=', '--', path)).toContain('+password: hunter2');
    await isClean(clone.box);
    await nothingLeaked(clone.box);
  });

  it('a partial clone works, fetches nothing by way of the filter, and its history shows plaintext', async () => {
    const origin = await withSecret({ 'secrets/other.yaml': 'a: hunter6\n' });
    await origin.box.commit({ [path]: password('hunter3') }, 'second');
    const clone = await cloned(origin, '--filter=blob:none');
    const { box } = clone;
    const before = await missing(box);
    expect(before).toBeGreaterThan(0);
    await dayOfWork(clone);
    expect(await missing(box)).toBe(before);
    await sopsReads(origin);
    // Git itself fetches what it needs; so does a command that a person starts.
    expect((await clone.sops('log', path)).stderr).toBe('');
    const all = await clone.sops('check', '--history');
    expect(all.stderr).toBe('');
    expect(all.code).toBe(0);
    expect(await box.git('diff', 'HEAD~2', '--', path)).toContain('-password: hunter2');
    expect((await clone.sops('diff', 'HEAD~2')).stdout.toString()).toContain('"hunter2" → "hunter4"');
    await nothingLeaked(box);
  });

  it('a partial clone that is sparse too has no secret until it is asked for', async () => {
    const origin = await withSecret({ 'secrets/other.yaml': 'a: hunter6\n', 'docs/readme': 'x' });
    await origin.box.commit({ [path]: password('hunter3') }, 'second');
    const clone = await cloned(origin, '--filter=blob:none', '--sparse');
    const { box } = clone;
    expect(existsSync(join(box.repo, 'secrets'))).toBe(false);
    await isClean(box);
    expect((await clone.sops('check')).code).toBe(0);
    await box.git('sparse-checkout', 'add', 'secrets');
    await dayOfWork(clone);
    await sopsReads(origin);
  });
});

describe('sparse checkout', () => {
  it('takes secrets away and gives them back as plaintext', async () => {
    const team = await withSecret({ 'docs/readme': 'x' });
    const { box, sops } = team;
    const tree = await box.git('rev-parse', 'HEAD^{tree}');
    await box.git('sparse-checkout', 'set', 'docs');
    expect(existsSync(join(box.repo, path))).toBe(false);
    expect((await sops('check')).code).toBe(0);
    expect((await sops('lock')).code).toBe(0);
    await isClean(box);
    await box.commit({ 'docs/readme': 'y' });
    expect(await box.git('rev-parse', `HEAD:${path}`)).toBe(await box.git('rev-parse', `${tree}:${path}`));
    expect((await sops('unlock')).code).toBe(0);
    await box.git('sparse-checkout', 'disable');
    expect(await box.read(path)).toBe(secret);
    await isClean(box);
    await sopsReads(team);
  });

  it('P1: rules and attributes count where they are not in the working tree', async () => {
    const team = await withSecret();
    const { box } = team;
    await box.git('sparse-checkout', 'set', '--no-cone', '/secrets/');
    expect(existsSync(join(box.repo, '.sops.yaml'))).toBe(false);
    expect(existsSync(join(box.repo, '.gitattributes'))).toBe(false);
    await box.commit({ [path]: password('hunter3'), 'secrets/new.env': 'A=hunter4\n' });
    await isClean(box);
    await sopsReads(team);
    await nothingLeaked(box);
  });
});

describe('elsewhere', () => {
  it('a bundle holds ciphertext, and a clone of it is a clone', async () => {
    const team = await withSecret();
    const { box } = team;
    const bundle = join(box.root, 'all.bundle');
    await box.git('bundle', 'create', '-q', bundle, '--all');
    const clone = box.at(join(box.root, 'clone'));
    await box.git('clone', '-q', bundle, clone.repo);
    await nothingLeaked(clone);
    expect((await clone.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
    expect(await clone.read(path)).toBe(secret);
    await isClean(clone);
  });

  it('a submodule is a repository of its own: its rules, its set-up, its hook', async () => {
    const team = await withSecret();
    const { box } = team;
    // The outer one covers everything below secrets/, the submodule among it.
    const outer = await box.init('outer');
    await outer.write('.sops.yaml', await box.read('.sops.yaml'));
    expect((await outer.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
    await outer.git('submodule', '--quiet', 'add', box.repo, 'secrets/sub');
    await outer.write('secrets/outer.yaml', secret);
    await outer.commit();
    const inner = outer.at(join(outer.repo, 'secrets/sub'));
    expect(await inner.read(path)).toContain('ENC[');
    expect((await inner.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
    expect(await inner.read(path)).toBe(secret);
    await isClean(outer);
    expect((await outer.run('git', ['sops', 'check'])).code).toBe(0);
    expect((await outer.run('git', ['sops', 'lock'])).code).toBe(0);
    expect(await inner.read(path)).toBe(secret);

    await inner.commit({ [path]: password('hunter3') });
    await outer.git('commit', '-qam', 'moved on');
    expect(await outer.git('show', '--submodule=diff', '--format=')).toContain('+password: hunter3');
    await inner.write('leak', secret);
    const oid = await inner.git('hash-object', '-w', '--no-filters', 'leak');
    await inner.git('update-index', '--add', '--cacheinfo', `100644,${oid},secrets/leak.yaml`);
    expect((await inner.tryGit(['commit', '-m', 'leak'])).code).not.toBe(0);
    await inner.git('update-index', '--force-remove', 'secrets/leak.yaml');
    await rm(join(inner.repo, 'leak'));

    // In a clone with the filter registered once for the machine.
    await box.git('-C', inner.repo, 'push', '-q', 'origin', 'HEAD:refs/heads/moved');
    expect((await outer.run('git', ['sops', 'init', '--global', '--yes'])).code).toBe(0);
    const again = outer.at(join(outer.root, 'again'));
    await outer.git('clone', '-q', '--recurse-submodules', outer.repo, again.repo);
    expect(await again.read(`secrets/sub/${path}`)).toBe(password('hunter3'));
    expect(await again.read('secrets/outer.yaml')).toBe(secret);
    await isClean(again);
  });
});
