import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTeam, secretRule, type Team } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';

const tell = async ({ sops }: Team, ...args: string[]) => {
  const done = await sops(...args);
  return { code: done.code, text: done.stdout.toString() + done.stderr };
};

/** The files that the hint at the end of `init` names; null without one. */
async function hint(team: Team, ...args: string[]): Promise<string | null> {
  const { code, text } = await tell(team, 'init', '--yes', ...args);
  expect(code, text).toBe(0);
  return /to read and to encrypt: commit (?:it|them)\n {2}try: git add (.*)$/m.exec(text)?.[1] ?? null;
}

describe('rules and attributes that Git does not have', () => {
  it('P1: init names those that need adding, doctor calls them bad, the hook refuses what they protect and nothing else', async () => {
    const team = await createTeam();
    const { box, recipient } = team;
    expect(await hint(team, '--recipient', recipient, '--path', 'secrets/**')).toBe('.sops.yaml .gitattributes');
    // Before there is any secret.
    const early = await tell(team, 'doctor');
    expect(early.code).toBe(1);
    expect(early.text).toMatch(
      /^BAD {3}\.sops\.yaml and \.gitattributes are not in Git: every other clone would store plaintext$/m,
    );
    expect(early.text).toContain('try: git add .sops.yaml .gitattributes');

    await box.write('readme.md', 'text\n');
    await box.git('add', 'readme.md');
    await box.git('commit', '-qm', 'unrelated');
    await box.write('secrets/db.yaml', secret);
    await box.git('add', 'secrets');
    const refused = await box.tryGit(['commit', '-qm', 'a secret']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('[unstaged-protection]');
    expect(refused.stderr).toContain('git add .sops.yaml .gitattributes');
    expect(refused.stderr).not.toContain('hunter2');
    expect((await tell(team, 'check', '--staged')).code).toBe(1);
    expect((await tell(team, 'check')).code).toBe(1);

    // One of both is not enough.
    await box.git('add', '.sops.yaml');
    expect(await hint(team)).toBe('.gitattributes');
    expect((await tell(team, 'doctor')).text).toContain('.gitattributes is not in Git: every other clone');
    const half = await box.tryGit(['commit', '-qm', 'a secret']);
    expect(half.code).not.toBe(0);
    expect(half.stderr).toMatch(/git add \.gitattributes, and commit it with the file$/m);
    // Staged, and left out of this very commit.
    await box.git('add', '.gitattributes');
    const alone = await box.tryGit(['commit', '-qm', 'a secret', '--', 'secrets/db.yaml']);
    expect([alone.code, alone.stderr]).toEqual([1, expect.stringContaining('and commit them with the file')]);
    await box.git('add', '.gitattributes');
    await box.git('commit', '-qm', 'a secret');
    expect(await hint(team)).toBe(null);
    expect((await tell(team, 'doctor')).code).toBe(0);
  });

  it('a rule that is not staged: a note for what it may cover later, bad where it covers a file already', async () => {
    const team = await createTeam(secretRule);
    const { box, recipient } = team;
    await box.commit({ 'secrets/db.yaml': secret });
    await box.write('.sops.yaml', `${secretRule(recipient)}  - path_regex: ^more/\n    age: ${recipient}\n`);
    expect(await hint(team)).toBe('.sops.yaml .gitattributes');
    const later = await tell(team, 'doctor');
    expect(later.code).toBe(0);
    expect(later.text).toMatch(/^note {2}\.sops\.yaml and \.gitattributes are not staged as here, so that/m);
    await box.write('more/a.yaml', secret);
    await box.git('add', 'more');
    const now = await tell(team, 'doctor');
    expect(now.code).toBe(1);
    expect(now.text).toMatch(
      /^BAD {3}.* not staged as here: every other clone would store more\/a\.yaml as plaintext$/m,
    );
    expect((await box.tryGit(['commit', '-qm', 'more'])).stderr).toContain('git add .sops.yaml .gitattributes');
    // A commit of the file that the old rule covers goes through.
    await box.write('secrets/db.yaml', secret.replace('hunter2', 'hunter3'));
    await box.git('commit', '-qm', 'the old one', '--', 'secrets/db.yaml');
    // Rules that are just being written are no reason either.
    await box.write('.sops.yaml', 'creation_rules: {broken\n');
    await box.git('commit', '-q', '--allow-empty', '-m', 'nothing');
  });

  it('P1: plaintext that was staged before there were rules is refused while they are not staged, and the hint mends it', async () => {
    const team = await createTeam();
    const { box, recipient } = team;
    await box.write('secret.yaml', secret);
    await box.write('secret.txt', 'x');
    await box.git('add', '.');
    expect(await hint(team, '--recipient', recipient, '--path', '*.yaml')).toBe('.sops.yaml .gitattributes');
    const refused = await box.tryGit(['commit', '-qm', 'a secret']);
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('secret.yaml')]);
    expect(refused.stderr).toContain('[plaintext-file]');
    expect(refused.stderr).not.toContain('secret.txt');
    expect(refused.stderr).not.toContain('hunter2');
    for (const scope of [[], ['--staged']]) expect((await tell(team, 'check', ...scope)).code).toBe(1);
    const [, mend = ''] = /try: (.*)$/m.exec(refused.stderr) ?? [];
    expect((await box.run('sh', ['-ec', mend])).code).toBe(0);
    expect((await box.tryGit(['commit', '-qm', 'a secret'])).stderr).toContain('[unstaged-protection]');
    await box.git('add', '.sops.yaml', '.gitattributes');
    await box.git('commit', '-qm', 'a secret');
    expect((await box.blob('HEAD:secret.yaml')).toString()).toContain('password: ENC[');
    expect((await tell(team, 'check')).code).toBe(0);
    // A rule that is being written, for a file of which it selects nothing, refuses nothing.
    const more = `${await box.read('.sops.yaml')}  - path_regex: txt$\n    encrypted_regex: ^no$\n    age: ${recipient}\n`;
    await box.write('.sops.yaml', more);
    await box.write('b.txt.yaml', 'replicas: 1\n');
    await box.git('add', '.gitattributes');
    await box.git('commit', '-q', '--allow-empty', '-m', 'nothing');
    expect((await tell(team, 'check', 'HEAD')).code).toBe(0);
  });

  it('P1: the same with a rule that is there already and was widened, in a folder with rules of its own', async () => {
    const team = await createTeam(secretRule);
    const { box, recipient } = team;
    const own = (selector: string) => `creation_rules:\n  - encrypted_regex: ${selector}\n    age: ${recipient}\n`;
    await box.write('app/.sops.yaml', own('^token$'));
    expect((await tell(team, 'init', '--yes')).code).toBe(0);
    await box.commit({ 'app/a.yaml': secret });
    expect((await box.blob('HEAD:app/a.yaml')).toString()).toBe(secret);
    await box.git('commit', '-q', '--amend', '--allow-empty', '--no-edit');
    await box.write('app/.sops.yaml', own('^(token|password)$'));
    // A commit of other files is nobody's concern, the whole index is.
    await box.write('readme.md', 'text\n');
    await box.git('add', 'readme.md');
    await box.git('commit', '-qm', 'unrelated');
    const found = await tell(team, 'check');
    expect([found.code, found.text]).toEqual([1, expect.stringContaining('app/.sops.yaml as it is here')]);
    await box.git('checkout', '-q', '--', 'app/.sops.yaml');
    expect((await tell(team, 'check')).code).toBe(0);
  });

  it('rules that are the user’s own (ignored, attributes in .git/info) refuse nothing', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.write('.git/info/attributes', '/secrets/** filter=sops diff=sops merge=sops -text\n');
    await box.write('.git/info/exclude', '.sops.yaml\n');
    await rm(join(box.repo, '.gitattributes'));
    await box.write('secrets/db.yaml', secret);
    await box.git('add', 'secrets');
    await box.git('commit', '-qm', 'mine');
    expect((await box.blob('HEAD:secrets/db.yaml')).toString()).toContain('password: ENC[');
    const { code, text } = await tell(team, 'doctor');
    expect(code).toBe(0);
    expect(text).toMatch(/^ok {4}rules and recipients of \.sops\.yaml can be used$/m);
    expect(text).toMatch(/^note {2}\.sops\.yaml is ignored by Git: no other clone has these rules$/m);
    // Broken ones are told of here too: the filter would stumble over them.
    await box.write('.sops.yaml', 'creation_rules: {broken\n');
    expect((await tell(team, 'doctor')).text).toMatch(/^BAD {3}\.sops\.yaml:\d/m);
  });

  it('a hook manager’s list is named with them', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'lefthook.yml': 'pre-push: {}\n', 'secrets/db.yaml': secret });
    expect(await hint(team, '--hook', 'lefthook')).toBe('lefthook.yml');
  });
});

