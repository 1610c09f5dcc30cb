import { existsSync } from 'node:fs';
import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configHooks } from '../config-hooks.ts';
import { hasTerminal, onTerminal } from '../on-terminal.ts';
import type { Sandbox } from '../sandbox.ts';
import { brokenTag, putIntoIndex } from './tampered.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';

async function cloneOf({ box }: Team, name: string): Promise<Sandbox> {
  await box.git('clone', '--quiet', box.repo, join(box.root, name));
  return box.at(join(box.root, name));
}

/** Every byte that init may write: the working tree but Git's objects, and the user's own files. */
async function everything({ box }: Team): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const name of await readdir(box.root, { recursive: true })) {
    const file = join(box.root, name);
    if (/\.git\/(objects|logs|index)|^bin|^runtime/.test(name) || !(await stat(file)).isFile()) continue;
    files[name] = await readFile(file, 'latin1');
  }
  return files;
}

describe('init --global', () => {
  it('registers the drivers once: a later clone is transparent with a key', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret });
    expect((await team.sops('init', '--global', '--yes')).code).toBe(0);
    expect((await team.sops('init', '--global', '--yes')).stdout.toString()).toBe('Everything is set up.\n');

    const clone = await cloneOf(team, 'clone');
    expect(await clone.read('secrets/db.yaml')).toBe(secret);
    expect(await clone.git('status', '--porcelain')).toBe('');
    await clone.write('secrets/new.yaml', 'token: fresh\n');
    await clone.git('add', '.');
    expect((await clone.blob(':secrets/new.yaml')).toString()).toMatch(/token: ENC\[/);
    expect(await clone.git('diff', '--cached')).toContain('+token: fresh');
  });

  it('P7: fails closed in a clone that nobody set up: no key, and no program', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'secrets/db.yaml': secret });
    await team.sops('init', '--global', '--yes');
    await rm(team.keyFile);
    const closed = await cloneOf(team, 'closed');
    expect(await closed.read('secrets/db.yaml')).toContain('ENC[');
    expect(await closed.git('status', '--porcelain')).toBe('');
    await closed.write('secrets/db.yaml', secret);
    const edit = await closed.tryGit(['add', 'secrets/db.yaml']);
    expect(edit.code).not.toBe(0);
    expect(edit.stderr).not.toContain('hunter2');
    // A new secret needs only public recipients.
    await closed.write('secrets/new.yaml', 'token: fresh\n');
    await closed.git('add', 'secrets/new.yaml');
    expect((await closed.blob(':secrets/new.yaml')).toString()).toMatch(/token: ENC\[/);

    for (const name of ['process', 'clean', 'smudge']) {
      await box.git('config', '--global', `filter.sops.${name}`, '/gone/git-sops filter');
    }
    const gone = await box.tryGit(['clone', '--quiet', box.repo, join(box.root, 'gone')]);
    expect(gone.code).not.toBe(0);
    await closed.write('secrets/more.yaml', 'token: third\n');
    expect((await closed.tryGit(['add', 'secrets/more.yaml'])).code).not.toBe(0);
    expect(await closed.git('ls-files', 'secrets/more.yaml')).toBe('');
  });

  it('is taken back by deinit --global, and asks before it writes', async () => {
    const team = await createTeam();
    const before = await everything(team);
    const asked = await team.sops('init', '--global');
    expect(asked.code).toBe(1);
    expect(asked.stdout.toString()).toContain('set filter.sops.process in your Git configuration');
    expect(await everything(team)).toEqual(before);
    await team.sops('init', '--global', '--yes');
    expect((await team.sops('deinit', '--global', '--yes')).code).toBe(0);
    expect(await everything(team)).toEqual(before);
  });
});

