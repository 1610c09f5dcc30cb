import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readlink, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configHooks } from '../config-hooks.ts';
import { hasSops, sops } from '../sops.ts';
import { createTeam, type Team } from './team.ts';

const has = (tool: string, ...args: string[]) => spawnSync(tool, args).status === 0;
const hasGitCrypt = has('git-crypt', '--version');
const hasGitSecret = has('git', 'secret', '--version') && has('gpg', '--version');
// In no registry: whoever has it proves it, and its filter, by the same openssl commands, is in all runs.
const hasTranscrypt = has('transcrypt', '--version');

const secrets: Readonly<Record<string, string>> = {
  'secrets/db.yaml': '# keep\npassword:   "hunter2"\nport: 5432\n',
  'secrets/deep/app.env': 'TOKEN=hunter2\n',
  'secrets/tls.key': 'not really hunter2\n',
  'deploy.key': 'hunter2 too\n',
};
const rest = { 'README.md': 'hello\n', 'src/config.yaml': 'debug: true\n' };

/** Plain Git must see nothing but the migration, staged; then it is committed, and real sops opens each blob. */
async function isTakenOver({ box, recipient, keyFile, sops: ours }: Team, files = secrets): Promise<void> {
  for (const [path, text] of Object.entries(files)) expect(await box.read(path)).toBe(text);
  expect(await box.git('diff', '--name-only')).toBe('');
  const untracked = await box.git('ls-files', '--others', '--exclude-standard');
  expect(untracked).toBe('');
  await box.git('commit', '--quiet', '--message', 'take over');
  for (const [path, text] of Object.entries(files)) {
    const blob = await box.blob(`HEAD:${path}`);
    expect(blob.toString()).toContain(recipient);
    expect(blob.toString()).not.toContain('hunter2');
    if (!hasSops) continue;
    const args = ['decrypt', '--filename-override', path, '--input-type', typeOf(path), '--output-type', typeOf(path)];
    const opened = sops(args, { input: blob, env: { SOPS_AGE_KEY_FILE: keyFile } }).stdout.toString();
    expect(opened.replaceAll(/["# ]|keep\n|\\n/g, '').trim()).toBe(text.replaceAll(/["# ]|keep\n/g, '').trim());
  }
  const check = await ours('check');
  expect(check.stdout.toString()).toContain('clean');
  // What is edited, added and cloned from here on goes through the new filter alone.
  const clone = box.at(join(box.root, 'clone'));
  await box.git('clone', '--quiet', box.repo, clone.repo);
  expect((await clone.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
  for (const [path, text] of Object.entries(files)) expect(await clone.read(path)).toBe(text);
  await rm(clone.repo, { recursive: true });
}

const typeOf = (path: string) => (path.endsWith('.yaml') ? 'yaml' : path.endsWith('.env') ? 'dotenv' : 'binary');
const state = async ({ box }: Team) =>
  [
    await box.git('status', '--porcelain', '--ignored'),
    await box.git('ls-files', '--stage'),
    await box.read('.gitattributes'),
  ].join('\n');

describe.runIf(hasGitCrypt)('git-crypt', () => {
  it('is taken over in one staged step, and back again', async () => {
    const team = await createTeam();
    const { box } = team;
    await box.commit({ 'secrets/old.yaml': 'password: in the clear once\n' }, 'a leak');
    await box.git('rm', '--quiet', 'secrets/old.yaml');
    await box.run('git-crypt', ['init']);
    await box.commit({
      '.gitattributes':
        '*.md text\nsecrets/** filter=git-crypt diff=git-crypt\n*.key text=auto filter=git-crypt diff=git-crypt\n',
      ...secrets,
      ...rest,
    });
    await box.write('secrets/empty.txt', '');
    await box.write('secrets/run.sh', 'echo hunter2\n', 0o755);
    await box.write('secrets/db.yaml', `${secrets['secrets/db.yaml']}more: 1\n`);
    await box.commit();
    await box.commit({ 'secrets/db.yaml': secrets['secrets/db.yaml'] ?? '' });
    const before = await state(team);
    const old = (await box.blob('HEAD:secrets/db.yaml')).toString('latin1');
    expect(old.startsWith('\0GITCRYPT\0')).toBe(true);

    const dry = await team.sops('migrate', '--dry-run');
    expect(dry.stderr).toBe('');
    const plan = dry.stdout.toString();
    expect(plan).toContain('takes over from git-crypt');
    expect(plan).toContain('encrypt 6 files for 1 recipient');
    expect(plan).toContain('git sops check --history');
    expect(plan).toMatch(/- \d+ versions of these files are encrypted by git-crypt/);
    expect(await state(team)).toBe(before);
    // Nobody is there to say yes.
    expect((await team.sops('migrate')).code).toBe(1);
    expect(await state(team)).toBe(before);

    const done = await team.sops('migrate', '--yes');
    expect(done.stderr).not.toContain('try:');
    expect(done.code).toBe(0);
    expect(await box.read('.gitattributes')).toMatch(/^\*\.md text\n\*\.key text=auto\n# >>> git-sops/);
    // Its own patterns, so that a later file is covered as well.
    expect(await box.read('.sops.yaml')).toContain("path_regex: '^secrets/.*$'");
    expect(await box.git('ls-files', '--stage', 'secrets/run.sh')).toMatch(/^100755/);
    await isTakenOver(team);
    await box.write('secrets/new.yaml', 'password: hunter2\n');
    await box.git('add', 'secrets/new.yaml');
    expect((await box.blob(':secrets/new.yaml')).toString()).toContain('ENC[AES256_GCM');
    await box.git('rm', '--quiet', '--cached', 'secrets/new.yaml');
    await rm(join(box.repo, 'secrets/new.yaml'));

    // What the old key opens was never in the clear.
    const history = await team.sops('check', '--history', '--format', 'json');
    const { findings } = JSON.parse(history.stdout.toString()) as { findings: { kind: string; path: string }[] };
    expect(findings).toMatchObject([{ kind: 'plaintext-file', path: 'secrets/old.yaml' }]);

    // History stays readable, and the way back is open.
    for (const commit of ['HEAD~1', 'main']) {
      await box.git('checkout', '--quiet', commit);
      for (const [path, text] of Object.entries(secrets)) expect(await box.read(path)).toBe(text);
    }
    await box.git('revert', '--no-edit', 'HEAD');
    expect((await box.blob('HEAD:secrets/db.yaml')).toString('latin1')).toBe(old);
    for (const [path, text] of Object.entries(secrets)) expect(await box.read(path)).toBe(text);
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  it('goes back before the commit by the command that is shown', async () => {
    const team = await createTeam();
    const { box } = team;
    await box.run('git-crypt', ['init']);
    const user = `.git-crypt/keys/default/0/${'0123456789'.repeat(4)}.gpg`;
    await box.commit({ '.gitattributes': 'secrets/** filter=git-crypt diff=git-crypt\n', ...secrets, [user]: 'x' });
    const before = await state(team);
    const { stdout } = await team.sops('migrate', '--yes');
    expect(stdout.toString()).toContain(`1 user of git-crypt may need a recipient each (git sops join): 0123456789`);
    const back = /back, before +(.*)/.exec(stdout.toString())?.[1] ?? '';
    const done = await box.run('sh', ['-ec', back]);
    expect(done.stderr).toBe('');
    expect(await state(team)).toBe(before);
    for (const [path, text] of Object.entries(secrets)) expect(await box.read(path)).toBe(text);
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  it('names file by file what a pattern would not say exactly', async () => {
    const team = await createTeam();
    const { box } = team;
    await box.run('git-crypt', ['init']);
    await box.commit({
      '.gitattributes': 'secrets/** filter=git-crypt diff=git-crypt\nsecrets/README !filter !diff\n',
      'secrets/README': 'no secret\n',
      'secrets/a.yaml': 'a: hunter2\n',
    });
    expect((await team.sops('migrate', '--yes')).code).toBe(0);
    expect(await box.read('.sops.yaml')).toContain("path_regex: '^(secrets/a\\.yaml)$'");
    expect((await box.blob(':secrets/README')).toString()).toBe('no secret\n');
    await isTakenOver(team, { 'secrets/a.yaml': 'a: hunter2\n' });
  });

  it('writes nothing where it cannot go through', async () => {
    const team = await createTeam();
    const { box } = team;
    expect((await team.sops('migrate')).stderr).toContain('no file here is encrypted by');
    await box.run('git-crypt', ['init']);
    await box.commit({ '.gitattributes': '*.yaml filter=git-crypt diff=git-crypt\n', 'a.yaml': 'a: hunter2\n' });
    const refused = async (code: string, ...args: string[]) => {
      const before = await state(team);
      const done = await team.sops('migrate', '--yes', ...args);
      expect(done.code).not.toBe(0);
      expect(done.stderr).toContain(code);
      expect(done.stderr).not.toContain('hunter2');
      expect(await state(team)).toBe(before);
    };
    await box.write('a.yaml', 'a: hunter3\n');
    await refused('has changes that are not committed');
    await box.git('checkout', '--', 'a.yaml');
    await refused('names an age recipient that is not one', '--recipient', 'age1x');
    await refused('there is no tool "x"', '--from', 'x');
    await refused('no file here is encrypted by transcrypt', '--from', 'transcrypt');
    // What sops cannot hold in its format is told before anything is written.
    const unfit = { 'list.yaml': '- hunter2\n', 'tpl/it is.yaml': '{{ if }}hunter2: [\n' };
    await box.commit(unfit);
    await refused('2 files cannot be encrypted and given back');
    await refused('list.yaml:1:1: has a list at its top level');
    await refused(`try: git sops migrate --skip list.yaml --skip 'tpl/it is.yaml' leaves them`);
    await refused('--skip b.yaml names no file', '--skip', 'b.yaml');
    // What is left out stays with the other tool: plaintext must not follow.
    const head = await box.git('rev-parse', 'HEAD');
    const done = await team.sops('migrate', '--yes', '--skip', 'list.yaml', '--skip', 'tpl');
    expect([done.code, done.stderr]).toEqual([0, expect.not.stringContaining('try:')]);
    expect(done.stdout.toString()).toContain('leave 2 files to git-crypt: list.yaml, tpl/it is.yaml');
    await box.commit({ 'list.yaml': '- hunter3\n', 'tpl/it is.yaml': 'hunter3\n' });
    for (const path of Object.keys(unfit))
      expect((await box.blob(`HEAD:${path}`)).toString('latin1')).toContain('GITCRYPT');
    expect((await box.blob('HEAD:a.yaml')).toString()).toContain('ENC[');
    await box.git('reset', '--quiet', '--hard', head);
    await team.sops('deinit', '--yes');
    await box.git('rm', '--quiet', ...Object.keys(unfit));
    await box.commit();
    await writeFile(join(box.repo, '.git/info/attributes'), 'a.yaml filter=git-crypt\n');
    await refused('would not get filter=sops');
    await rm(join(box.repo, '.git/info/attributes'));
    // The last step of all fails: filter, drivers and hook go with the rest.
    const clone = async () => [await box.read('.git/config'), (await readdir(join(box.repo, '.git/hooks'))).join()];
    const found = await clone();
    const failing = join(box.root, 'bin/git');
    const git = (await box.run('which', ['git'])).stdout.toString().trim();
    const script = `#!/bin/sh\ncase "$*" in *--index-info*) echo 'fatal: the disk is full' >&2; exit 128;; esac\nexec '${git}' "$@"\n`;
    await writeFile(failing, script, { mode: 0o755 });
    const before = await state(team);
    // Git itself puts its own folder first into the PATH of what it starts.
    const failed = await box.run('git-sops', ['migrate', '--yes']);
    expect([failed.code === 0, failed.stderr]).toEqual([false, expect.stringContaining('the disk is full')]);
    await rm(failing);
    expect([await clone(), await state(team)]).toEqual([found, before]);
    await box.commit({ '.sops.yaml': `creation_rules:\n  - path_regex: ^b\n    age: ${team.recipient}\n` });
    await refused('a.yaml: is covered by no creation rule');
    await box.run('git-crypt', ['lock']);
    await refused('try: git-crypt unlock');
  });
});

/** transcrypt's filter and attributes, as its own script sets them up. */
async function setUpTranscrypt({ box }: Team): Promise<void> {
  if (hasTranscrypt) {
    const done = await box.run('transcrypt', ['--cipher=aes-256-cbc', '--password=not a secret', '--yes']);
    if (done.code !== 0) throw new Error(done.stderr);
    return;
  }
  const crypt = join(box.root, 'bin/crypt');
  await writeFile(
    crypt,
    `#!/bin/sh
# The salt of a file is of its content, as transcrypt's is, so that the same file gives the same blob.
if [ "$1" = clean ]; then
  cat >"$0.$$"; salt=$(openssl dgst -sha256 -hmac "$2" "$0.$$" | tail -c17 | head -c16)
  (printf Salted__; printf %s "$salt" | xxd -r -p; openssl enc -e -aes-256-cbc -md MD5 -pass pass:x -S "$salt" -in "$0.$$" 2>/dev/null) | openssl base64
  rm "$0.$$"
else
  openssl enc -d -aes-256-cbc -md MD5 -pass pass:x -a 2>/dev/null
fi
`,
  );
  await chmod(crypt, 0o755);
  await box.git('config', 'filter.crypt.clean', `${crypt} clean %f`);
  await box.git('config', 'filter.crypt.smudge', `${crypt} smudge`);
  await box.git('config', 'filter.crypt.required', 'true');
  await box.git('config', 'diff.crypt.textconv', 'cat');
  await box.git('config', 'diff.crypt.cachetextconv', 'true');
}

describe.runIf(has('openssl', 'version') && has('xxd', '--version'))(
  `transcrypt${hasTranscrypt ? '' : ' (its filter, without its script)'}`,
  () => {
    it('is taken over, and its cache of plaintext is told of', async () => {
      const team = await createTeam();
      const { box } = team;
      await box.commit(rest);
      await setUpTranscrypt(team);
      await box.commit({
        '.gitattributes':
          'secrets/**  filter=crypt diff=crypt merge=crypt\n/deploy.key filter=crypt diff=crypt merge=crypt\n',
        ...secrets,
      });
      expect((await box.blob('HEAD:secrets/db.yaml')).toString()).toMatch(/^U2FsdGVkX1/);
      await box.commit({ 'secrets/db.yaml': 'password: hunter3\n' });
      await box.commit({ 'secrets/db.yaml': secrets['secrets/db.yaml'] ?? '' });
      await box.git('log', '--patch', '--', 'secrets/db.yaml');
      const done = await team.sops('migrate', '--yes', '--recipient', team.recipient);
      expect(done.code).toBe(0);
      const text = done.stdout.toString();
      expect(text).toContain('takes over from transcrypt');
      expect(text).toContain('- 5 versions of these files are encrypted by transcrypt');
      expect(text).toContain('no version in the clear');
      expect(text).toContain('git update-ref -d refs/notes/textconv/crypt');
      expect(await box.read('.gitattributes')).toMatch(/^# >>> git-sops/);
      await isTakenOver(team);
      const back = await box.run('git', ['revert', '--no-edit', 'HEAD']);
      expect(back.stderr).toBe('');
      expect((await box.blob('HEAD:secrets/db.yaml')).toString()).toMatch(/^U2FsdGVkX1/);
      for (const [path, plain] of Object.entries(secrets)) expect(await box.read(path)).toBe(plain);
    });
  },
);

describe.runIf(hasGitSecret)('git-secret', () => {
  it('is taken over: the plaintext is tracked, encrypted, and its .secret files go', async () => {
    const team = await createTeam();
    const gnupg = join(team.box.root, 'gnupg');
    await mkdir(gnupg, { mode: 0o700 });
    const box = team.box.with({ GNUPGHOME: gnupg });
    const run = async (command: string, ...args: string[]) => {
      const done = await box.run(command, args);
      if (done.code !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stderr}`);
    };
    await run(
      'gpg',
      '--batch',
      '--passphrase',
      '',
      '--quick-gen-key',
      'Ann <ann@example.com>',
      'rsa2048',
      'default',
      'never',
    );
    // It wants an encryption key of its own beside the first.
    await run(
      'sh',
      '-c',
      "gpg --batch --passphrase '' --quick-add-key $(gpg -K --with-colons | grep -m1 ^fpr | cut -d: -f10) rsa2048 encr never",
    );
    await box.commit({ ...rest, '.gitignore': 'node_modules\n' });
    await run('git', 'secret', 'init');
    await run('git', 'secret', 'tell', 'ann@example.com');
    for (const [path, text] of Object.entries(secrets)) await box.write(path, text);
    await run('git', 'secret', 'add', ...Object.keys(secrets));
    await run('git', 'secret', 'hide');
    await box.commit();
    expect(await box.git('ls-files', 'secrets')).toBe(
      'secrets/db.yaml.secret\nsecrets/deep/app.env.secret\nsecrets/tls.key.secret',
    );

    await box.write('secrets/db.yaml', 'password: edited since\n');
    const stale = await team.sops('migrate', '--yes');
    expect(stale.stderr).toContain('secrets/db.yaml: is not the plaintext that git-secret has hidden');
    await box.write('secrets/db.yaml', secrets['secrets/db.yaml'] ?? '');
    const done = await team.sops('migrate', '--yes');
    expect(done.stderr).not.toContain('try:');
    expect(done.code).toBe(0);
    expect(await box.read('.gitignore')).toBe('node_modules\n');
    expect(await box.git('ls-files', 'secrets')).toBe('secrets/db.yaml\nsecrets/deep/app.env\nsecrets/tls.key');
    expect(await box.git('ls-files', '.gitsecret')).toBe('');
    await expect(stat(join(box.repo, 'secrets/db.yaml.secret'))).rejects.toThrow();
    await rm(join(box.repo, '.gitsecret'), { recursive: true, force: true });
    await isTakenOver({ ...team, box });
  });

  it('goes back before the commit, with the plaintext still there', async () => {
    const team = await createTeam();
    const { box } = team;
    const text = 'password: hunter2\n';
    const digest = createHash('sha256').update(text).digest('hex');
    await box.commit({
      '.gitattributes': '*.md text\n',
      '.gitignore': 'a.yaml\n!*.secret\n',
      '.gitsecret/paths/mapping.cfg': `a.yaml:${digest}\n`,
      'a.yaml.secret': Buffer.from([0x85, 1, 2, 3]),
    });
    await box.write('a.yaml', text);
    const before = await state(team);
    const { stdout } = await team.sops('migrate', '--yes');
    const done = await box.run('sh', ['-ec', /back, before +(.*)/.exec(stdout.toString())?.[1] ?? 'false']);
    expect(done.stderr).toBe('');
    expect(await state(team)).toBe(before);
    expect(await box.read('a.yaml')).toBe(text);
  });
});

describe.runIf(hasSops)('a hand-made filter of sops', () => {
  it.each(['sops', 'secrets'])('named %s: ciphertexts of values that stay stay', async (filter) => {
    const team = await createTeam();
    const { box, recipient, keyFile } = team;
    const type = '--input-type yaml --output-type yaml';
    await box.git('config', `filter.${filter}.clean`, `sops -e ${type} --age ${recipient} /dev/stdin`);
    await box.git('config', `filter.${filter}.smudge`, `SOPS_AGE_KEY_FILE=${keyFile} sops -d ${type} /dev/stdin`);
    await box.git('config', `filter.${filter}.required`, 'true');
    const plain = { 'secrets/a.yaml': 'password: hunter2\n', 'secrets/b.yaml': '# c\na:\n    b: hunter2\n' };
    await box.commit({ '.gitattributes': `secrets/*.yaml filter=${filter}\n`, ...plain, ...rest });
    const old = (await box.blob('HEAD:secrets/a.yaml')).toString();
    // Such a filter makes a new ciphertext each time: a file that was touched looks changed for good.
    await box.write('secrets/a.yaml', plain['secrets/a.yaml']);
    const before = await box.read('.gitattributes');

    const done = await team.sops('migrate', '--yes');
    expect(done.stderr).not.toContain('try:');
    // It was ciphertext before.
    expect(done.stderr).not.toContain('plaintext in Git');
    expect(done.code).toBe(0);
    expect((await box.blob(':secrets/a.yaml')).toString()).toBe(old);
    expect(await box.read('.sops.yaml')).toContain(`- ${recipient}\n`);
    expect(done.stdout.toString()).toContain('are encrypted for the recipients that they had then');
    const after = /back, after +git revert COMMIT( && .*)?/.exec(done.stdout.toString())?.[1] ?? '';
    await isTakenOver(team, plain);
    await box.git('revert', '--no-edit', 'HEAD');
    expect((await box.run('sh', ['-ec', `true${after}`])).code).toBe(0);
    expect(await box.read('.gitattributes')).toBe(before);
    expect(await box.git('config', `filter.${filter}.clean`)).toContain('sops -e');
    for (const [path, text] of Object.entries(plain)) expect(await box.read(path)).toBe(text);
    await box.write('secrets/c.yaml', 'password: hunter2\n');
    await box.git('add', 'secrets/c.yaml');
    expect((await box.blob(':secrets/c.yaml')).toString()).toContain('ENC[AES256_GCM');
  });

  /** A `git` in front of the real one that does something else where its arguments hold a word. */
  async function withGit({ box }: Team, word: string, script: string): Promise<string> {
    const real = (await box.run('which', ['git'])).stdout.toString().trim();
    const file = join(box.root, 'bin/git');
    const text = `#!/bin/sh\ncase "$*" in *'${word}'*)\n: >"$0.met"\n${script}\n;; esac\nexec '${real}' "$@"\n`;
    await writeFile(file, text.replaceAll('REAL', `'${real}'`), { mode: 0o755 });
    return file;
  }

  /** All that init and migrate may write. */
  async function everything({ box }: Team): Promise<Record<string, string>> {
    const found: Record<string, string> = {};
    for (const folder of ['.git/hooks', '.', '.husky']) {
      if (!existsSync(box.path(folder))) continue;
      for (const entry of await readdir(join(box.repo, folder), { withFileTypes: true })) {
        const name = join(folder, entry.name);
        if (entry.isSymbolicLink()) found[name] = `-> ${await readlink(box.path(name))}`;
        else if (entry.isFile())
          found[name] = `${(await stat(box.path(name))).mode.toString(8)} ${await box.read(name)}`;
        else found[name] = 'a folder';
      }
    }
    const config = await box.read('.git/config');
    return {
      ...found,
      config,
      index: await box.git('ls-files', '--stage'),
      status: await box.git('status', '--short'),
    };
  }

  async function withFilter(): Promise<Team> {
    const team = await createTeam();
    const { box, recipient, keyFile } = team;
    const type = '--input-type yaml --output-type yaml';
    await box.git('config', 'filter.secrets.clean', `sops -e ${type} --age ${recipient} /dev/stdin`);
    await box.git('config', 'filter.secrets.smudge', `SOPS_AGE_KEY_FILE=${keyFile} sops -d ${type} /dev/stdin`);
    await box.commit({ '.gitattributes': 'secrets/*.yaml filter=secrets\n', 'secrets/a.yaml': 'password: hunter2\n' });
    return team;
  }

  it.each([
    ['SIGTERM during the set-up', 'filter.sops.required true', 'kill -TERM $PPID'],
    ['SIGINT, of which Git ends too, during the set-up', 'filter.sops.required true', 'kill -INT $PPID; kill -INT $$'],
    ['SIGHUP during the set-up', 'filter.sops.required true', 'kill -HUP $PPID'],
    // The index is written then, and nobody is told so.
    ['SIGINT just when the index is written', '--index-info', 'REAL "$@"; rm "$0"; kill -INT $PPID; kill -KILL $$'],
    ['a failure just when the index is written', '--index-info', 'REAL "$@"; rm "$0"; exit 1'],
  ])('%s: all is as it was', async (what, word, script) => {
    const team = await withFilter();
    const { box } = team;
    // A hook of an earlier version, and two that are somebody else's.
    const ours = '#!/bin/sh\n# Installed by git-sops; "git sops deinit" takes it away.\nexit 0\n';
    await writeFile(box.path('.git/hooks/pre-commit'), ours, { mode: 0o700 });
    await writeFile(box.path('.git/hooks/pre-applypatch'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
    await symlink('pre-applypatch', box.path('.git/hooks/pre-merge-commit'));
    const before = await everything(team);
    const git = await withGit(team, word, script);
    const done = await box.run('git-sops', ['migrate', '--yes']);
    await rm(git, { force: true });
    expect(await readdir(join(box.root, 'bin'))).toContain('git.met');
    expect(done.code).not.toBe(0);
    expect(done.stderr.includes('interrupted: all is as it was')).toBe(what.startsWith('SIG'));
    expect(await everything(team)).toEqual(before);
    // And so it can be done after all.
    expect(await team.sops('migrate', '--yes')).toMatchObject({ code: 0 });
    expect(await box.read('.git/hooks/pre-commit')).not.toBe(ours);
  });

  it('a signal that comes too late changes nothing', async () => {
    const team = await withFilter();
    const git = await withGit(team, '--index-info', 'REAL "$@"; rm "$0"; kill -TERM $PPID; exit 0');
    const done = await team.box.run('git-sops', ['migrate', '--yes']);
    await rm(git, { force: true });
    expect([done.code, done.stdout.toString()]).toEqual([0, expect.stringContaining('Staged: 1 file')]);
    await isTakenOver(team, { 'secrets/a.yaml': 'password: hunter2\n' });
  });

  it.skipIf(configHooks)("a hook manager's list is as it was (needs hook files: Git before 2.54)", async () => {
    const team = await withFilter();
    const { box } = team;
    await writeFile(box.path('.git/hooks/pre-commit'), '#!/bin/sh\n: lefthook\n', { mode: 0o755 });
    await box.commit({ 'lefthook.yml': '# ours\npre-commit:\n  commands:\n    lint:\n      run: "true"\n' });
    const before = await everything(team);
    const git = await withGit(team, '--index-info', 'grep -q git-sops lefthook.yml && : >"$0.hook"; exit 1');
    expect((await box.run('git-sops', ['migrate', '--yes'])).code).not.toBe(0);
    await rm(git);
    expect(await readdir(join(box.root, 'bin'))).toContain('git.hook');
    expect(await everything(team)).toEqual(before);
  });

  it.skipIf(configHooks).each(['.git/hooks', '.husky'])(
    'a folder of hooks that was not there goes again: %s (needs Git before 2.54)',
    async (folder) => {
      const team = await withFilter();
      await rm(team.box.path('.git/hooks'), { recursive: true });
      await team.box.git('config', 'core.hooksPath', folder);
      const before = await everything(team);
      const git = await withGit(team, '--index-info', `[ -e ${folder}/pre-commit ] && : >"$0.hook"; exit 1`);
      expect((await team.box.run('git-sops', ['migrate', '--yes'])).code).not.toBe(0);
      await rm(git);
      expect(await readdir(join(team.box.root, 'bin'))).toContain('git.hook');
      expect(await everything(team)).toEqual(before);
    },
  );
});
