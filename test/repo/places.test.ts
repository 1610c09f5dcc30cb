import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTeam, secretRule, type Team } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';

async function withSecret(): Promise<Team> {
  const team = await createTeam(secretRule);
  await team.box.commit({ 'secrets/db.yaml': secret, 'apps/web/secrets/web.yaml': secret });
  return team;
}

describe('from wherever Git is run', () => {
  it('a linked worktree is plaintext at once, and commits ciphertext', async () => {
    const { box } = await withSecret();
    await box.git('worktree', 'add', '-q', '-b', 'side', join(box.root, 'side tree'));
    const side = box.at(join(box.root, 'side tree'));
    expect(await side.read('secrets/db.yaml')).toBe(secret);
    expect(await side.git('status', '--porcelain')).toBe('');
    const edited = secret.replace('hunter2', 'hunter3');
    await side.commit({ 'secrets/db.yaml': edited, 'secrets/new.env': 'A=hunter4\n' });
    expect((await side.blob('HEAD:secrets/new.env')).toString()).toContain('A=ENC[');
    // Each worktree has an index of its own, and the base comes from that one.
    expect(await side.git('diff', '--no-textconv', '--shortstat', 'main', '--', 'secrets/db.yaml')).toMatch(/1 file/);
    expect(await box.git('status', '--porcelain')).toBe('');
    await box.git('merge', '-q', '--ff-only', 'side');
    expect(await box.read('secrets/db.yaml')).toBe(edited);
    expect(await box.git('status', '--porcelain')).toBe('');
    expect((await side.run('git', ['sops', 'check'])).code).toBe(0);
  });

  it('in a worktree the pre-commit hook judges that worktree', async () => {
    const { box } = await withSecret();
    await box.git('worktree', 'add', '-q', '-b', 'side', join(box.root, 'side'));
    const side = box.at(join(box.root, 'side'));
    await side.write('leak', secret);
    const oid = await side.git('hash-object', '-w', 'leak');
    await side.git('update-index', '--add', '--cacheinfo', `100644,${oid},secrets/leak.yaml`);
    const refused = await side.tryGit(['commit', '-m', 'leak']);
    expect(refused.code).not.toBe(0);
    expect(refused.stderr).toContain('secrets/leak.yaml');
    await box.git('commit', '-q', '--allow-empty', '-m', 'the main one is clean');
  });

  it.each([
    ['absolute', (box: Team['box']) => ({ GIT_DIR: join(box.repo, '.git'), GIT_WORK_TREE: box.repo })],
    ['relative', () => ({ GIT_DIR: '../repo/.git', GIT_WORK_TREE: '../repo' })],
  ])('GIT_DIR and GIT_WORK_TREE, %s, from a folder outside', async (_, envOf) => {
    const { box } = await withSecret();
    const elsewhere = join(box.root, 'elsewhere');
    await mkdir(elsewhere);
    const options = { cwd: elsewhere, env: envOf(box) };
    const edited = secret.replace('hunter2', 'hunter3');
    await box.write('secrets/db.yaml', edited);
    await box.write('secrets/new.env', 'A=hunter4\n');
    expect((await box.gitBytes(['diff'], options)).toString()).toContain('+password: hunter3');
    await box.gitBytes(['add', join(box.repo, 'secrets')], options);
    await box.gitBytes(['commit', '-qm', 'from outside'], options);
    expect((await box.blob('HEAD:secrets/new.env')).toString()).toContain('A=ENC[');
    expect((await box.blob('HEAD:secrets/db.yaml')).toString().match(/^user: .*$/m)?.[0]).toBe(
      (await box.blob('HEAD~:secrets/db.yaml')).toString().match(/^user: .*$/m)?.[0],
    );
    await box.gitBytes(['checkout', '-q', 'HEAD~', '--', join(box.repo, 'secrets')], options);
    expect(await box.read('secrets/db.yaml')).toBe(secret);
    expect((await box.run('git', ['sops', 'check'], options)).code).toBe(0);
  });

  it('a repository whose Git folder is elsewhere', async () => {
    const { box } = await withSecret();
    const tree = join(box.root, 'tree');
    await box.git('clone', '-q', '--separate-git-dir', join(box.root, 'separate.git'), box.repo, tree);
    const there = box.at(tree);
    expect((await there.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
    await there.commit({ 'secrets/new.env': 'A=hunter4\n' });
    expect((await there.blob('HEAD:secrets/new.env')).toString()).toContain('A=ENC[');
    expect(await there.read('secrets/db.yaml')).toBe(secret);
  });

  it('a subfolder', async () => {
    const { box } = await withSecret();
    const web = join(box.repo, 'apps/web');
    await box.write('apps/web/secrets/web.yaml', secret.replace('hunter2', 'hunter3'));
    await box.write('apps/web/secrets/-new.env', 'A=hunter4\n');
    await box.git('-C', web, 'add', 'secrets/web.yaml', '--', 'secrets/-new.env');
    expect(await box.git('diff', '--cached', '--name-only')).toBe(
      'apps/web/secrets/-new.env\napps/web/secrets/web.yaml',
    );
    expect((await box.blob(':apps/web/secrets/web.yaml')).toString()).toContain('password: ENC[');
    expect(await box.git('-C', web, 'diff', '--cached')).toContain('+password: hunter3');
    await box.git('-C', web, 'commit', '-qm', 'from below');
    await box.git('-C', join(web, 'secrets'), 'checkout', '-q', 'HEAD~', '--', 'web.yaml');
    expect(await box.read('apps/web/secrets/web.yaml')).toBe(secret);
    // Paths are what the user sees from there.
    expect((await box.run('git', ['sops', 'check', 'secrets/web.yaml'], { cwd: web })).code).toBe(0);
    expect((await box.run('git', ['sops', 'lock', 'secrets/web.yaml'], { cwd: web })).stdout.toString()).toContain(
      '1 ',
    );
    expect(await box.read('apps/web/secrets/web.yaml')).toContain('ENC[');
    expect(await box.read('secrets/db.yaml')).toBe(secret);
  });

  it('GIT_INDEX_FILE: the base is what that index holds', async () => {
    const { box } = await withSecret();
    const env = { GIT_INDEX_FILE: join(box.root, 'other index') };
    await box.gitBytes(['read-tree', 'HEAD'], { env });
    const edited = secret.replace('hunter2', 'hunter3');
    await box.write('secrets/db.yaml', edited);
    await box.gitBytes(['add', 'secrets/db.yaml'], { env });
    const [, first] = (await box.gitBytes(['ls-files', '-s', 'secrets/db.yaml'], { env })).toString().split(' ');
    // The same again is the same blob: not HEAD's, but the one in the other index is what it follows.
    await box.gitBytes(['update-index', '--force-remove', 'apps/web/secrets/web.yaml'], { env });
    await box.write('secrets/db.yaml', `${edited}\n`);
    await box.write('secrets/db.yaml', edited);
    await box.gitBytes(['add', 'secrets/db.yaml'], { env });
    const [, second] = (await box.gitBytes(['ls-files', '-s', 'secrets/db.yaml'], { env })).toString().split(' ');
    expect(second).toBe(first);
    expect(await box.git('rev-parse', ':secrets/db.yaml')).toBe(await box.git('rev-parse', 'HEAD:secrets/db.yaml'));
    // An index without the file: HEAD's blob is the base.
    const empty = { GIT_INDEX_FILE: join(box.root, 'empty index') };
    await box.write('secrets/db.yaml', secret);
    await box.gitBytes(['add', 'secrets/db.yaml'], { env: empty });
    const [, third] = (await box.gitBytes(['ls-files', '-s', 'secrets/db.yaml'], { env: empty })).toString().split(' ');
    expect(third).toBe(await box.git('rev-parse', 'HEAD:secrets/db.yaml'));
  });
});