describe('init', () => {
  it('a fresh clone has plaintext after the one command', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret, 'deep/secrets/b.env': 'TOKEN=hunter3\n' });
    const clone = await cloneOf(team, 'clone');
    expect(await clone.read('secrets/db.yaml')).toContain('ENC[');
    const done = await clone.run('git', ['sops', 'init', '--yes'], { cwd: join(clone.repo, 'deep') });
    expect(done.code).toBe(0);
    expect(done.stdout.toString()).toContain('2 covered files are now plaintext here');
    expect(await clone.read('secrets/db.yaml')).toBe(secret);
    expect(await clone.read('deep/secrets/b.env')).toBe('TOKEN=hunter3\n');
    expect(await clone.git('status', '--porcelain')).toBe('');
  });

  it('changes nothing the second time, from wherever it is called', async () => {
    const team = await createTeam();
    const { box, recipient } = team;
    await box.write('docs/readme', 'x\n');
    const first = await team.sops('init', '--yes', '--recipient', recipient, '--path', 'secrets/**');
    expect(first.stderr).toBe('');
    expect(first.code).toBe(0);
    await box.commit({ 'secrets/db.yaml': secret });
    const before = await everything(team);
    for (const cwd of [box.repo, join(box.repo, 'docs')]) {
      const again = await box.run('git', ['sops', 'init', '--yes'], { cwd });
      expect(again.stdout.toString()).toBe('Everything is set up.\n');
      expect(await everything(team)).toEqual(before);
    }
    await box.git('worktree', 'add', '-q', join(box.root, 'linked'));
    const linked = await box.run('git', ['sops', 'init', '--yes'], { cwd: join(box.root, 'linked') });
    expect(linked.stdout.toString()).toBe('Everything is set up.\n');
    expect(await readFile(join(box.root, 'linked/secrets/db.yaml'), 'utf8')).toBe(secret);
  });

  it('shows all that it will write, and writes none of it unasked: no rules, no key', async () => {
    const team = await createTeam();
    await rm(team.keyFile);
    const before = await everything(team);
    const asked = await team.sops('init', '--keygen', '--path', 'secrets/**');
    expect(asked.code).toBe(1);
    for (const part of [
      'add a new age key to ',
      'write .sops.yaml',
      'to .gitattributes',
      'filter',
      'pre-commit hook',
    ]) {
      expect(asked.stdout.toString()).toContain(part);
    }
    expect(asked.stderr).toContain('nothing was written');
    expect(asked.stderr).toContain("  try: git sops init --keygen --path 'secrets/**' --yes\n");
    const wrong = await team.sops('init', '--recipient', 'foo', '--path', 'secrets/**');
    expect(wrong.code).toBe(111);
    expect(wrong.stderr).toContain('git-sops: --recipient: names an age recipient that is not one');
    expect(await everything(team)).toEqual(before);
    const done = await team.sops('init', '--keygen', '--path', 'secrets/**', '--yes');
    expect(done.code).toBe(0);
    await team.box.commit({ 'secrets/db.yaml': secret });
    const made = /public key: (age1\w+)/.exec(await readFile(team.keyFile, 'utf8'))?.[1];
    expect((await team.box.blob(':secrets/db.yaml')).toString()).toContain(made);
  });

  it('without rules and recipient says what to give, with your own recipient filled in', async () => {
    const team = await createTeam();
    const before = await everything(team);
    const done = await team.sops('init', '--yes');
    expect(done.code).toBe(2);
    expect(done.stderr).toContain(`git sops init --recipient ${team.recipient} --path 'secrets/**'`);
    expect(await everything(team)).toEqual(before);
    expect((await team.sops('init', '--yes', '--recipient', 'age1wrong', '--path', 'x')).code).toBe(111);
    expect(await everything(team)).toEqual(before);
  });

  it('takes each kind of recipient that a rule takes', async () => {
    const { rulesText } = await import('../../src/commands/set-up/new-rules.ts');
    const { parseCreationRules } = await import('../../src/document/creation-rules.ts');
    const ssh = `ssh-ed25519 ${Buffer.concat([Buffer.from('0000000b7373682d6564323535313900000020', 'hex'), Buffer.alloc(32, 9)]).toString('base64')} ada: laptop # 1`;
    const text = await rulesText([ssh], ['^x$']);
    expect(JSON.stringify(await parseCreationRules(Buffer.from(text)))).toContain('ada: laptop # 1');
  });

  it('leaves rules that are there alone, and refuses broken ones before it writes', async () => {
    const team = await createTeam();
    await team.box.write('.sops.yaml', secretRule(team.recipient));
    const more = await team.sops('init', '--yes', '--recipient', team.recipient, '--path', 'x');
    expect(more.code).toBe(1);
    expect(more.stderr).toContain('.sops.yaml: exists already');
    await team.box.write('.sops.yaml', 'creation_rules: {broken\n');
    const broken = await team.sops('init', '--yes');
    expect(broken.code).toBe(2);
    expect(existsSync(join(team.box.repo, '.gitattributes'))).toBe(false);
  });

  it('--mode ciphertext keeps no plaintext at rest, and lasts', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/db.yaml': secret });
    const clone = await cloneOf(team, 'clone');
    await clone.run('git', ['sops', 'init', '--yes', '--mode', 'ciphertext']);
    expect(await clone.read('secrets/db.yaml')).toContain('ENC[');
    expect((await clone.run('git', ['sops', 'init', '--yes'])).stdout.toString()).toBe('Everything is set up.\n');
    expect(await clone.git('log', '-p')).toContain('+password: hunter2');
    expect((await clone.run('git', ['sops', 'check'])).code).toBe(0);
  });

  it('--mode ciphertext: a file in conflict that stays plaintext is named, and the exit code is not that of success', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'secrets/db.yaml': secret });
    await box.git('checkout', '-q', '-b', 'side');
    await box.commit({ 'secrets/db.yaml': 'user: admin\npassword: hunter3\n' });
    await box.git('checkout', '-q', 'main');
    await box.commit({ 'secrets/db.yaml': 'user: admin\npassword: hunter4\n' });
    expect((await box.tryGit(['merge', 'side'])).code).not.toBe(0);
    for (let i = 0; i < 2; i++) {
      const done = await team.sops('init', '--yes', '--mode', 'ciphertext');
      expect(done.stderr).toContain('secrets/db.yaml: is in conflict and stays plaintext here');
      expect(done.stderr).not.toContain('hunter');
      expect(done.code).toBe(1);
    }
    await box.write('secrets/db.yaml', secret);
    await box.git('add', 'secrets/db.yaml');
    const settled = await team.sops('init', '--yes', '--mode', 'ciphertext');
    expect([settled.code, settled.stderr]).toEqual([0, '']);
    expect(await box.read('secrets/db.yaml')).toContain('ENC[');
  });

  it('P5: says of a file that was tampered with that it was, not that a key is missing', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'secrets/a.yaml': secret, 'secrets/b.yaml': secret });
    const blob = brokenTag(await team.box.blob('HEAD:secrets/b.yaml'));
    await putIntoIndex(team.box, 'secrets/b.yaml', blob);
    await team.box.git('commit', '-q', '--no-verify', '-m', 'tampered');
    const clone = await cloneOf(team, 'clone');
    const done = await clone.run('git', ['sops', 'init', '--yes']);
    expect(done.code).toBe(1);
    expect(done.stdout.toString()).toContain('1 covered file is now plaintext here');
    expect(done.stdout.toString()).not.toContain('no identity');
    expect(done.stderr).toContain('secrets/b.yaml:1:7: has a ciphertext at user that fails its authentication');
    expect(await clone.read('secrets/a.yaml')).toBe(secret);
    expect(await clone.readBytes('secrets/b.yaml')).toEqual(blob);

    // The key alone missing is another sentence, and no failure.
    await rm(team.keyFile);
    const keyless = await cloneOf(team, 'keyless');
    const closed = await keyless.run('git', ['sops', 'init', '--yes']);
    expect([closed.code, closed.stderr]).toEqual([0, '']);
    expect(closed.stdout.toString()).toContain('2 covered files stay ciphertext: no identity here opens them');
  });
});

