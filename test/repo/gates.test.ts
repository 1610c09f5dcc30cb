import { existsSync } from 'node:fs';
import { chmod, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTeam, secretRule, type Team } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';

/** Puts a blob into the index past every filter, as a GUI client or a library would. */
async function stagePast({ box }: Team, path: string, content: string | Uint8Array): Promise<void> {
  const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: content })).toString().trim();
  await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},${path}`);
}

describe('the pre-commit hook', () => {
  it('refuses plaintext that went past the filter, names it and what mends it, and shows no value', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit();
    await stagePast(team, 'secrets/db.yaml', secret);
    const done = await team.box.tryGit(['commit', '-m', 'leak']);
    expect(done.code).not.toBe(0);
    expect(done.stderr).toContain('secrets/db.yaml');
    expect(done.stderr).toContain('git add --renormalize -- secrets/db.yaml');
    expect(done.stderr).not.toContain('hunter2');
    await team.box.write('secrets/db.yaml', secret);
    await team.box.git('add', '--renormalize', '--', 'secrets/db.yaml');
    await team.box.git('commit', '-qm', 'mended');
  });

  it('refuses a half-encrypted file and a broken MAC, with the key path', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret });
    const blob = (await team.box.blob('HEAD:secrets/db.yaml')).toString();
    await stagePast(team, 'secrets/db.yaml', blob.replace(/password: ENC\[.*\]/, 'password: hunter3'));
    const half = await team.box.tryGit(['commit', '-m', 'half']);
    expect(half.code).not.toBe(0);
    expect(half.stderr).toContain('password');
    expect(half.stderr).not.toContain('hunter3');
    await stagePast(team, 'secrets/db.yaml', blob.replace(/^user: .*\n/m, ''));
    const mac = await team.box.tryGit(['commit', '-m', 'mac']);
    expect(mac.code).not.toBe(0);
    expect(mac.stderr).toContain('broken-mac');
  });

  it('P1: is not taken in by plaintext dressed up as a token, nor by a token whose type was changed', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret });
    await rm(team.keyFile);
    const blob = (await team.box.blob('HEAD:secrets/db.yaml')).toString();
    const dressed = 'password: ENC[AES256_GCM,data:hunter2 is my password,iv:a,tag:b,type:str]';
    await rm(join(team.box.repo, 'secrets/db.yaml'));
    await stagePast(team, 'secrets/db.yaml', blob.replace(/^password: .*$/m, dressed));
    const done = await team.box.tryGit(['commit', '-m', 'dressed up']);
    expect(done.code).not.toBe(0);
    expect(done.stderr).toContain('password');
    expect(done.stderr).not.toContain('hunter2');
  });

  it('P5: refuses a value that claims to be a comment', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret });
    const blob = (await team.box.blob('HEAD:secrets/db.yaml')).toString();
    await rm(join(team.box.repo, 'secrets/db.yaml'));
    await stagePast(team, 'secrets/db.yaml', blob.replace(/^(password: .*)type:str\]$/m, '$1type:comment]'));
    const done = await team.box.tryGit(['commit', '-m', 'retyped']);
    expect(done.code).not.toBe(0);
    expect(done.stderr).toContain('broken-tag');
  });

  it('does not stop unrelated work for a leak that HEAD holds, nor for deletions, links and files without a rule', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit();
    await stagePast(team, 'secrets/db.yaml', secret);
    await team.box.git('commit', '--no-verify', '-qm', 'leak');
    await team.box.write('readme', 'text\n');
    await team.box.git('add', 'readme');
    await team.box.git('commit', '-qm', 'unrelated');
    await team.box.git('rm', '-q', '--cached', 'secrets/db.yaml');
    await team.box.git('commit', '-qm', 'deleted');
    const link = (await team.box.gitBytes(['hash-object', '-w', '--stdin'], { input: 'target' })).toString().trim();
    await team.box.git('update-index', '--add', '--cacheinfo', `120000,${link},secrets/link`);
    await team.box.git('commit', '-qm', 'link');
  });

  it('runs a hook that was there exactly once, and deinit gives it back byte for byte', async () => {
    const team = await createTeam();
    const hook = join(team.box.repo, '.git/hooks/pre-commit');
    const earlier = '#!/bin/sh\necho ran >>"$(git rev-parse --git-dir)/ran"\n';
    await writeFile(hook, earlier);
    await chmod(hook, 0o755);
    await team.box.write('.sops.yaml', secretRule(team.recipient));
    await team.sops('init', '--yes');
    expect((await team.sops('init', '--yes')).stdout.toString()).toContain('Everything is set up');
    await team.box.commit({ 'secrets/db.yaml': secret });
    expect(await readFile(join(team.box.repo, '.git/ran'), 'utf8')).toBe('ran\n');
    expect((await team.sops('deinit', '--yes')).code).toBe(0);
    expect(await readFile(hook, 'utf8')).toBe(earlier);
    expect(await team.box.git('config', '--local', '--list')).not.toContain('sops');
    expect(await team.box.read('secrets/db.yaml')).toContain('ENC[');
  });

  it('P7: a program that moved: all that Git calls refuses with a sentence that mends it', async () => {
    const team = await createTeam(secretRule, 'node');
    const { box } = team;
    await box.commit({ 'secrets/db.yaml': secret });
    await box.git('checkout', '-qb', 'theirs');
    await box.commit({ 'secrets/db.yaml': secret.replace('hunter2', 'hunter3') });
    await box.git('checkout', '-q', '-');
    await box.commit({ 'secrets/db.yaml': secret.replace('admin', 'root') });
    const head = await box.git('rev-parse', 'HEAD');

    const settings = await box.git('config', '--local', '-z', '--get-regexp', '^(filter|diff|merge|hook)\\.');
    for (const entry of settings.split('\0').filter((one) => one.includes('plumbing.cjs'))) {
      const [name = '', ...value] = entry.split('\n');
      await box.git('config', name, value.join('\n').replaceAll('plumbing.cjs', 'gone.cjs'));
    }
    for (const name of ['pre-commit', 'pre-merge-commit']) {
      const hook = join(box.repo, '.git/hooks', name);
      if (existsSync(hook))
        await writeFile(hook, (await readFile(hook, 'utf8')).replaceAll('plumbing.cjs', 'gone.cjs'));
    }
    const refused = async (...args: string[]) => {
      const done = await box.tryGit(args);
      expect(done.code, args.join(' ')).not.toBe(0);
      expect(done.stderr, args.join(' ')).toMatch(/git-sops: .*(?:gone|not found).*\n? *try: git sops init --yes/);
      expect(done.stderr).not.toMatch(/Cannot find module|No such file/);
    };
    await refused('commit', '--allow-empty', '-m', 'x');
    await box.write('secrets/db.yaml', secret.replace('hunter2', 'hunter4'));
    const index = await box.git('ls-files', '-s');
    await refused('add', '.');
    await refused('diff', 'HEAD~1', 'HEAD');
    await refused('stash');
    expect(await box.git('ls-files', '-s')).toBe(index);
    expect(await box.read('secrets/db.yaml')).toContain('hunter4');
    await refused('checkout', '-f', 'HEAD');
    await refused('merge', 'theirs');
    expect(await box.git('rev-parse', 'HEAD')).toBe(head);

    expect((await team.sops('init', '--yes')).code).toBe(0);
    await box.git('reset', '-q', '--hard');
    await box.git('merge', '-q', 'theirs');
    expect(await box.read('secrets/db.yaml')).toBe(secret.replace('admin', 'root').replace('hunter2', 'hunter3'));
  });
});

describe('git sops check', () => {
  it('exits 0 on a clean index, 1 on findings, 2 on wrong use and broken rules', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret, 'plain.txt': 'x' });
    expect((await team.sops('check')).code).toBe(0);
    expect((await team.sops('check', 'HEAD')).code).toBe(0);
    expect((await team.sops('check', '--worktree')).code).toBe(0);
    expect((await team.sops('check', '--format', 'xml')).code).toBe(2);
    expect((await team.sops('check', 'nothing..nowhere')).code).toBe(2);
    await stagePast(team, 'secrets/leak.yaml', secret);
    const found = await team.sops('check', '--format', 'json');
    expect(found.code).toBe(1);
    const report = JSON.parse(found.stdout.toString());
    expect(report.findings).toMatchObject([{ kind: 'plaintext-file', severity: 'error', path: 'secrets/leak.yaml' }]);
    expect(found.stdout.toString()).not.toContain('hunter2');
    await stagePast(team, '.sops.yaml', 'creation_rules: {broken\n');
    expect((await team.sops('check')).code).toBe(2);
  });

  it('finds a leak in a range that a later commit took out again', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret });
    await team.box.git('branch', 'base');
    await stagePast(team, 'secrets/leak.yaml', secret);
    await team.box.git('commit', '--no-verify', '-qm', 'leak');
    await team.box.git('rm', '-q', '--cached', 'secrets/leak.yaml');
    await team.box.git('commit', '-qm', 'taken out');
    expect((await team.sops('check', 'HEAD')).code).toBe(0);
    const done = await team.sops('check', 'base..HEAD');
    expect(done.code).toBe(1);
    expect(done.stdout.toString()).toContain('secrets/leak.yaml');
  });

  it('judges one blob in a range by the rules of each commit that brings it', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret });
    await team.box.git('branch', 'base');
    const narrow = await team.box.read('.sops.yaml');
    const wide = `${narrow}  - path_regex: ^apps/\n    age: ${team.recipient}\n`;
    const commit = async (rules: string, app: string | null) => {
      await stagePast(team, '.sops.yaml', rules);
      if (app === null) await team.box.git('rm', '-q', '--cached', 'apps/a.yaml');
      else await stagePast(team, 'apps/a.yaml', app);
      await team.box.git('commit', '--no-verify', '-qm', 'a change');
      return (await team.box.git('rev-parse', 'HEAD')).trim();
    };
    const judged = async () => {
      const { code, stdout } = await team.sops('check', '--format', 'json', 'base..HEAD');
      const found: { kind: string; commit: string }[] = JSON.parse(stdout.toString()).findings;
      return { code, leaks: found.flatMap(({ kind, commit }) => (kind === 'plaintext-file' ? [commit] : [])) };
    };
    const excused = await commit(narrow, secret);
    expect(await judged()).toEqual({ code: 0, leaks: [] });
    await commit(wide, null);
    const leak = await commit(wide, secret);
    await commit(narrow, null);
    expect(await judged()).toEqual({ code: 1, leaks: [leak] });
    // What the rules at the end would have encrypted goes along with the history.
    await stagePast(team, '.sops.yaml', wide);
    await team.box.git('commit', '--no-verify', '-qm', 'the rule again');
    expect(await judged()).toEqual({ code: 1, leaks: [excused, leak] });
    await team.box.git('branch', 'topic');
    // Where two branches have no commit in common, a range from where they parted is all of the one.
    await team.box.git('checkout', '-q', '--orphan', 'apart');
    await commit(wide, secret);
    expect((await team.sops('check', 'topic...apart')).stdout.toString()).toContain('apps/a.yaml');
  });

  it('takes no range for clean of which a blob is missing', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret });
    await team.box.git('branch', 'base');
    await team.box.commit({ 'secrets/db.yaml': secret.replace('hunter2', 'hunter3') });
    await team.box.commit({ 'secrets/db.yaml': secret });
    const oid = (await team.box.git('rev-parse', 'HEAD~1:secrets/db.yaml')).trim();
    await rm(join(team.box.repo, '.git/objects', oid.slice(0, 2), oid.slice(2)));
    const done = await team.sops('check', 'base..HEAD');
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('secrets/db.yaml');
  });

  it('finds covered paths without the attribute', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret });
    await team.box.write('.gitattributes', '');
    await team.box.git('add', '.gitattributes');
    const done = await team.sops('check', '--format', 'github');
    expect(done.code).toBe(1);
    expect(done.stdout.toString()).toMatch(/^::error file=secrets\/db\.yaml,title=/);
  });

  it('refuses a file whose own metadata protects less than the rule, and rotate mends it', async () => {
    const team = await createTeam((r) => `${secretRule(r)}    encrypted_regex: ^password$\n`);
    await team.box.commit({ 'secrets/db.yaml': secret });
    expect((await team.box.blob('HEAD:secrets/db.yaml')).toString()).toContain('user: admin');
    await team.box.write('.sops.yaml', secretRule(team.recipient));
    await team.box.git('add', '.sops.yaml');
    await team.box.write('secrets/db.yaml', secret.replace('hunter2', 'hunter3'));
    const refused = await team.box.tryGit(['add', 'secrets/db.yaml']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('git sops rotate secrets/db.yaml');
    expect((await team.sops('check')).code).toBe(1);
    expect((await team.sops('rotate', 'secrets/db.yaml')).code).toBe(0);
    expect((await team.box.blob(':secrets/db.yaml')).toString()).not.toContain('admin');
    await team.box.git('add', 'secrets/db.yaml');
    expect((await team.sops('check')).code).toBe(0);
  });
});

describe('lock and unlock', () => {
  it('turn working files and back, keep status empty, stick, and lose no unstaged change', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret });
    expect((await team.sops('lock')).code).toBe(0);
    expect(await team.box.read('secrets/db.yaml')).toContain('ENC[');
    expect(await team.box.git('status', '--porcelain')).toBe('');
    await rm(join(team.box.repo, 'secrets/db.yaml'));
    await team.box.git('checkout', '--', '.');
    expect(await team.box.read('secrets/db.yaml')).toContain('ENC[');
    expect(await team.box.git('show', 'HEAD:secrets/db.yaml')).toContain('ENC[');
    expect(await team.box.git('log', '-p', '-1')).toContain('hunter2');
    expect((await team.sops('unlock')).code).toBe(0);
    expect(await team.box.read('secrets/db.yaml')).toBe(secret);
    expect(await team.box.git('status', '--porcelain')).toBe('');
    await team.box.write('secrets/db.yaml', 'password: edited\n');
    const refused = await team.sops('lock');
    expect(refused.code).not.toBe(0);
    expect(await team.box.read('secrets/db.yaml')).toBe('password: edited\n');
  });
});

describe('status and doctor', () => {
  it('tell what is where', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret });
    const status = JSON.parse((await team.sops('status', '--json')).stdout.toString());
    expect(status.files).toMatchObject([
      {
        path: 'secrets/db.yaml',
        here: 'plaintext',
        index: 'encrypted',
        head: 'encrypted',
        you: [team.recipient],
        drift: [],
      },
    ]);
    expect((await team.sops('doctor')).code).toBe(0);
    await team.sops('deinit', '--yes');
    expect((await team.sops('doctor')).code).toBe(1);
  });
});
