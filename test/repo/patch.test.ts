import { spawn } from 'node:child_process';
import { chmod, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasSops, sops } from '../sops.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const secret = 'user: admin\npassword: hunter2\na: 1\nb: 2\nc: 3\nd: 4\ne: 5\nf: 6\ntoken: abc\n';
/** Two hunks, once split. */
const edited = secret.replace('hunter2', 'hunter3').replace('abc', 'xyz');
const firstOnly = secret.replace('hunter2', 'hunter3');

async function withEdit(): Promise<Team> {
  const team = await createTeam(secretRule);
  await team.box.commit({ 'secrets/db.yaml': secret, 'plain.txt': 'text\n' });
  await team.box.write('secrets/db.yaml', edited);
  return team;
}

function answer({ box }: Team, command: string[], input: string, env: Record<string, string> = {}) {
  return box.run('git', ['sops', ...command], { input, env });
}

/** What a blob of the index says in plaintext. */
async function plaintext({ box }: Team, object: string): Promise<string> {
  return (await box.gitBytes(['cat-file', '--filters', object])).toString();
}

/** A program that Git runs for each diff, inside the private repository. */
async function probe({ box }: Team, script: string): Promise<string> {
  const file = join(box.root, 'probe');
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

/** Git colours, and asks `interactive.diffFilter`, without a terminal too. */
const coloured = { GIT_PAGER_IN_USE: 'true', TERM: 'vt100' };

const tokensOf = (blob: Buffer) => new Set(blob.toString().match(/ENC\[[^\]]*\]/g));

