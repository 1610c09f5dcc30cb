import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import type { Sandbox } from '../sandbox.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';
const gone = 'is not here and cannot be fetched';

/** A clone over a transport, which sends only what was asked for; nobody has set it up. */
async function cloned({ box }: Team, ...options: string[]): Promise<Sandbox> {
  const clone = box.at(join(box.root, 'clone'));
  await box.git('config', 'uploadpack.allowFilter', 'true');
  await box.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
  await box.git('clone', '-q', ...options, `file://${box.repo}`, clone.repo);
  return clone;
}

async function check(box: Sandbox, ...args: string[]) {
  const done = await box.run('git', ['sops', 'check', ...args]);
  return { code: done.code, text: done.stdout.toString() + done.stderr };
}

/** As a disk leaves it, or somebody who wants to hide something. */
async function lose(box: Sandbox, object: string): Promise<string> {
  const oid = await box.git('rev-parse', object);
  await rm(join(box.repo, '.git/objects', oid.slice(0, 2), oid.slice(2)));
  return oid;
}

const ownRules = ({ recipient }: Team, regex = '.*\\.yaml$') =>
  `creation_rules:\n  - path_regex: ${regex}\n    age: ${recipient}\n`;

describe('nothing is clean of what could not be read', () => {
  it('a private key in a file that a partial and sparse clone has not: it is fetched, all such files at once', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret, 'readme.md': 'text\n' });
    await team.box.write('app/backup.txt', generateKeyFile().text);
    for (let i = 0; i < 20; i++) await team.box.write(`app/${i}.txt`, `text ${i}\n`);
    await team.box.git('add', '.');
    await team.box.git('commit', '--no-verify', '-qm', 'a key');
    const clone = await cloned(team, '--filter=blob:none', '--sparse');
    const trace = join(clone.root, 'trace');
    const found = await check(clone.with({ GIT_TRACE: trace }));
    expect([found.code, found.text]).toEqual([1, expect.stringContaining('app/backup.txt')]);
    const fetches = (await clone.run('grep', ['-c', 'built-in: git fetch', trace])).stdout.toString().trim();
    expect(Number(fetches)).toBeLessThan(5);
    expect((await check(clone, 'HEAD')).code).toBe(1);
  });

  it('nor where the other side is gone, nor where an object of a clone is lost', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret, 'app/a.txt': 'text\n' });
    const clone = await cloned(team, '--filter=blob:none', '--sparse');
    await clone.git('remote', 'set-url', 'origin', join(clone.root, 'nowhere'));
    expect((await check(clone)).code).toBe(2);
    await lose(team.box, 'HEAD:app/a.txt');
    for (const scope of [[], ['HEAD']]) {
      const found = await check(team.box, ...scope);
      expect([found.code, found.text]).toEqual([2, expect.stringContaining('app/a.txt')]);
    }
  });

  it('P1: lost rules of a folder are not no rules, for hook, index, commit, range, history and working tree', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'prod/.sops.yaml': ownRules(team), 'readme.md': 'text\n' });
    const base = await box.git('rev-parse', 'HEAD');
    const added = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: secret })).toString().trim();
    await box.git('update-index', '--add', '--cacheinfo', `100644,${added},prod/new.yaml`);
    await box.git('commit', '--no-verify', '-qm', 'a secret');
    await box.git('update-index', '--add', '--cacheinfo', `100644,${added},prod/other.yaml`);
    const oid = await lose(box, 'HEAD:prod/.sops.yaml');
    const refused = await box.tryGit(['commit', '-qm', 'a secret']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain(`prod/.sops.yaml: the object ${oid} ${gone}`);
    for (const scope of [[], ['--staged'], ['HEAD'], [`${base}..HEAD`], ['--history']]) {
      const found = await check(box, ...scope);
      expect([scope, found.code, found.text]).toEqual([scope, 2, expect.stringContaining(oid)]);
    }
    await rm(join(box.repo, 'prod/.sops.yaml'));
    await box.write('prod/new.yaml', secret);
    const here = await check(box, '--worktree');
    expect([here.code, here.text]).toEqual([2, expect.stringContaining(oid)]);
  });

  it('a change is not held against rules that are lost', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'prod/.sops.yaml': ownRules(team), 'prod/a.txt': 'text\n' });
    const base = await box.git('rev-parse', 'HEAD');
    await box.commit({ 'prod/.sops.yaml': ownRules(team, '^only-this$') });
    expect((await check(box, `${base}..HEAD`)).code).toBe(1);
    const oid = await lose(box, `${base}:prod/.sops.yaml`);
    const found = await check(box, `${base}..HEAD`);
    expect([found.code, found.text]).toEqual([2, expect.stringContaining(oid)]);
  });

  it('a range of a shallow clone in which the place is missing where the two ends parted', async () => {
    const team = await createTeam(secretRule);
    const { box, recipient } = team;
    await box.commit({ 'secrets/db.yaml': secret });
    await box.commit();
    await box.git('checkout', '-q', '-b', 'feature');
    await box.commit({ '.sops.yaml': `${secretRule(recipient)}    encrypted_regex: ^nothing$\n` });
    await box.git('checkout', '-q', 'main');
    await box.commit();
    expect((await check(box, 'main..feature')).code).toBe(1);
    const clone = await cloned(team, '--depth', '1', '--no-single-branch');
    for (const dots of ['..', '...']) {
      const found = await check(clone, `origin/main${dots}origin/feature`);
      expect(found.code).toBe(2);
      expect(found.text).toContain('this clone is shallow');
      expect(found.text).toContain('git fetch --unshallow');
    }
    await clone.git('fetch', '-q', '--unshallow');
    expect((await check(clone, 'origin/main..origin/feature')).code).toBe(1);
    // What has nothing in common, in a clone that has all of it, has no such place.
    await clone.git('checkout', '-q', '--orphan', 'apart');
    await clone.git('commit', '-q', '--allow-empty', '-m', 'apart');
    expect((await check(clone, 'origin/main...apart')).code).toBe(0);
  });
});