describe('the attributes that init writes', () => {
  it('cover what an exact rule covers now and later, and no more', async () => {
    const team = await createTeam(
      (r) =>
        `creation_rules:\n  - path_regex: ^secrets/.*\\.ya?ml$\n    age: ${r}\n  - path_regex: \\.enc\\.json$\n    age: ${r}\n`,
    );
    const paths = [
      'secrets/a.yaml',
      'secrets/deep/b.yml',
      'x/y.enc.json',
      'secrets/a.txt',
      'x/secrets/a.yaml',
      'y.json',
    ];
    // Each another one: a copy of an encrypted file is told of by itself.
    for (const path of paths) await team.box.write(path, `{"a": "hunter2 ${path}"}\n`);
    await team.box.git('add', '.');
    const stored = await Promise.all(paths.map(async (path) => (await team.box.blob(`:${path}`)).includes('ENC[')));
    expect(stored).toEqual([true, true, true, false, false, false]);
    expect((await team.sops('check')).code).toBe(0);
  });

  it('are lines for single files where a rule cannot be said exactly; check finds a later file, init adds it', async () => {
    const team = await createTeam();
    const { box } = team;
    // A word boundary: no pattern of Git says it.
    await box.write('.sops.yaml', `creation_rules:\n  - path_regex: \\bsecret\\b\n    age: ${team.recipient}\n`);
    await box.write('app/secret one.yaml', secret);
    await box.write('app/secrets.yaml', 'plain: true\n');
    expect((await team.sops('init', '--yes')).code).toBe(0);
    expect(await box.read('.gitattributes')).toContain('"/app/secret one.yaml" filter=sops');
    await box.commit();
    expect((await box.blob(':app/secret one.yaml')).toString()).toContain('ENC[');
    expect((await box.blob(':app/secrets.yaml')).toString()).toBe('plain: true\n');

    await box.write('later/secret.yaml', secret);
    await box.git('add', '.');
    const found = await team.sops('check');
    expect(found.code).toBe(1);
    expect(found.stdout.toString()).toContain('later/secret.yaml');
    expect(found.stdout.toString()).toContain('git sops init');
    expect((await box.tryGit(['commit', '-m', 'leak'])).code).not.toBe(0);
    expect((await team.sops('doctor')).stdout.toString()).toContain('later/secret.yaml');

    expect((await team.sops('init', '--yes')).stdout.toString()).toContain('.gitattributes');
    await box.git('add', '--renormalize', '.');
    await box.git('add', '.');
    expect((await box.blob(':later/secret.yaml')).toString()).toContain('ENC[');
    expect((await team.sops('check')).code).toBe(0);
  });

  it('keep the lines of others and go with deinit', async () => {
    const team = await createTeam();
    const theirs = '*.png binary\n# ours\n*.sh text eol=lf';
    await team.box.write('.gitattributes', theirs);
    await team.box.write('.sops.yaml', secretRule(team.recipient));
    await team.sops('init', '--yes');
    expect((await team.box.read('.gitattributes')).startsWith(theirs)).toBe(true);
    // What the user has trusted stays, and is told.
    await team.box.git('config', 'sops.localKeyservice', 'true');
    const told = (await team.sops('deinit', '--yes')).stdout.toString();
    expect(told).toContain('left sops.localkeyservice in this clone’s Git configuration');
    expect(await team.box.git('config', '--local', 'sops.localKeyservice')).toBe('true');
    expect(await team.box.read('.gitattributes')).toBe(theirs);
  });
});