describe('git sops add -p', () => {
  it('stages one hunk of two, keeps the other ciphertexts and the working file, and leaves no plaintext in Git', async () => {
    const team = await withEdit();
    const { box } = team;
    const done = await answer(team, ['add', '-p'], 's\ny\nn\n');
    expect(done.stderr).toBe('');
    expect(done.code).toBe(0);
    expect(done.stdout.toString()).toContain('+password: hunter3');
    expect(await plaintext(team, ':secrets/db.yaml')).toBe(firstOnly);
    expect(await box.read('secrets/db.yaml')).toBe(edited);
    const [before, after] = [
      tokensOf(await box.blob('HEAD:secrets/db.yaml')),
      tokensOf(await box.blob(':secrets/db.yaml')),
    ];
    // The password and the MAC.
    expect([...after].filter((token) => !before.has(token))).toHaveLength(2);
    const objects = (await box.gitBytes(['cat-file', '--batch-all-objects', '--batch'])).toString('latin1');
    expect(objects).not.toContain('hunter');
    await box.git('commit', '-qm', 'first');
    expect((await answer(team, ['add', '-p'], 'y\n')).code).toBe(0);
    await box.git('commit', '-qm', 'second');
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  it.skipIf(!hasSops)('P4: real sops decrypts the staged blob (needs sops)', async () => {
    const team = await withEdit();
    await answer(team, ['add', '-p'], 's\nn\ny\n');
    const stored = join(team.box.root, 'stored.yaml');
    await writeFile(stored, await team.box.blob(':secrets/db.yaml'));
    const done = sops(['decrypt', stored], { env: { SOPS_AGE_KEY_FILE: team.keyFile } });
    expect(done.stdout.toString()).toBe(secret.replace('abc', 'xyz'));
  });

  it('a hunk can be edited; a, d, q and ? mean what they mean in Git', async () => {
    const team = await withEdit();
    const { box } = team;
    const editor = await probe(team, 'sed -i s/hunter3/hunter4/ "$1"');
    await answer(team, ['add', '-p'], 's\ne\nq\n', { GIT_EDITOR: editor });
    expect(await plaintext(team, ':secrets/db.yaml')).toBe(secret.replace('hunter2', 'hunter4'));
    expect(await box.read('secrets/db.yaml')).toBe(edited);
    await box.git('reset', '-q');
    const help = await answer(team, ['add', '-p'], '?\nd\n');
    expect(help.stdout.toString() + help.stderr).toContain('stage this hunk');
    expect(await box.git('diff', '--cached', '--name-only')).toBe('');
    await answer(team, ['add', '-p'], 'a\n');
    expect(await box.git('status', '--porcelain')).toBe('M  secrets/db.yaml');
  });

  it("obeys the repository's colours and interactive settings, and no attribute, hook or conversion of anybody's", async () => {
    const team = await withEdit();
    const { box } = team;
    const attributes = join(box.root, 'attributes');
    await writeFile(attributes, '*.yaml filter=sops diff=sops text eol=crlf\n');
    const hooks = join(box.root, 'hooks');
    await box.write('../hooks/post-index-change', `#!/bin/sh\npwd >>${box.root}/ran\n`, 0o755);
    for (const [name, value] of [
      ['core.attributesFile', attributes],
      ['core.hooksPath', hooks],
      ['core.autocrlf', 'true'],
    ] as const)
      await box.git('config', '--global', name, value);
    // The clone's own settings must not be mistaken for the private one's.
    await box.git('config', 'core.autocrlf', 'false');
    await box.git('config', 'color.diff.old', 'cyan');
    await box.git('config', 'interactive.singleKey', 'true');
    const seen = join(box.root, 'seen');
    const filter = await probe(team, `git config interactive.singleKey >${seen}; cat`);
    await box.git('config', 'interactive.diffFilter', filter);
    const done = await box.run('git', ['-c', 'core.eol=crlf', '-c', 'color.diff.new=magenta', 'sops', 'add', '-p'], {
      input: 'y\n',
      env: coloured,
    });
    // Without a terminal Git reads lines all the same.
    expect(done.stderr).toMatch(/^(warning: reading single keystrokes.*\n)?$/);
    expect(done.stdout.toString()).toContain('\u001b[35m+');
    expect(done.stdout.toString()).toContain('\u001b[36m-');
    expect(await readFile(seen, 'utf8')).toBe('true\n');
    expect(await plaintext(team, ':secrets/db.yaml')).toBe(edited);
    // The hook ran where the result was staged, and nowhere else.
    expect(new Set((await readFile(join(box.root, 'ran'), 'utf8')).trim().split('\n'))).toEqual(new Set([box.repo]));
  });

  it('P8: plaintext is in a folder that only the user reads, and it is gone afterwards', async () => {
    const team = await withEdit();
    const seen = join(team.box.root, 'seen');
    const filter = await probe(team, `git rev-parse --show-toplevel >${seen}; stat -c %a . >>${seen}; cat`);
    await team.box.git('config', 'interactive.diffFilter', filter);
    const runtime = join(team.box.root, 'runtime');
    await team.box.write('../runtime/keep', '');
    await chmod(runtime, 0o700);
    await answer(team, ['add', '-p'], 'y\n', { XDG_RUNTIME_DIR: runtime, ...coloured });
    const [folder = '', mode] = (await readFile(seen, 'utf8')).split('\n');
    expect(folder.startsWith(`${runtime}/git-sops-`)).toBe(true);
    expect(mode).toBe('700');
    await expect(stat(folder)).rejects.toThrow('ENOENT');
    // A runtime folder that others read is not used.
    await chmod(runtime, 0o755);
    await team.box.git('reset', '-q');
    await answer(team, ['add', '-p'], 'y\n', { XDG_RUNTIME_DIR: runtime, ...coloured });
    expect((await readFile(seen, 'utf8')).startsWith(runtime)).toBe(false);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    '%s ends it, removes the plaintext and stages nothing',
    async (signal) => {
      const team = await withEdit();
      const { box } = team;
      const runtime = join(box.root, 'runtime');
      await box.write('../runtime/keep', '');
      await chmod(runtime, 0o700);
      const child = spawn('git-sops', ['add', '-p'], { cwd: box.repo, env: { ...box.env, XDG_RUNTIME_DIR: runtime } });
      let out = '';
      child.stdout.on('data', (chunk: Buffer) => {
        // Answers the first hunk and stays at the second question.
        if (out === '') child.stdin.write('s\ny\n');
        out += chunk.toString();
        if (out.includes('(2/2)')) child.kill(signal);
      });
      const ended = await new Promise<NodeJS.Signals | null>((resolve) =>
        child.on('close', (_code, by) => resolve(by)),
      );
      expect(ended).toBe(signal);
      expect(await box.run('ls', [runtime]).then(({ stdout }) => stdout.toString())).toBe('keep\n');
      expect(await box.git('diff', '--cached', '--name-only')).toBe('');
      expect(await box.read('secrets/db.yaml')).toBe(edited);
    },
  );

  it('P7: hunks that give no valid file are refused by name and without a value; other files are staged', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'secrets/a.yaml': 'list:\n    - hunter1\n', 'secrets/b.yaml': 'password: hunter2\n' });
    await box.write('secrets/a.yaml', 'list: {one: hunter1,\n    two: hunter2}\n');
    await box.write('secrets/b.yaml', 'password: hunter3\n');
    const head = await box.git('rev-parse', ':secrets/a.yaml');
    const editor = await probe(team, `sed -i '/two: /d' "$1"`);
    const done = await answer(team, ['add', '-p'], 'e\ny\n', { GIT_EDITOR: editor });
    expect(done.code).toBe(2);
    expect(done.stderr).toContain('secrets/a.yaml');
    expect(done.stderr).not.toContain('hunter');
    expect(await box.git('rev-parse', ':secrets/a.yaml')).toBe(head);
    expect(await plaintext(team, ':secrets/b.yaml')).toBe('password: hunter3\n');
  });

  it('leaves a file alone that was staged by somebody else meanwhile', async () => {
    const team = await withEdit();
    const { box } = team;
    const again = `env -u GIT_DIR -u GIT_WORK_TREE git -C ${box.repo} add secrets/db.yaml`;
    const editor = await probe(team, `${again}`);
    const done = await answer(team, ['add', '-p'], 's\ne\nq\n', { GIT_EDITOR: editor });
    expect(done.code).not.toBe(0);
    expect(done.stderr).toContain('changed while its hunks were chosen');
    expect(await plaintext(team, ':secrets/db.yaml')).toBe(edited);
  });

  it('deletions, modes, files added with -N, paths from a subfolder, and odd names', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({
      'secrets/gone.env': 'A=hunter2\n',
      'secrets/run.env': 'A=hunter2\n',
      "secrets/it's.env": 'A=1\n',
    });
    await rm(join(box.repo, 'secrets/gone.env'));
    await chmod(join(box.repo, 'secrets/run.env'), 0o755);
    await box.write("secrets/it's.env", 'A=2\n');
    await box.write('secrets/new.env', 'A=hunter3\n');
    await box.git('add', '-N', 'secrets/new.env');
    const cwd = join(box.repo, 'secrets');
    const one = await box.run('git', ['sops', 'add', '-p', "it's.env"], { cwd, input: 'y\n' });
    expect(one.stderr).toBe('');
    expect(await box.git('diff', '--cached', '--name-only')).toBe("secrets/it's.env");
    expect((await answer(team, ['add', '-p'], 'y\ny\ny\n')).code).toBe(0);
    expect((await box.git('status', '--porcelain')).split('\n')).toEqual([
      'D  secrets/gone.env',
      "M  secrets/it's.env",
      'A  secrets/new.env',
      'M  secrets/run.env',
    ]);
    expect(await box.git('ls-files', '-s', 'secrets/run.env')).toMatch(/^100755/);
    expect((await box.blob(':secrets/new.env')).toString()).toContain('A=ENC[');
  });

  it('works in a locked tree, and says so where no identity opens a file', async () => {
    const team = await withEdit();
    const { box } = team;
    await box.git('add', '.');
    await box.git('commit', '-qm', 'edited');
    await team.sops('lock');
    await box.gitBytes(['checkout', '-q', 'HEAD~1', '--', 'secrets']);
    await box.git('reset', '-q');
    expect(await box.read('secrets/db.yaml')).toContain('ENC[');
    const done = await answer(team, ['add', '-p'], 's\ny\nn\n');
    expect(done.stderr).toBe('');
    expect(await plaintext(team, ':secrets/db.yaml')).toContain('ENC[');
    await team.sops('unlock');
    expect(await box.git('diff', '--cached')).toContain('+password: hunter2');
    expect(await box.git('diff', '--cached')).not.toContain('+token');
    await rm(team.keyFile);
    await box.write('secrets/db.yaml', 'password: other\n');
    const closed = await answer(team, ['add', '-p'], 'y\n');
    expect(closed.code).toBe(128);
    expect(closed.stderr).toContain('no identity here opens it');
  });

  it('without -p it says what it is for, and a path that nothing covers is an error', async () => {
    const team = await withEdit();
    expect((await answer(team, ['add'], '')).code).toBe(2);
    expect((await answer(team, ['add', '-p', 'plain.txt'], '')).stderr).toContain('no tracked file is covered');
    expect((await answer(team, ['add', '-p', 'secrets'], 'n\n')).code).toBe(0);
  });
});

