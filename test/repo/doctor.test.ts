import { chmod, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import type { RunOptions } from '../sandbox.ts';
import { brokenTag, putIntoIndex } from './tampered.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';

async function withSecret(): Promise<Team> {
  const team = await createTeam(secretRule);
  await team.box.commit({ 'secrets/db.yaml': secret });
  return team;
}

interface Said {
  readonly code: number;
  /** Each finding's first line. */
  readonly ok: string[];
  readonly note: string[];
  readonly bad: string[];
  /** What to type, by finding. */
  readonly mend: Record<string, string>;
}

async function doctor({ box }: Team, options: RunOptions = {}): Promise<Said> {
  const done = await box.run('git-sops', ['doctor'], options);
  expect(done.stderr).toBe('');
  const said: Said = { code: done.code, ok: [], note: [], bad: [], mend: {} };
  let last = '';
  for (const line of done.stdout.toString().split('\n').slice(0, -1)) {
    const [, level, text] = /^(ok {2}|note|BAD ) {2}(.*)$/.exec(line) ?? [];
    if (level !== undefined) {
      last = text ?? '';
      said[level.trim().toLowerCase() as 'ok' | 'note' | 'bad'].push(last);
    } else said.mend[last] = line.replace(/^ {6}try: /, '');
  }
  expect(said.code).toBe(said.bad.length > 0 ? 1 : 0);
  // Whatever is wrong has a way out.
  for (const text of [...said.bad, ...said.note])
    expect(text in said.mend || /mends that$/.test(text), text).toBe(true);
  expect(done.stdout.toString()).not.toContain('hunter2');
  return said;
}

/** The one bad finding, and what mends it. */
async function only(team: Team, options?: RunOptions): Promise<[string, string | undefined]> {
  const { bad, mend } = await doctor(team, options);
  expect(bad).toHaveLength(1);
  return [bad[0] ?? '', mend[bad[0] ?? '']];
}

describe('doctor', () => {
  it('has nothing to say against a clone that is set up', async () => {
    const team = await withSecret();
    const said = await doctor(team);
    expect([said.bad, said.note]).toEqual([[], []]);
    expect(said.ok).toContain('1 tracked file covered, 1 encrypted in the index');
    expect(said.ok).toContain(`you are ${team.recipient}`);
    // From below, and in a folder of a linked working tree.
    expect((await doctor(team, { cwd: join(team.box.repo, 'secrets') })).bad).toEqual([]);
  });

  it('outside a repository: looks at what there is, and says so', async () => {
    const team = await createTeam();
    const nowhere = join(team.box.root, 'home');
    const said = await doctor(team, { cwd: nowhere });
    expect(said.bad).toEqual(['repository: this is no Git working tree']);
    expect(said.ok.join()).toContain('Git ');
    expect(said.ok).toContain(`you are ${team.recipient}`);
    const status = await team.box.run('git-sops', ['status'], { cwd: nowhere });
    expect(status.code).toBe(1);
    expect(status.stderr).toContain('this is no Git working tree');
  });

  it('without rules: one finding, with the whole command that starts', async () => {
    const team = await createTeam();
    const [text, mend] = await only(team);
    expect(text).toContain('there is no .sops.yaml here');
    expect(mend).toBe(`git sops init --recipient ${team.recipient} --path 'secrets/**'`);
  });

  it('with broken rules names the line', async () => {
    const team = await withSecret();
    await team.box.write('.sops.yaml', 'creation_rules:\n  - path_regex: "["\n');
    const { bad } = await doctor(team);
    expect(bad.join()).toMatch(/\.sops\.yaml:2/);

    // A wrong letter, which a new file would stumble over; a selector too many below; an empty file, which covers nothing.
    const wrong = `${team.recipient.slice(0, -1)}${team.recipient.endsWith('q') ? 'p' : 'q'}`;
    const rule = (recipient: string) => `creation_rules:\n  - path_regex: secrets/\n    age: >-\n      ${recipient}\n`;
    await team.box.write('.sops.yaml', rule(wrong));
    await team.box.write('sub/.sops.yaml', `${rule(team.recipient)}    encrypted_regex: a\n    encrypted_suffix: b\n`);
    await team.box.write('empty/.sops.yaml', '');
    await team.box.write('secrets/new.yaml', 'password: hunter2\n');
    expect((await team.box.run('git', ['add', 'secrets/new.yaml'])).code).not.toBe(0);
    const many = await doctor(team);
    const place = (text: string) => text.replace(/: .*/, '');
    expect(many.bad.map(place).sort()).toEqual(['.sops.yaml:4', 'empty/.sops.yaml:1', 'sub/.sops.yaml:2']);
    expect(many.bad.join('\n')).toContain('names an age recipient that is not one');
    expect(many.bad.join('\n')).not.toContain(wrong);
  });

  it('no key, a key for nothing, a key file that others can read, one that is no key', async () => {
    const team = await withSecret();
    const other = generateKeyFile();
    await writeFile(team.keyFile, other.text);
    const wrong = await doctor(team);
    expect(wrong.note).toEqual(['secrets/db.yaml is not encrypted for you']);
    expect(wrong.mend[wrong.note[0] ?? '']).toContain(`git sops recipients add ${other.recipient}`);

    await chmod(team.keyFile, 0o644);
    const open = await doctor(team);
    expect(open.note.join('\n')).toContain(`chmod 600 ${team.keyFile}`);

    await writeFile(team.keyFile, 'not a key\n');
    await chmod(team.keyFile, 0o600);
    const broken = await doctor(team);
    expect(broken.note.join('\n')).toMatch(/line 1 of .* is not an age identity/);
    expect(broken.note.join('\n')).not.toContain('not a key');

    await rm(team.keyFile);
    const none = await doctor(team);
    expect(none.note).toEqual(['no age identity was found: files for age stay closed, new ones can be added']);
    expect(none.mend[none.note[0] ?? '']).toBe('git sops keygen, then git sops join');

    const gone = await doctor(team, { env: { SOPS_AGE_KEY_FILE: '/nowhere' } });
    expect(gone.note.join('\n')).toContain('SOPS_AGE_KEY_FILE (/nowhere) cannot be read');
  });

  it('the filter: missing, not required, its program gone, of another place; init mends each', async () => {
    const team = await withSecret();
    const { box } = team;
    const process = await box.git('config', 'filter.sops.process');
    const mended = async (expected: string) => {
      const [text, mend] = await only(team);
      expect(text).toContain(expected);
      expect(mend).toBe('git sops init --yes');
      expect((await team.sops('init', '--yes')).code).toBe(0);
      expect((await doctor(team)).bad).toEqual([]);
    };
    await box.git('config', '--remove-section', 'filter.sops');
    await mended('the filter is not registered');
    await box.git('config', 'filter.sops.required', 'false');
    await mended('filter.sops.required is not true');
    await box.git('config', 'filter.sops.process', "'/gone/with blank/git-sops' filter-process");
    await mended('a program that is gone (/gone/with blank/git-sops)');
    await box.git('config', 'filter.sops.process', process.replace('exec ', 'exec /usr/bin/env '));
    expect((await doctor(team)).note.join()).toContain('the filter runs another git-sops: /usr/bin/env');
  });

  it('the hook: missing, not executable, its program gone; init mends each', async () => {
    const team = await withSecret();
    const { box } = team;
    // Files, also where Git has hooks in the configuration.
    const configured = (await box.tryGit(['config', 'hook.git-sops.command'])).code === 0;
    const hook = join(box.repo, '.git/hooks/pre-commit');
    const mended = async (expected: string) => {
      const [text, mend] = await only(team);
      expect(text).toContain(expected);
      expect(mend).toBe('git sops init --yes');
      expect((await team.sops('init', '--yes')).code).toBe(0);
      expect((await doctor(team)).bad).toEqual([]);
    };
    if (configured) await box.git('config', '--remove-section', 'hook.git-sops');
    else await rm(hook);
    await mended('the pre-commit hook is missing');
    if (configured) await box.git('config', 'hook.git-sops.command', '/gone/git-sops hook pre-commit');
    else
      await writeFile(
        hook,
        (await box.read('.git/hooks/pre-commit')).replace(/^(for part in ).*;/m, '$1/gone/git-sops;'),
      );
    await mended('it refuses every commit: /gone/git-sops is gone');
    if (configured) return;
    await chmod(hook, 0o644);
    await mended('Git ignores it: it is not executable');
  });

  it('a hook manager that does not list the hook, and one that cannot find git-sops', async () => {
    const team = await withSecret();
    await team.box.write('lefthook.yml', 'pre-push: {}\n');
    const said = await doctor(team);
    expect(said.mend['lefthook manages hooks here (lefthook.yml) and does not list this one']).toBe(
      'git sops init --hook lefthook',
    );
    await team.sops('deinit', '--yes');
    for (const name of ['pre-commit', '_/pre-commit']) await team.box.write(`.husky/${name}`, 'x\n', 0o755);
    await team.box.git('config', 'core.hooksPath', '.husky/_');
    await team.sops('init', '--yes', '--hook', 'husky');
    const path = (team.box.env['PATH'] ?? '')
      .split(':')
      .filter((folder) => !folder.startsWith(team.box.root))
      .join(':');
    const done = await team.box.run(join(team.box.root, 'bin/git-sops'), ['doctor'], { env: { PATH: path } });
    expect(done.stdout.toString()).toContain('"git sops" is not found in PATH: every commit is refused');
    expect(done.stdout.toString()).toContain('try: npm install --global git-sops');
    expect(done.code).toBe(1);
  });

  it('files: without the attribute, in the index as plaintext', async () => {
    const team = await withSecret();
    const { box } = team;
    const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: secret })).toString().trim();
    await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},secrets/leak.yaml`);
    const [leak, how] = await only(team);
    expect(leak).toBe('secrets/leak.yaml is in the index as plaintext');
    expect(how).toContain('git add --renormalize .');
    await box.write('secrets/leak.yaml', secret);
    await box.git('add', '--renormalize', '.');
    expect((await doctor(team)).bad).toEqual([]);

    await box.write('.gitattributes', '');
    const [bare, mend] = await only(team);
    expect(bare).toBe('2 covered files are without the filter attribute, such as secrets/db.yaml');
    expect(mend).toBe('git sops init --yes && git add --renormalize .');
    await team.sops('init', '--yes');
    expect((await doctor(team)).bad).toEqual([]);
  });

  it('P5: a file that was tampered with, or does not parse', async () => {
    const team = await withSecret();
    const { box } = team;
    await putIntoIndex(box, 'secrets/db.yaml', brokenTag(await box.blob(':secrets/db.yaml')));
    const [text, mend] = await only(team);
    expect(text).toBe(
      'secrets/db.yaml is broken in the index: changed outside of sops, or damaged, and no reader decrypts that',
    );
    expect(mend).toContain('git sops check says where');
    await putIntoIndex(box, 'secrets/db.yaml', Buffer.from('password: ENC[AES256_GCM,data:x]\nsops: {mac: []}\n'));
    expect((await only(team))[0]).toBe(text);
    // Without a key nobody can tell of the first, and of the second anybody.
    await rm(team.keyFile);
    expect((await doctor(team)).bad).toEqual([text]);
    await box.git('checkout', '-q', '--force', 'HEAD');
    await putIntoIndex(box, 'secrets/db.yaml', brokenTag(await box.blob('HEAD:secrets/db.yaml')));
    expect((await doctor(team)).bad).toEqual([]);
  });

  it('an outdated Git', async () => {
    const team = await withSecret();
    const real = (await team.box.run('sh', ['-c', 'command -v git'])).stdout.toString().trim();
    const old = `#!/bin/sh\nfor word; do [ "$word" = version ] && { echo git version 2.20.1; exit; }; done\nexec ${real} "$@"\n`;
    await writeFile(join(team.box.root, 'bin/git'), old, { mode: 0o755 });
    const said = await doctor(team);
    const [text = ''] = said.bad;
    expect(text).toContain('Git 2.20.1 is too old; git-sops needs Git 2.31.0 or newer');
    expect(said.mend[text]).toContain('install a newer Git');
    const init = await team.box.run('git-sops', ['init', '--yes']);
    expect(init.code).not.toBe(0);
    expect(init.stderr).toContain('too old');
  });
});