describe('a hook that was there', () => {
  const theirs = '#!/bin/sh\necho theirs >>../theirs\n';

  async function runs({ box }: Team): Promise<{ theirs: number; ours: number }> {
    const logs = [join(box.root, 'theirs'), join(box.root, 'trace')];
    for (const log of logs) await rm(log, { force: true });
    await box.gitBytes(['commit', '-q', '--allow-empty', '-m', 'x'], { env: { GIT_SOPS_TRACE: logs[1] } });
    const [a = '', b = ''] = await Promise.all(logs.map((log) => readFile(log, 'utf8').catch(() => '')));
    return { theirs: a.match(/theirs/g)?.length ?? 0, ours: b.match(/pre-commit: \d+ covered/g)?.length ?? 0 };
  }

  for (const [place, folder] of [
    ['in .git/hooks', '.git/hooks'],
    ['in core.hooksPath', '.githooks'],
  ] as const) {
    it(`${place} is kept and run exactly once, in front of ours`, async () => {
      const team = await createTeam();
      const { box } = team;
      if (folder !== '.git/hooks') await box.git('config', 'core.hooksPath', folder);
      await box.write(`${folder}/pre-commit`, theirs, 0o755);
      await box.write('.sops.yaml', secretRule(team.recipient));
      for (let i = 0; i < 2; i++) expect((await team.sops('init', '--yes')).code).toBe(0);
      expect(await runs(team)).toEqual({ theirs: 1, ours: 1 });
      const listed = await box.tryGit(['config', '--local', '--get-all', 'hook.git-sops.event']);
      expect(listed.stdout.toString()).toBe('');
      expect(await box.read(`${folder}/pre-commit`)).not.toBe(theirs);
      await team.sops('deinit', '--yes');
      expect(await box.read(`${folder}/pre-commit`)).toBe(theirs);
      expect((await readdir(join(box.repo, folder))).filter((name) => name.includes('git-sops'))).toEqual([]);
      expect(await runs(team)).toEqual({ theirs: 1, ours: 0 });
    });
  }

  it('is none: ours is in the configuration where Git runs hooks from there, else a file', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    expect(await runs(team)).toEqual({ theirs: 0, ours: 1 });
    const listed = await box.tryGit(['config', '--local', '--get-all', 'hook.git-sops.event']);
    expect(listed.stdout.toString()).toBe(configHooks ? 'pre-commit\npre-merge-commit\npre-applypatch\n' : '');
    expect(existsSync(join(box.repo, '.git/hooks/pre-commit'))).toBe(!configHooks);
  });

  it('P1: a key file that it makes and stages is refused', async () => {
    const team = await createTeam();
    const { box, keyFile } = team;
    await box.write('.git/hooks/pre-commit', `#!/bin/sh\ncp '${keyFile}' gen.txt && git add gen.txt\n`, 0o755);
    await box.write('.sops.yaml', secretRule(team.recipient));
    expect((await team.sops('init', '--yes')).code).toBe(0);
    await box.git('add', '.sops.yaml', '.gitattributes');
    const done = await box.tryGit(['commit', '-q', '-m', 'x']);
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('gen.txt');
    expect((await box.tryGit(['rev-parse', '--verify', '-q', 'HEAD'])).code).toBe(1);
  });

  it.skipIf(!configHooks)(
    'hook files of an older Git go when the configuration takes over (needs Git 2.54)',
    async () => {
      const team = await createTeam();
      const { box } = team;
      await box.write('.sops.yaml', secretRule(team.recipient));
      await team.sops('init', '--yes', '--hook', 'none');
      const { hooksFolder, installHook } = await import('../../src/git/hook-file.ts');
      const at = { cwd: box.repo, env: box.env };
      await installHook(await hooksFolder(at), 'pre-commit', 'git-sops hook pre-commit || exit $?');
      await team.sops('init', '--yes');
      expect(await runs(team)).toEqual({ theirs: 0, ours: 1 });
      expect(existsSync(join(box.repo, '.git/hooks/pre-commit'))).toBe(false);
      // Of somebody who then gets a hook file of another tool, whose turn would be after that of the configuration.
      await box.write('.git/hooks/pre-commit', theirs, 0o755);
      await team.sops('init', '--yes');
      expect(await runs(team)).toEqual({ theirs: 1, ours: 1 });
      expect((await box.tryGit(['config', '--get', 'hook.git-sops.command'])).code).toBe(1);
      await rm(join(box.repo, '.git/hooks/pre-commit.before-git-sops'));
      await team.sops('init', '--yes');
      expect(await runs(team)).toEqual({ theirs: 0, ours: 1 });
      expect(existsSync(join(box.repo, '.git/hooks/pre-commit'))).toBe(false);
    },
  );

  it('--hook none takes ours away and writes none', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit();
    expect((await runs(team)).ours).toBe(1);
    await team.sops('init', '--yes', '--hook', 'none');
    expect((await runs(team)).ours).toBe(0);
    expect((await team.sops('init', '--yes', '--hook', 'none')).stdout.toString()).toBe('Everything is set up.\n');
    expect((await team.sops('init', '--hook', 'fancy')).code).toBe(2);
  });
});