describe('git sops reset -p and restore -p', () => {
  it('reset -p takes a hunk out of the index; all of them give the committed blob again', async () => {
    const team = await withEdit();
    const { box } = team;
    await box.git('add', '.');
    expect((await answer(team, ['reset', '-p'], 's\ny\nn\n')).code).toBe(0);
    expect(await plaintext(team, ':secrets/db.yaml')).toBe(secret.replace('abc', 'xyz'));
    expect((await answer(team, ['reset', '-p'], 'y\n')).code).toBe(0);
    expect(await box.git('rev-parse', ':secrets/db.yaml')).toBe(await box.git('rev-parse', 'HEAD:secrets/db.yaml'));
    expect(await box.read('secrets/db.yaml')).toBe(edited);
    await box.git('rm', '-q', '--cached', 'secrets/db.yaml');
    await box.write('secrets/new.env', 'A=1\n');
    await box.git('add', 'secrets/new.env');
    expect((await answer(team, ['reset', '-p'], 'y\ny\n')).code).toBe(0);
    expect(await box.git('status', '--porcelain')).toBe(' M secrets/db.yaml\n?? secrets/new.env');
  });

  it('reset -p where a file has become a folder', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'secrets/a': 'hunter2\n' });
    await rm(join(box.repo, 'secrets/a'));
    await box.write('secrets/a/b.env', 'A=hunter2\n');
    await box.git('add', '--all');
    const done = await answer(team, ['reset', '-p'], 'n\nn\n');
    expect(done.stderr).toBe('');
    expect(done.code).toBe(0);
    expect(await box.git('status', '--porcelain')).toBe('D  secrets/a\nA  secrets/a/b.env');
  });

  it('restore -p takes a hunk back in the working file, and the index stays', async () => {
    const team = await withEdit();
    const { box } = team;
    const index = await box.git('ls-files', '-s');
    expect((await answer(team, ['restore', '-p'], 's\ny\nn\n')).code).toBe(0);
    expect(await box.read('secrets/db.yaml')).toBe(secret.replace('abc', 'xyz'));
    expect((await answer(team, ['restore', '-p'], 'y\n')).code).toBe(0);
    expect(await box.git('status', '--porcelain')).toBe('');
    expect(await box.git('ls-files', '-s')).toBe(index);
    await rm(join(box.repo, 'secrets/db.yaml'));
    expect((await answer(team, ['restore', '-p'], 'y\n')).code).toBe(0);
    expect(await box.read('secrets/db.yaml')).toBe(secret);
  });
});

