import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createServed } from './served.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const plain = 'user: admin\npassword: hunter2\n';

/** As Git does in a clone with `core.symlinks=false`, for what somebody writes into the file that stands for a link. */
async function stageAsLink({ box }: Pick<Team, 'box'>, path: string, content: string): Promise<void> {
  const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: content })).toString().trim();
  await box.git('update-index', '--add', '--cacheinfo', `120000,${oid},${path}`);
}

async function kindsOf(team: Team, ...args: string[]): Promise<string[]> {
  const done = await team.sops('check', '--format', 'json', ...args);
  expect(done.stdout.toString() + done.stderr).not.toContain('hunter');
  const kinds = JSON.parse(done.stdout.toString()).findings.map(({ kind }: { kind: string }) => kind);
  expect(done.code).toBe(kinds.length === 0 ? 0 : 1);
  return kinds;
}

describe('P1: plaintext that Git stores as a symlink', () => {
  it.each([
    ['several lines', 'secrets/db.yaml', plain],
    ['one line of YAML', 'secrets/db.yaml', 'password: hunter2'],
    ['one line of dotenv', 'secrets/.env', 'PASSWORD=hunter2'],
    ['a text with a line break', 'secrets/token', 'hunter2\n'],
    ['more than a path has', 'secrets/token', 'hunter2'.repeat(1000)],
  ])('is refused by each gate: %s', async (_, path, content) => {
    const served = await createServed();
    const { box, push } = served;
    const base = await box.git('rev-parse', 'HEAD');
    await stageAsLink(served, path, content);
    const refused = await box.tryGit(['commit', '-m', 'leak']);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toContain('Git stores it as a symlink');
    expect(refused.stderr).not.toContain('hunter');
    expect(await kindsOf(served)).toEqual(['plaintext-file']);
    expect(await kindsOf(served, '--staged')).toEqual(['plaintext-file']);
    await box.git('commit', '--no-verify', '-qm', 'leak');
    for (const args of [['HEAD'], [`${base}..HEAD`], ['--history']])
      expect([args, await kindsOf(served, ...args)]).toEqual([args, ['plaintext-file']]);
    const pushed = await push('main');
    expect(pushed.code).toBe(1);
    expect(pushed.stderr).toContain(path);
  });

  it('is mended by the command that the finding names, ciphertext too', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit();
    await box.git('config', 'core.symlinks', 'false');
    await stageAsLink(team, 'secrets/one.yaml', 'other.yaml');
    await stageAsLink(team, 'secrets/two.yaml', 'other.yaml');
    await box.git('commit', '-qm', 'honest links');
    // What stands for a link is a file here, and Git keeps its mode.
    await box.write('secrets/one.yaml', plain);
    await box.git('add', 'secrets/one.yaml');
    await box.write('secrets/two.yaml', plain);
    await stageAsLink(team, 'secrets/two.yaml', plain);
    expect(await box.git('ls-files', '-s', 'secrets')).not.toContain('100644');
    const { findings } = JSON.parse((await team.sops('check', '--format', 'json')).stdout.toString());
    expect(findings.map(({ kind }: { kind: string }) => kind)).toEqual(['unreadable-file', 'plaintext-file']);
    for (const command of findings.flatMap(({ mend }: { mend: string }) => mend.split('; '))) {
      const done = await box.run('sh', ['-c', command]);
      expect([command, done.code, done.stderr]).toEqual([command, 0, '']);
    }
    for (const path of ['secrets/one.yaml', 'secrets/two.yaml'])
      expect((await box.blob(`:${path}`)).toString()).toContain('ENC[');
    expect(await kindsOf(team)).toEqual([]);
  });

  it('is found where no rule covers it: a private key', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    const base = await box.commit({ 'secrets/db.yaml': plain });
    await stageAsLink(team, 'notes.txt', await readFile(team.keyFile, 'utf8'));
    for (const args of [[], ['--staged']]) expect(await kindsOf(team, ...args)).toEqual(['private-key']);
    await box.git('commit', '--no-verify', '-qm', 'key');
    for (const args of [['HEAD'], [`${base}..HEAD`], ['--history']])
      expect([args, await kindsOf(team, ...args)]).toEqual([args, ['private-key']]);
  });

  it('is found where an encrypted file becomes it, and rule and attribute go along', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    const base = await box.commit({ 'secrets/db.yaml': plain });
    await stageAsLink(team, 'secrets/db.yaml', plain);
    await box.git('rm', '-q', '--cached', '.sops.yaml', '.gitattributes');
    expect(await kindsOf(team, '--staged')).toContain('no-longer-encrypted');
    await box.git('commit', '--no-verify', '-qm', 'leak');
    expect(await kindsOf(team, `${base}..HEAD`)).toContain('no-longer-encrypted');
    expect(await kindsOf(team, '--history')).toContain('no-longer-encrypted');
  });
});

