import { expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createTeam, secretRule, type Team } from '../repo/team.ts';

const path = 'secrets/db.yaml';

/** Two branches that each let somebody read, and meet. */
async function twoNewcomers(): Promise<Team & { readonly theirs: string }> {
  const team = await createTeam(secretRule);
  const { box, sops } = team;
  const [ours, theirs] = [generateKeyFile().recipient, generateKeyFile().recipient];
  await box.write(path, 'password: one\n');
  await box.write('readme', 'x\n');
  await box.commit();
  await box.git('switch', '-qc', 'topic');
  expect((await sops('recipients', 'add', theirs)).code).toBe(0);
  await box.git('commit', '-qm', 'theirs');
  await box.git('switch', '-q', 'main');
  expect((await sops('recipients', 'add', ours)).code).toBe(0);
  await box.git('commit', '-qm', 'ours');
  expect((await box.tryGit(['merge', 'topic'])).stdout.toString()).toContain('Merge conflict in .sops.yaml');
  return { ...team, theirs };
}

it('rules in conflict are no rules that cover nothing: check, the hook and git add refuse, with both ways on', async () => {
  const { box, sops, theirs } = await twoNewcomers();
  for (const args of [
    ['check'],
    ['check', path],
    ['check', '--staged'],
    ['check', '--worktree'],
    ['hook', 'pre-commit'],
  ]) {
    const { code, stdout, stderr } = await sops(...args);
    expect([args, code, stdout.toString()]).toEqual([args, 2, '']);
    expect(stderr).toContain('git-sops: .sops.yaml: is in conflict, so that nobody can tell what it covers\n');
    expect(stderr).toContain(
      'try: resolve it, then git add .sops.yaml; or git checkout --ours -- .sops.yaml, and git sops recipients add RECIPIENT',
    );
  }
  await box.write('secrets/new.yaml', 'password: two\n');
  const added = await box.tryGit(['add', 'secrets/new.yaml']);
  expect(added.code).not.toBe(0);
  expect(added.stderr).toContain('.sops.yaml: is in conflict');

  // The second way.
  await box.git('checkout', '-q', '--ours', '--', '.sops.yaml');
  const done = await sops('recipients', 'add', theirs);
  expect([done.code, done.stderr]).toEqual([0, '']);
  expect(await box.git('ls-files', '--unmerged')).toBe('');
  expect((await sops('check')).stdout.toString()).not.toContain('drift');
  await box.git('add', '-A');
  await box.git('commit', '-qm', 'both');
  expect((await sops('check')).code).toBe(0);
});