it('check --worktree holds what the filter would encrypt against a clone in which there is none', async () => {
  const team = await createTeam(secretRule);
  await team.box.commit({ 'secrets/db.yaml': secret, 'readme.md': 'text\n' });
  const clone = team.box.at(join(team.box.root, 'clone'));
  await team.box.git('clone', '-q', team.box.repo, clone.repo);
  const check = async () => {
    const done = await clone.run('git', ['sops', 'check', '--worktree', '--format', 'json']);
    return { code: done.code, kinds: JSON.parse(done.stdout.toString()).findings.map((f: { kind: string }) => f.kind) };
  };
  // A fresh checkout, as CI has it: all that is there is ciphertext.
  expect(await check()).toEqual({ code: 0, kinds: [] });
  await clone.write('secrets/new.yaml', secret);
  expect(await check()).toEqual({ code: 1, kinds: ['plaintext-file'] });
  await clone.git('add', 'secrets/new.yaml');
  expect((await clone.blob(':secrets/new.yaml')).toString()).toBe(secret);
  await clone.git('rm', '-q', '--cached', 'secrets/new.yaml');
  expect((await clone.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
  expect(await check()).toEqual({ code: 0, kinds: [] });
  // Git would store what a filter that is not required could not encrypt.
  await clone.git('config', 'filter.sops.required', 'false');
  expect(await check()).toEqual({ code: 1, kinds: ['plaintext-file', 'plaintext-file'] });
});

it('in a clone that nobody has set up, check says what comes first, and that mends it', async () => {
  const team = await createTeam(secretRule);
  await team.box.commit({ 'secrets/db.yaml': secret });
  const clone = team.box.at(join(team.box.root, 'clone'));
  await team.box.git('clone', '-q', team.box.repo, clone.repo);
  await clone.write('secrets/new file.yaml', secret);
  await clone.git('add', '.');
  expect((await clone.blob(':secrets/new file.yaml')).toString()).toBe(secret);
  for (const scope of [[], ['--staged']]) {
    const found = await clone.run('git', ['sops', 'check', ...scope]);
    expect(found.code).toBe(1);
    const [, mend = ''] = /try: (.*)$/m.exec(found.stdout.toString()) ?? [];
    expect(mend).toBe("git sops init --yes; git add --renormalize -- 'secrets/new file.yaml'");
  }
  const line = "git sops init --yes; git add --renormalize -- 'secrets/new file.yaml'";
  expect((await clone.run('sh', ['-ec', line])).code).toBe(0);
  expect((await clone.blob(':secrets/new file.yaml')).toString()).toContain('password: ENC[');
  expect((await clone.run('git', ['sops', 'check'])).code).toBe(0);
});