describe('plain git add -p on a covered file', () => {
  it('P1: a commit of some of its ciphertexts is refused, the message names git sops add -p, and that mends it', async () => {
    const team = await withEdit();
    const { box } = team;
    const plain = await box.run('git', ['add', '-p'], { input: 'y\nn\n' });
    expect(plain.code).toBe(0);
    expect(plain.stdout.toString()).not.toContain('hunter');
    const refused = await box.tryGit(['commit', '-m', 'half']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('broken-mac');
    expect(refused.stderr).toContain('git sops add -p secrets/db.yaml');
    expect(await box.git('log', '--format=%s')).toBe('a commit');
    // The mend works from the broken index, with what is committed as the other side.
    expect((await answer(team, ['add', '-p', 'secrets/db.yaml'], 's\ny\nn\n')).code).toBe(0);
    expect(await plaintext(team, ':secrets/db.yaml')).toBe(firstOnly);
    await box.git('commit', '-qm', 'mended');
    expect((await team.sops('check', 'HEAD')).code).toBe(0);
    // And so does plain git add.
    await box.run('git', ['add', '-p'], { input: 'y\nn\n' });
    expect((await box.tryGit(['commit', '-m', 'half'])).code).not.toBe(0);
    await box.git('add', 'secrets/db.yaml');
    await box.git('commit', '-qm', 'whole');
    expect(await box.git('status', '--porcelain')).toBe('');
  });
});

it('of files that nobody here can open no command for hunks says that they have no changes', async () => {
  const team = await withEdit();
  // Of another size: else Git asks the filter whether it differs at all, and tells of that.
  await team.box.write('secrets/db.yaml', `${edited}more: text\n`);
  await rm(team.keyFile);
  for (const command of ['add', 'restore']) {
    const done = await answer(team, [command, '-p'], '');
    expect([command, done.code, done.stdout.toString()]).toEqual([command, 128, '']);
    expect(done.stderr).toContain('secrets/db.yaml: is encrypted, and no identity here opens it');
    expect(done.stderr).not.toContain('No changes');
  }
});