it('init --keygen uses the key that there is, and whoever writes the first rules has a name in them', async () => {
  const { box, recipient, sops, keyFile } = await createTeam();
  await box.git('config', 'user.name', 'Ada\u001b[31m  Lovelace');
  const keys = await readFile(keyFile, 'utf8');
  const done = await sops('init', '--yes', '--keygen', '--path', 'secrets/**');
  expect(done.code).toBe(0);
  expect(done.stdout.toString()).toContain(`You have a key already, ${recipient}: none is made`);
  expect(await readFile(keyFile, 'utf8')).toBe(keys);
  expect(await box.read('.sops.yaml')).toContain(`- ${recipient} # Ada [31m Lovelace\n`);
  await box.commit({ 'secrets/db.yaml': 'a: b\n' });
  expect((await sops('recipients', 'list')).stdout.toString()).toContain('Ada [31m Lovelace (you)');
  // Nobody else gets that name.
  const { box: other, sops: theirs } = await createTeam();
  await other.git('config', 'user.name', 'Ada');
  expect((await theirs('init', '--yes', '--recipient', recipient, '--path', 'secrets/**')).code).toBe(0);
  expect(await other.read('.sops.yaml')).toContain(`- ${recipient}\n`);
  // Nor is a key made for a repository that has its rules.
  const again = await sops('init', '--yes', '--keygen');
  expect(again.stdout.toString()).toContain('none is made');
  expect(await readFile(keyFile, 'utf8')).toBe(keys);
});

