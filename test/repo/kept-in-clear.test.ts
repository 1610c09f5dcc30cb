import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const secret = 'user: admin\npassword: hunter2-correct-horse\ntoken: hunter3-battery-staple\nport: 5432\n';
const five = ['one', 'two', 'three', 'four', 'five'].map((n, i) => `${'abcde'[i]}: hunter2-${n}\n`).join('');
const kind = 'no-longer-encrypted';

async function errors(team: Team, ...args: string[]): Promise<string[]> {
  const done = await team.sops('check', '--format', 'json', ...args);
  expect(done.stdout.toString() + done.stderr).not.toContain('hunter');
  const { findings } = JSON.parse(done.stdout.toString());
  return findings
    .filter(({ severity }: { severity: string }) => severity === 'error')
    .map((f: { kind: string; path: string }) => `${f.kind} ${f.path}`);
}

describe('P1: a secret that is moved out of its rule and edited', () => {
  it.each([
    ['one value is another', 'app.yaml', secret.replace('hunter3-battery-staple', 'changed')],
    ['a value more', 'app.yaml', `${secret}more: value\n`],
    [
      'in another format',
      'app.json',
      JSON.stringify({ password: 'hunter2-correct-horse', token: 'hunter3-battery-staple', user: 'root' }),
    ],
    [
      'as lines of a text',
      'notes.txt',
      'the password is hunter2-correct-horse\nand the token hunter3-battery-staple\n',
    ],
    ['in a file that does not parse', 'app.yaml', `${secret}]\n`],
  ])('is refused by the hook, a range and history: %s', async (_, path, content) => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'secrets/db.yaml': secret });
    await rename(join(box.repo, 'secrets/db.yaml'), join(box.repo, path));
    await box.write(path, content);
    await box.git('add', '-A');
    const hook = await box.tryGit(['commit', '-m', 'moved']);
    expect(hook.code).toBe(1);
    expect(hook.stderr).toContain(`secrets/db.yaml, which was encrypted and is gone`);
    expect(hook.stderr).not.toContain('hunter');
    expect(await errors(team)).toEqual([`${kind} ${path}`]);
    await box.git('commit', '--no-verify', '-qm', 'moved');
    expect(await errors(team, 'HEAD~1..HEAD')).toEqual([`${kind} ${path}`]);
    expect(await errors(team, '--history')).toEqual([`${kind} ${path}`]);
    await writeFile(team.keyFile, generateKeyFile().text, { mode: 0o600 });
    expect(await errors(team, 'HEAD~1..HEAD')).toEqual([]);
  });

  it('is found among many lines, and in no time that anybody waits for', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    const lines = Array.from({ length: 20_000 }, (_, i) => `line ${i} hunter-${(i * 7919) % 1_000_003}`);
    await box.commit({ 'secrets/large': lines.join('\n') });
    await rename(join(box.repo, 'secrets/large'), join(box.repo, 'large'));
    await box.write('large', lines.toSpliced(5000, 6000).join('\n'));
    for (let i = 0; i < 40; i++) await box.write(`other${i}`, `${i} ${'x'.repeat(900_000)}`);
    await box.git('add', '-A');
    const start = performance.now();
    expect(await errors(team, '--staged')).toEqual([]);
    await box.git('rm', '-q', '--cached', 'other*');
    expect(await errors(team, '--staged')).toEqual([`${kind} large`]);
    expect(performance.now() - start).toBeLessThan(20_000);
  });

  it.each([
    ['what many files hold', 'app.yaml', 'user: admin\nport: 5432\nname: other\n'],
    ['one value of several', 'readme.md', 'user admin, hunter3-battery-staple was the old token\n'],
    ['other values under the same keys', 'app.yaml', secret.replace(/hunter\S+/g, 'CHANGE-ME-PLEASE')],
    ['nothing', 'empty.yaml', ''],
    ['two values of five', 'readme.md', 'hunter2-one, hunter2-two\n', five],
    ['two values of five under their keys', 'app.yaml', 'a: hunter2-one\nb: hunter2-two\n', five],
    ['what is too short to tell', 'app.yaml', 'pin: 1234\nuser: bob\nname: other\n', 'pin: 1234\nuser: bob\n'],
  ])('is not taken for what comes beside it with %s', async (_, path, content, before = secret) => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'secrets/db.yaml': before });
    await box.git('rm', '-q', 'secrets/db.yaml');
    await box.write(path, content);
    await box.git('add', '-A');
    const hook = await box.tryGit(['commit', '-m', 'other']);
    expect([hook.code, hook.stderr]).toEqual([0, '']);
    expect(await errors(team, 'HEAD~1..HEAD')).toEqual([]);
  });
});

