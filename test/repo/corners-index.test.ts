import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isClean, nothingLeaked, password, path, secret, sopsReads, withSecret } from './corners.ts';

describe('an index that another process holds', () => {
  it('stops what would write it, and changes nothing', async () => {
    const { box, sops } = await withSecret();
    const lock = join(box.repo, '.git/index.lock');
    await writeFile(lock, '');
    const held = await sops('lock');
    expect(held.code).not.toBe(0);
    expect(held.stderr).toContain(`rm ${lock}`);
    expect(await box.read(path)).toBe(secret);
    expect(await box.git('config', 'filter.sops.process')).not.toContain('--locked');
    await box.write(path, password('hunter3'));
    const index = await box.git('ls-files', '-s');
    for (const args of [['add', '.'], ['commit', '-am', 'x'], ['checkout', '-f', '.'], ['stash']]) {
      expect((await box.tryGit(args)).code, args[0]).not.toBe(0);
      expect(await box.read(path), args[0]).toBe(password('hunter3'));
    }
    expect(await box.git('ls-files', '-s')).toBe(index);
    // What only looks goes on.
    expect(await box.git('status', '--porcelain')).toBe(` M ${path}`);
    expect(await box.git('diff')).toContain('+password: hunter3');
    await rm(lock);
    await box.commit();
    await isClean(box);
    await nothingLeaked(box);
  });
});

describe('patch modes of Git itself, which show ciphertext', () => {
  it.each([
    ['checkout', '-p'],
    ['restore', '-p'],
    ['stash', '-p'],
    ['reset', '-p', 'HEAD~'],
  ])('git %s %s leaves the working file old or new, and leaks nothing', async (...args) => {
    const { box } = await withSecret();
    await box.commit({ [path]: secret.replace('postgres', 'mysql') });
    const before = password('hunter3').replace('postgres', 'mysql');
    await box.write(path, before);
    await box.tryGit(args, { input: 'y\nn\ny\ny\n' });
    expect([before, secret.replace('postgres', 'mysql')]).toContain(await box.read(path));
    // Half of a ciphertext is half of no file: it cannot be committed.
    await box.tryGit(['commit', '-m', 'half']);
    const stored = (await box.blob(`HEAD:${path}`)).toString();
    expect(stored).toContain('password: ENC[');
    expect((await box.run('git', ['sops', 'check', 'HEAD'])).code).toBe(0);
    await nothingLeaked(box);
  });

  it('git commit -p of one hunk is refused, of all is a commit', async () => {
    const team = await withSecret();
    const { box } = team;
    // lastmodified counts seconds, and makes a hunk of its own.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await box.write(path, password('hunter3'));
    const half = await box.tryGit(['commit', '-p', '-m', 'half'], { input: 'y\nn\n' });
    expect(half.code).not.toBe(0);
    expect(half.stderr).toContain('git sops add -p');
    expect(await box.read(path)).toBe(password('hunter3'));
    await box.git('commit', '-qam', 'whole');
    await isClean(box);
    await sopsReads(team);
  });
});

describe('core.fsmonitor', () => {
  it('a monitor that says what changed: edits are seen, lock and unlock leave nothing behind', async () => {
    const { box, sops } = await withSecret();
    const monitor = join(box.root, 'monitor');
    const changed = join(box.root, 'changed');
    await writeFile(monitor, `#!/bin/sh\nprintf 'token\\0'\ncat '${changed}' 2>/dev/null\n`, { mode: 0o755 });
    await box.git('config', 'core.fsmonitor', monitor);
    await box.git('config', 'core.untrackedCache', 'true');
    await box.git('update-index', '--fsmonitor');
    await isClean(box);
    await box.write(path, password('hunter3'));
    await writeFile(changed, `${path}\0`);
    expect(await box.git('status', '--porcelain')).toBe(` M ${path}`);
    await box.commit();
    await isClean(box);
    expect((await sops('lock')).code).toBe(0);
    expect(await box.read(path)).toContain('ENC[');
    await isClean(box);
    expect((await sops('unlock')).code).toBe(0);
    await isClean(box);
    expect(await box.read(path)).toBe(password('hunter3'));
    await nothingLeaked(box);
  });

  it('asking Git starts no monitor', async () => {
    const { box, sops } = await withSecret();
    const mark = join(box.root, 'mark');
    const monitor = join(box.root, 'monitor');
    await writeFile(monitor, `#!/bin/sh\necho >>'${mark}'\nprintf 'token\\0/\\0'\n`, { mode: 0o755 });
    await box.git('config', 'core.fsmonitor', monitor);
    await sops('status');
    await sops('check');
    await expect(box.run('cat', [mark])).resolves.toMatchObject({ code: 1 });
  });
});

describe('core.ignoreCase', () => {
  it('P1: attributes match any case, rules their own: what no rule names is refused, not stored', async () => {
    const { box } = await withSecret();
    await box.git('config', 'core.ignoreCase', 'true');
    await box.write('Secrets/new.yaml', 'a: hunter8\n');
    const refused = await box.tryGit(['add', '.']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('new.yaml');
    expect(await box.git('ls-files', '*new.yaml')).toBe('');
    await rm(join(box.repo, 'Secrets'), { recursive: true });
    await box.write('secrets/New.YAML', 'a: hunter8\n');
    await box.write('secrets/UPPER.ENV', 'A=hunter8\n');
    await box.commit();
    expect((await box.blob('HEAD:secrets/New.YAML')).toString()).toContain('ENC[');
    expect((await box.blob('HEAD:secrets/UPPER.ENV')).toString()).toContain('ENC[');
    await isClean(box);
    await nothingLeaked(box);
  });

  it('a rename that changes nothing but case keeps the blob', async () => {
    const { box } = await withSecret();
    await box.git('config', 'core.ignoreCase', 'true');
    const blob = await box.git('rev-parse', `HEAD:${path}`);
    await box.git('mv', '-f', path, 'secrets/DB.yaml');
    await box.git('commit', '-qam', 'upper');
    expect(await box.git('rev-parse', 'HEAD:secrets/DB.yaml')).toBe(blob);
    expect(await box.read('secrets/DB.yaml')).toBe(secret);
    await isClean(box);
  });

  it('two files that differ in case stay two', async () => {
    const { box } = await withSecret();
    await box.commit({ 'secrets/DB.yaml': password('hunter8') });
    await rm(join(box.repo, 'secrets'), { recursive: true });
    await box.git('checkout', '-q', '--', '.');
    expect(await box.read('secrets/DB.yaml')).toBe(password('hunter8'));
    expect(await box.read(path)).toBe(secret);
    await isClean(box);
  });
});