it('init says what Flux could not read of manifests that its first rules encrypt as a whole', async () => {
  const manifest = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: db\nstringData:\n  password: hunter2\n';
  const { box, sops } = await createTeam();
  await box.write('clusters/prod/db.yaml', manifest);
  await box.write('clusters/values.yaml', 'kind: of\n');
  const done = await sops('init', '--yes', '--keygen', '--path', 'clusters/**');
  expect(done.stdout.toString()).toContain('clusters/prod/db.yaml is a Kubernetes manifest');
  expect(done.stdout.toString()).toContain('encrypted_regex: ^(data|stringData)$');
  // Whoever has rules has chosen.
  await box.git('rm', '-rq', '--cached', '--ignore-unmatch', '.');
  expect((await sops('init', '--yes', '--hook', 'none')).stdout.toString()).not.toContain('manifest');
  const { box: other, sops: theirs } = await createTeam();
  await other.write('secrets/values.yaml', 'kind: of\n');
  await other.write('clusters/db.yaml', manifest);
  expect((await theirs('init', '--yes', '--keygen', '--path', 'secrets/**')).stdout.toString()).not.toContain(
    'manifest',
  );
});

it('init refuses an empty --path, whose rule would cover nothing', async () => {
  const { box, recipient, sops } = await createTeam();
  for (const paths of [[''], ['secrets/**', ' ']]) {
    const done = await sops('init', '--yes', '--recipient', recipient, ...paths.flatMap((path) => ['--path', path]));
    expect([done.code, done.stdout.toString()]).toEqual([2, '']);
    expect(done.stderr).toContain('--path is empty');
    expect(done.stderr).toContain("try: git sops init --recipient age1… --path 'secrets/**'\n");
  }
  expect(existsSync(join(box.repo, '.sops.yaml'))).toBe(false);
});

it.skipIf(!hasTerminal)('init that was agreed to says what it did, as with --yes (needs python3)', async () => {
  const { box, recipient } = await createTeam();
  const command = `git sops init --recipient ${recipient} --path 'secrets/**' </dev/tty`;
  const done = await onTerminal(box, [['Go on?', 'y\n']], ['bash', '-c', command]);
  expect(done).toMatchObject({ code: 0, left: [] });
  for (const what of ['write .sops.yaml', 'register filter', 'write a line to .gitattributes'])
    expect(done.shown).toContain(`did ${what}`);
});