describe('P1: a copy in the clear beside an encrypted file', () => {
  const byEnding = (recipient: string) => `creation_rules:\n  - path_regex: \\.enc\\.yaml$\n    age: ${recipient}\n`;

  it.each([
    ['what sops -d was sent to', 'app/db.yaml', secret],
    ['the same with an edit', 'app/db.yaml', secret.replace('admin', 'root')],
    ['as helm-secrets names it', 'app/db.dec.yaml', secret],
    [
      "what Git's mergetool leaves",
      'app/db.enc.yaml.orig',
      `<<<<<<< ours\n${secret}=======\nuser: x\n>>>>>>> theirs\n`,
    ],
    ['what it works with', 'app/db.enc_LOCAL_4711.yaml', secret],
    ["an editor's", 'app/db.enc.yaml~', secret],
    ['a swap file', 'app/.db.enc.yaml.swp', `b0VIM 9.0\0\0${secret.replaceAll('\n', '\0')}`],
  ])('is refused by the hook: %s', async (_, path, content) => {
    const team = await createTeam(byEnding);
    const { box } = team;
    await box.commit({ 'app/db.enc.yaml': secret });
    await box.write(path, content);
    await box.git('add', '-A');
    const hook = await box.tryGit(['commit', '-m', 'all']);
    expect(hook.code).toBe(1);
    expect(hook.stderr).toContain('app/db.enc.yaml, which is encrypted');
    expect(hook.stderr).not.toContain('hunter');
    expect(await errors(team, '--staged')).toEqual([`${kind} ${path}`]);
    // As the finding says.
    await box.git('rm', '-q', '--cached', '--', path);
    await box.write('.gitignore', `${path}\n`);
    await box.git('add', '-A');
    expect((await box.tryGit(['commit', '-m', 'all'])).code).toBe(0);
  });

  it.each(['db.yaml', 'größe [1]*.yaml'])('is refused in another folder as well: %s', async (name) => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ [`secrets/prod/${name}`]: secret, [`apps/a/${name}`]: 'replicas: 3\n' });
    await box.write(`deploy/${name}`, secret.replace('admin', 'root'));
    await box.write(`apps/b/${name}`, 'replicas: 2\nuser: admin\n');
    await box.git('add', '-A');
    const hook = await box.tryGit(['commit', '-m', 'all']);
    expect(hook.code).toBe(1);
    for (const args of [[], ['--staged']]) expect(await errors(team, ...args)).toEqual([`${kind} deploy/${name}`]);
    await box.git('rm', '-q', '--cached', '--', `deploy/${name.replace(/[[*]/g, '\\$&')}`);
    expect((await box.tryGit(['commit', '-m', 'the rest'])).code).toBe(0);
  });

  it('is not what has a name alike and holds something else, nor what no key opens', async () => {
    const team = await createTeam(byEnding);
    const { box } = team;
    await box.commit({ 'app/db.enc.yaml': secret });
    await box.write('app/db.yaml', 'user: admin\nreplicas: 3\n');
    await box.write('app/db.enc.yaml.md', 'what the secrets are for\n');
    await box.write('app/db.dec.yaml', '');
    await box.git('add', '-A');
    const hook = await box.tryGit(['commit', '-m', 'all']);
    expect([hook.code, hook.stderr]).toEqual([0, '']);
    await writeFile(team.keyFile, generateKeyFile().text, { mode: 0o600 });
    await box.write('app/db.enc.yaml.bak', secret);
    await box.git('add', '-A', '--', 'app/db.enc.yaml.bak');
    expect((await box.tryGit(['commit', '-m', 'unknown'])).code).toBe(0);
  });
});