it('links at covered paths that lead somewhere are no findings', async () => {
  const served = await createServed();
  const { box, push } = served;
  const base = await box.git('rev-parse', 'HEAD');
  const links = {
    'secrets/current.yaml': 'db.yaml',
    'secrets/prod.json': '../conf/prod.json',
    'secrets/.env': '/run/secrets/app/.env',
    'secrets/app.ini': '../../shared/app.ini',
    'secrets/token': 'prod/token',
    'secrets/gone.yaml': 'nowhere.yaml',
  };
  for (const [path, target] of Object.entries(links)) await symlink(target, join(box.repo, path));
  await box.git('add', '.');
  for (const args of [[], ['--staged'], ['--worktree']])
    expect([args, await kindsOf(served, ...args)]).toEqual([args, []]);
  await box.git('commit', '-qm', 'links');
  for (const args of [['HEAD'], [`${base}..HEAD`], ['--history']])
    expect([args, await kindsOf(served, ...args)]).toEqual([args, []]);
  expect((await push('main')).code).toBe(0);
});

it('a link that takes the place of an encrypted file is no plaintext, whatever rules go along', async () => {
  const team = await createTeam(secretRule);
  const { box } = team;
  await box.commit({ 'secrets/db.yaml': plain });
  await box.git('rm', '-q', 'secrets/db.yaml');
  await mkdir(join(box.repo, 'secrets'));
  await symlink('../conf/db.yaml', join(box.repo, 'secrets/db.yaml'));
  await box.git('rm', '-q', '--cached', '.sops.yaml', '.gitattributes');
  await box.git('add', 'secrets');
  expect(await kindsOf(team, '--staged')).not.toContain('no-longer-encrypted');
});

it('P1: rules that are a symlink are refused by each gate, and never taken for no rules', async () => {
  const served = await createServed();
  const { box, server, push } = served;
  const base = await box.git('rev-parse', 'HEAD');
  await box.write('conf/rules.yaml', secretRule(served.recipient));
  await box.git('rm', '-q', '--cached', '.sops.yaml');
  await stageAsLink(served, '.sops.yaml', 'conf/rules.yaml');
  await stageAsLink(served, 'secrets/leak.yaml', plain);
  await box.git('add', 'conf/rules.yaml');
  const hook = await box.tryGit(['commit', '-m', 'leak']);
  expect(hook.code).not.toBe(0);
  await box.git('commit', '--no-verify', '-qm', 'leak');
  for (const args of [[], ['HEAD'], [`${base}..HEAD`], ['--history']]) {
    const done = await served.sops('check', ...args);
    expect([args, done.code, done.stderr]).toEqual([args, 2, expect.stringContaining('symlink')]);
  }
  const pushed = await push('main');
  expect(pushed.code).toBe(1);
  expect(pushed.stderr).toContain('.sops.yaml');
  // So it is where the link was there before, and no change of the protection is to be told.
  await box.git('push', '-q', server.repo, 'main', '--receive-pack=git -c core.hooksPath=/dev/null receive-pack');
  await stageAsLink(served, 'secrets/more.yaml', plain);
  await box.git('commit', '--no-verify', '-qm', 'more');
  const range = await served.sops('check', 'HEAD~1..HEAD');
  expect([range.code, range.stderr]).toEqual([2, expect.stringContaining('symlink')]);
  const more = await push('main');
  expect([more.code, more.stderr]).toEqual([1, expect.stringContaining('symlink')]);
});
