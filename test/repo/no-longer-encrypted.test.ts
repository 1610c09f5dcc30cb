import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { commitPast } from './past.ts';
import { createServed as serve } from './served.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const plain = (password: string) => `user: admin\npassword: ${password}\n`;

const place = ({ kind, path }: { kind: string; path: string }) => `${kind} ${path}`;

/** The errors that `check` reports. */
async function errors(team: Team, ...args: string[]): Promise<string[]> {
  const done = await team.sops('check', ...args, '--format', 'json');
  expect(done.stdout.toString()).not.toContain('hunter');
  const { findings } = JSON.parse(done.stdout.toString()) as {
    findings: { kind: string; path: string; severity: string }[];
  };
  const found = findings.filter(({ severity }) => severity === 'error').map(place);
  expect(done.code).toBe(found.length > 0 ? 1 : 0);
  return found;
}

/** Nothing of it is racily clean any more. */
async function createServed() {
  const team = await serve();
  await team.box.age();
  return { team, box: team.box, server: team.server };
}

describe('a secret that is moved out of its rule', () => {
  it('is refused by the hook, a push, a range and history, where the working file was moved and staged', async () => {
    const { team, box } = await createServed();
    expect((await team.sops('init', '--yes', '--pre-push', 'on')).code).toBe(0);
    await rename(join(box.repo, 'secrets/db.yaml'), join(box.repo, 'plain.yaml'));
    await box.git('add', '-A');
    const refused = await box.tryGit(['commit', '-m', 'tidy up']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('no-longer-encrypted');
    expect(refused.stderr).toContain('secrets/db.yaml, which was encrypted and is gone');
    expect(refused.stderr).not.toContain('hunter');
    await box.git('commit', '-q', '--no-verify', '-m', 'tidy up');
    const finding = ['no-longer-encrypted plain.yaml'];
    expect(await errors(team, 'HEAD~1..HEAD')).toEqual(finding);
    expect(await errors(team, '--history')).toEqual(finding);
    const pushed = await box.tryGit(['push', 'origin', 'main']);
    expect(pushed.code).toBe(1);
    expect(pushed.stderr).toContain('no-longer-encrypted');
    // Without the key that opens what is gone nobody can tell.
    await writeFile(team.keyFile, generateKeyFile().text, { mode: 0o600 });
    expect(await errors(team, 'HEAD~1..HEAD')).toEqual([]);
  });

  it('is refused without any key where it was moved as it is and is edited there; widening the rule mends it', async () => {
    const { team, box, server } = await createServed();
    await box.git('mv', 'secrets', 'geheim');
    await box.git('commit', '-qm', 'moved');
    await box.git('push', '-q', 'origin', 'main');
    await box.write('geheim/db.yaml', plain('hunter2'));
    await box.git('add', 'geheim');
    expect((await box.tryGit(['commit', '-m', 'edited'])).stderr).toContain('no-longer-encrypted');
    await box.git('commit', '-q', '--no-verify', '-m', 'edited');
    await box.write('geheim/db.yaml', plain('hunter3'));
    await box.git('add', 'geheim');
    await box.git('commit', '-qm', 'was plaintext before');
    const finding = ['no-longer-encrypted geheim/db.yaml'];
    await writeFile(team.keyFile, generateKeyFile().text, { mode: 0o600 });
    expect(await errors(team, 'HEAD~2..HEAD')).toEqual(finding);
    expect(await errors(team, 'HEAD~2..HEAD', 'readme.md')).toEqual([]);
    expect(await errors(team, '--history')).toEqual(finding);
    expect(await errors(team, 'HEAD~2..HEAD', '--history')).toEqual(finding);
    const pushed = await box.tryGit(['push', 'origin', 'main']);
    expect(pushed.stderr).toContain('no-longer-encrypted');
    expect(pushed.code).toBe(1);
    expect(await server.git('rev-parse', 'main')).toBe(await box.git('rev-parse', 'HEAD~2'));
    // As the finding says.
    await box.write('.sops.yaml', secretRule(team.recipient).replace('secrets', '(secrets|geheim)'));
    expect((await team.sops('init', '--yes')).code).toBe(0);
    await box.git('add', '--renormalize', '--', 'geheim/db.yaml');
    await box.git('add', '-A');
    await box.git('commit', '-qm', 'covered');
    expect((await box.blob('HEAD:geheim/db.yaml')).toString()).toContain('ENC[');
  });

  it('is accepted by the allow-list and by a baseline, that version and no other', async () => {
    const { team, box } = await createServed();
    await box.git('mv', 'secrets', 'geheim');
    await box.write('.git-sops.yaml', 'allow:\n  - path: geheim/**\n    kinds: [no-longer-encrypted]\n    reason: x\n');
    await box.git('add', '.git-sops.yaml');
    await box.git('commit', '-qm', 'moved');
    await box.write('geheim/db.yaml', plain('hunter2'));
    await box.git('commit', '-qam', 'meant');
    expect(await errors(team, 'HEAD~1..HEAD')).toEqual([]);
    expect(await errors(team, 'HEAD~2..HEAD')).toEqual([
      'weakened-allow-list .git-sops.yaml',
      'no-longer-encrypted geheim/db.yaml',
    ]);
    await box.git('rm', '-q', '.git-sops.yaml');
    await box.git('commit', '-q', '--no-verify', '-m', 'no list');
    const baseline = join(box.root, 'baseline.json');
    expect((await team.sops('check', '--history', '--baseline', baseline, '--write-baseline')).code).toBe(0);
    expect(await errors(team, '--history', '--baseline', baseline)).toEqual([]);
    await box.git('checkout', '-q', 'HEAD~2', '--', 'geheim');
    await box.git('commit', '-qm', 'encrypted again');
    await commitPast(team, 'geheim/db.yaml', plain('hunter4'));
    expect(await errors(team, '--history', '--baseline', baseline)).toEqual(['no-longer-encrypted geheim/db.yaml']);
  });
});

describe('a rule that goes away over a secret', () => {
  it('is a warning of the hook; the plaintext that comes next is refused, and history tells of it', async () => {
    const { team, box } = await createServed();
    await box.git('rm', '-q', '.sops.yaml', '.gitattributes');
    const removed = await box.tryGit(['commit', '-m', 'remove both']);
    expect(removed.code).toBe(0);
    expect(removed.stderr).toContain('takes encrypted files out of their rules');
    expect(removed.stderr).toMatch(/covered secrets\/db\.yaml; now no rule covers it any more/);
    await box.write('secrets/db.yaml', plain('hunter2'));
    await box.git('add', '-A');
    expect((await box.tryGit(['commit', '-m', 'leak'])).stderr).toContain('no-longer-encrypted');
    await box.git('commit', '-q', '--no-verify', '-m', 'leak');
    const finding = 'no-longer-encrypted secrets/db.yaml';
    expect(await errors(team, '--history')).toEqual([finding]);
    expect(await errors(team, 'HEAD~1..HEAD')).toEqual([finding]);
    expect(await errors(team, 'HEAD~2..HEAD')).toContain(finding);
  });

  it('and so is an attribute that goes, and no line of it that others make good for', async () => {
    const { box } = await createServed();
    await box.write('.gitattributes', `${await box.read('.gitattributes')}*.md text\nsecrets/*.json filter=sops\n`);
    const more = await box.tryGit(['commit', '-am', 'more lines']);
    expect([more.code, more.stderr]).toEqual([0, '']);
    await box.write('.gitattributes', (await box.read('.gitattributes')).replace('secrets/*.json filter=sops\n', ''));
    const fewer = await box.tryGit(['commit', '-am', 'one less, and no file of it']);
    expect([fewer.code, fewer.stderr]).toEqual([0, '']);
    await box.write('.gitattributes', '*.md text\n');
    const gone = await box.tryGit(['commit', '-m', 'none', '.gitattributes']);
    expect(gone.code).toBe(0);
    expect(gone.stderr).toContain('or from the filter');
    expect(gone.stderr).toContain('filter=sops is gone from secrets/db.yaml');
  });

  it('is no warning where nothing encrypted loses it', async () => {
    const { team, box } = await createServed();
    await box.write('.sops.yaml', `${secretRule(team.recipient)}  - path_regex: ^more/\n    age: ${team.recipient}\n`);
    await box.git('commit', '-qam', 'wider');
    await box.write('.sops.yaml', secretRule(team.recipient));
    const done = await box.tryGit(['commit', '-am', 'narrower']);
    expect([done.code, done.stderr]).toEqual([0, '']);
  });
});

describe('somebody who was removed', () => {
  const other = generateKeyFile();
  const both = (recipient: string) => secretRule(`${recipient},${other.recipient}`);

  /** Main goes on without them, a branch with them: `old` is the blob of the branch. */
  async function parted(files: Record<string, string> = { 'secrets/db.yaml': plain('hunter1') }) {
    const team = await createTeam(both);
    const { box } = team;
    await box.commit(files);
    await box.git('checkout', '-q', '-b', 'bob');
    await box.commit({ 'secrets/db.yaml': plain('hunter2') });
    await box.git('checkout', '-q', 'main');
    await box.write('.sops.yaml', secretRule(team.recipient));
    expect((await team.sops('rotate', '--all')).code).toBe(0);
    await box.git('add', '-A');
    await box.git('commit', '-qm', 'Bob leaves');
    return team;
  }

  it('does not come back by a merge that keeps the old file against the rotation', async () => {
    const team = await parted();
    const { box } = team;
    await box.git('checkout', '-q', 'bob');
    await box.tryGit(['merge', '--no-commit', 'main']);
    await box.git('checkout', '-q', 'main', '--', '.sops.yaml');
    await box.git('checkout', '-q', 'HEAD', '--', 'secrets');
    const done = await box.tryGit(['commit', '-m', 'merged']);
    expect(done.code).not.toBe(0);
    expect(done.stderr).toContain('revoked-recipient');
    expect(await errors(team, '--staged')).toEqual(['revoked-recipient secrets/db.yaml']);
  });

  it('nor by one that goes through by itself, with a file that only the branch has', async () => {
    const team = await createTeam(both);
    const { box } = team;
    await box.git('add', '-A');
    await box.git('commit', '-qm', 'rules');
    await box.git('checkout', '-q', '-b', 'bob');
    await box.commit({ 'secrets/bob.yaml': plain('hunter2') });
    await box.git('checkout', '-q', 'main');
    await box.write('.sops.yaml', secretRule(team.recipient));
    await box.git('commit', '-qam', 'Bob leaves');
    await box.git('checkout', '-q', 'bob');
    const done = await box.tryGit(['merge', '--no-edit', 'main']);
    expect(done.code).not.toBe(0);
    expect(done.stderr).toContain('revoked-recipient');
  });

  it('is revoked in a commit as in the index, not unknown', async () => {
    const team = await parted();
    const { box } = team;
    const old = await box.git('rev-parse', 'bob:secrets/db.yaml');
    await box.git('update-index', '--cacheinfo', `100644,${old},secrets/db.yaml`);
    await box.git('commit', '-q', '--no-verify', '-m', 'again');
    const finding = ['revoked-recipient secrets/db.yaml'];
    expect(await errors(team)).toEqual(finding);
    expect(await errors(team, 'HEAD')).toEqual(finding);
    expect(await errors(team, 'HEAD~1..HEAD')).toContain(finding[0]);
    await box.git('tag', '-a', '-m', 'x', 'v1');
    expect(await errors(team, 'v1')).toEqual(finding);
  });
});

it('a push is not held up by what a merge brings in and the server has already', async () => {
  const { team, box, server } = await createServed();
  await box.git('mv', 'secrets', 'geheim');
  await box.git('commit', '-qm', 'moved');
  await box.git('push', '-q', 'origin', 'main');
  await box.git('checkout', '-q', '-b', 'feature');
  await commitPast(team, 'feature.md', 'x');
  await box.git('checkout', '-q', '-f', 'main');
  await commitPast(team, 'geheim/db.yaml', plain('hunter2'));
  // As before there was a hook.
  const unguarded = '--receive-pack=git -c core.hooksPath=/dev/null receive-pack';
  await box.git('push', '-q', unguarded, 'origin', 'main');
  await box.git('checkout', '-q', '-f', 'feature');
  await box.git('merge', '-q', '--no-edit', '--no-verify', 'main');
  expect(await server.git('rev-parse', 'main')).toBe(await box.git('rev-parse', 'main'));
  const done = await box.tryGit(['push', 'origin', 'feature']);
  expect(done.stderr).not.toContain('no-longer-encrypted');
  expect(done.code).toBe(0);
});

it('a merge that makes plaintext of what only the other side had encrypted is refused as any commit is', async () => {
  const { team, box } = await createServed();
  await box.git('checkout', '-q', '-b', 'side');
  await box.git('mv', 'secrets', 'geheim');
  await box.git('commit', '-qm', 'moved');
  await box.git('checkout', '-q', 'main');
  await box.git('rm', '-q', 'secrets/db.yaml');
  await box.commit({ 'readme.md': 'other text\n' });
  await box.tryGit(['merge', '-q', '--no-commit', 'side']);
  await box.git('rm', '-q', '--cached', '--ignore-unmatch', 'secrets/db.yaml');
  const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: plain('hunter2') })).toString().trim();
  await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},geheim/db.yaml`);

  const finding = ['no-longer-encrypted geheim/db.yaml'];
  const refused = await box.tryGit(['commit', '-m', 'merged']);
  expect(refused.code).not.toBe(0);
  expect(refused.stderr).toContain('no-longer-encrypted');
  expect(await errors(team)).toEqual(finding);
  await box.git('commit', '-q', '--no-verify', '-m', 'merged');
  expect((await box.git('rev-parse', 'HEAD^2')).length).toBe(40);
  expect(await errors(team, 'HEAD~1..HEAD')).toEqual(finding);
  expect(await errors(team, '--history')).toEqual(finding);
  expect((await box.tryGit(['push', 'origin', 'main'])).stderr).toContain('no-longer-encrypted');
  // One that takes a side as it is brings nothing of its own.
  await box.git('reset', '-q', '--hard', 'HEAD~1');
  await box.tryGit(['merge', '-q', '--no-edit', 'side']);
  await box.git('checkout', '-q', 'side', '--', 'geheim');
  await box.tryGit(['rm', '-q', '--cached', '--ignore-unmatch', 'secrets/db.yaml']);
  await box.tryGit(['commit', '-qm', 'merged']);
  expect((await box.git('rev-parse', 'HEAD^2')).length).toBe(40);
  expect(await errors(team, '--history')).toEqual([]);
});