describe('status', () => {
  it('says how the clone is set up, and where it is not', async () => {
    const team = await withSecret();
    const line = async () => (await team.sops('status')).stdout.toString().trimEnd().split('\n').at(-1);
    expect(await line()).toBe('This clone has filter: plaintext, hook: native, diff: text');
    await team.sops('init', '--yes', '--mode', 'ciphertext', '--diff', 'semantic');
    expect(await line()).toBe('This clone has filter: ciphertext, hook: native, diff: semantic');
    await team.sops('deinit', '--yes');
    expect(await line()).toContain('filter: none, hook: none, diff: text (git sops doctor says how to mend that)');
    const { clone } = JSON.parse((await team.sops('status', '--json')).stdout.toString());
    expect(clone).toEqual({ filter: null, hook: [], diff: 'text' });
  });

  it('does not call a file changed that nobody here can compare', async () => {
    const team = await withSecret();
    const here = async () => JSON.parse((await team.sops('status', '--json')).stdout.toString()).files[0].here;
    expect(await here()).toBe('plaintext');
    await rm(team.keyFile);
    expect(await here()).toBe('unknown');
    await team.box.write('secrets/db.yaml', await team.box.blob(':secrets/db.yaml'));
    expect(await here()).toBe('locked');
    await rm(join(team.box.repo, 'secrets/db.yaml'));
    expect(await here()).toBe('absent');
  });

  it('P5: calls a file broken that was tampered with, here, in index and HEAD, and says so below the table', async () => {
    const team = await withSecret();
    const { box } = team;
    await box.git('commit', '-q', '--allow-empty', '-m', 'good');
    const row = async () => JSON.parse((await team.sops('status', '--json')).stdout.toString()).files[0];
    const broken = brokenTag(await box.blob(':secrets/db.yaml'));
    await putIntoIndex(box, 'secrets/db.yaml', broken);
    // Only the index: the working file is plaintext still, of which nobody can tell whether it is the same.
    expect(await row()).toMatchObject({ here: 'unknown', index: 'broken', head: 'encrypted' });
    await box.write('secrets/db.yaml', broken);
    expect(await row()).toMatchObject({ here: 'broken', index: 'broken', head: 'encrypted' });
    await box.gitBytes(['commit', '-q', '--no-verify', '-m', 'tampered']);
    expect(await row()).toMatchObject({ here: 'broken', index: 'broken', head: 'broken' });
    const shown = (await team.sops('status')).stdout.toString();
    expect(shown).toMatch(/^BROKEN: secrets\/db\.yaml$/m);
    expect(shown).toContain('git sops check');
    // The good one is back in the index: HEAD alone is not.
    await box.git('reset', '-q', '--hard', 'HEAD~');
    await box.git('reset', '-q', '--soft', 'HEAD@{1}');
    expect(await row()).toMatchObject({ here: 'plaintext', index: 'encrypted', head: 'broken' });
    // Who has no key cannot tell.
    await box.git('reset', '-q', '--hard', 'HEAD');
    await rm(team.keyFile);
    expect(await row()).toMatchObject({ here: 'locked', index: 'encrypted', head: 'encrypted' });
  });

  it('says below the table what is plaintext in HEAD, five files by name, and what that means', async () => {
    const team = await withSecret();
    const { box } = team;
    const shown = async () => (await team.sops('status')).stdout.toString();
    expect(await shown()).not.toContain('PLAINTEXT IN HEAD');
    for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) {
      const oid = await box.gitBytes(['hash-object', '-w', '--stdin'], { input: `password: hunter2${name}\n` });
      await box.git('update-index', '--add', '--cacheinfo', `100644,${oid.toString().trim()},secrets/${name}.yaml`);
    }
    // What is only staged is a cell of the table; the hook is what refuses it.
    expect(await shown()).not.toContain('PLAINTEXT IN HEAD');
    await box.git('commit', '-q', '--no-verify', '-m', 'a leak');
    const leaked = await shown();
    expect(leaked).toMatch(
      /^PLAINTEXT IN HEAD: secrets\/a\.yaml, secrets\/b\.yaml, secrets\/c\.yaml, secrets\/d\.yaml, secrets\/e\.yaml and 2 more$/m,
    );
    expect(leaked).toContain('change these secrets at their source: history keeps them');
    expect(leaked).not.toContain('hunter2');
    // What it says to type mends the next commit.
    await box.git('checkout', '-q', '--', 'secrets');
    await box.git('add', '--renormalize', '.');
    await box.git('commit', '-q', '-m', 'encrypted from now on');
    expect(await shown()).not.toContain('PLAINTEXT IN HEAD');
  });

  it('shows files in conflict first, each once', async () => {
    const team = await withSecret();
    const { box } = team;
    await box.commit({ 'secrets/a.yaml': secret, 'secrets/z.yaml': secret });
    await box.git('checkout', '-q', '-b', 'side');
    const changed = (word: string) => ({ 'secrets/z.yaml': secret.replace('hunter2', word) });
    await box.commit(changed('hunter3'));
    await box.git('checkout', '-q', 'main');
    await box.commit(changed('hunter4'));
    expect((await box.tryGit(['merge', '-q', 'side'])).code).not.toBe(0);
    const { files } = JSON.parse((await team.sops('status', '--json')).stdout.toString());
    expect(files.map(({ path, index }: { path: string; index: string }) => [path, index])).toEqual([
      ['secrets/z.yaml', 'conflict'],
      ['secrets/a.yaml', 'encrypted'],
      ['secrets/db.yaml', 'encrypted'],
    ]);
    const [, first = ''] = (await team.sops('status')).stdout.toString().split('\n');
    expect(first).toMatch(/^secrets\/z\.yaml +changed +conflict +encrypted /);
  });

  it('shows a leak, drift and a missing attribute', async () => {
    const team = await withSecret();
    await team.box.write('.gitattributes', '');
    await team.box.write('secrets/leak.yaml', secret);
    await team.box.git('add', 'secrets/leak.yaml');
    const { recipient } = generateKeyFile();
    await team.box.write('.sops.yaml', secretRule(`${team.recipient},${recipient}`));
    const { files } = JSON.parse((await team.sops('status', '--json')).stdout.toString());
    expect(files).toMatchObject([
      { path: 'secrets/db.yaml', index: 'encrypted', head: 'encrypted', drift: ['no attribute', 'recipients'] },
      { path: 'secrets/leak.yaml', index: 'plaintext', head: 'absent', drift: ['no attribute'] },
    ]);
  });
});
