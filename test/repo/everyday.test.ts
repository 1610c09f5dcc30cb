import { rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTeam, secretRule, type Team } from './team.ts';

const one = '# who\nuser: admin\npassword: hunter2\n';
const two = one.replace('hunter2', 'hunter3');

async function withSecret(): Promise<Team> {
  const team = await createTeam(secretRule);
  await team.box.commit({ 'secrets/db.yaml': one, 'secrets/tls.key': Buffer.from([0, 1, 2, 255]) });
  return team;
}

/** A later time, so that Git cannot know without asking the filter. */
async function touch({ box }: Team, path: string): Promise<void> {
  const later = new Date(Date.now() + 60_000);
  await utimes(join(box.repo, path), later, later);
}

describe('working with history', () => {
  it('P2: edit, add, undo, add ends in HEAD’s blob', async () => {
    const { box } = await withSecret();
    const head = await box.git('rev-parse', 'HEAD:secrets/db.yaml');
    for (const text of [two, `${one}more: 1\n`, '', one]) {
      await box.write('secrets/db.yaml', text);
      await box.git('add', 'secrets/db.yaml');
    }
    expect(await box.git('rev-parse', ':secrets/db.yaml')).toBe(head);
    await box.git('rm', '-q', '--cached', 'secrets/db.yaml');
    await box.git('add', 'secrets/db.yaml');
    expect(await box.git('rev-parse', ':secrets/db.yaml')).toBe(head);
  });

  it('P2: behind files that are as they were staged, one that goes back ends in HEAD’s blob, and a new one is new', async () => {
    const team = await withSecret();
    const { box } = team;
    const others = ['secrets/a.yaml', 'secrets/b.yaml', 'secrets/c.yaml'];
    await box.commit(Object.fromEntries(others.map((path, i) => [path, `n: ${i}\n`])));
    const head = await box.git('rev-parse', 'HEAD:secrets/db.yaml');
    await box.write('secrets/db.yaml', two);
    await box.git('add', 'secrets/db.yaml');
    for (const path of others) await touch(team, path);
    await box.write('secrets/db.yaml', one);
    await box.write('secrets/dc.yaml', one);
    await box.git('add', '.');
    expect(await box.git('rev-parse', ':secrets/db.yaml')).toBe(head);
    expect(await box.git('diff', '--cached', '--name-only')).toBe('secrets/dc.yaml');
    expect(await box.git('cat-file', 'blob', ':secrets/dc.yaml')).not.toContain('hunter');
  });

  it('P2: touch, then status, diff and add --renormalize find nothing', async () => {
    const team = await withSecret();
    await touch(team, 'secrets/db.yaml');
    await touch(team, 'secrets/tls.key');
    expect(await team.box.git('status', '--porcelain')).toBe('');
    expect(await team.box.git('diff')).toBe('');
    await team.box.git('add', '--renormalize', '.');
    expect(await team.box.git('diff', '--cached', '--name-only')).toBe('');
  });

  it('branches with different secrets, back and forth', async () => {
    const team = await withSecret();
    const { box } = team;
    await box.git('switch', '-q', '-c', 'other');
    await box.commit({ 'secrets/db.yaml': two, 'secrets/only.env': 'A=1\n' });
    for (let i = 0; i < 3; i++) {
      for (const [branch, text] of [
        ['main', one],
        ['other', two],
      ] as const) {
        await box.git('switch', '-q', branch);
        expect(await box.read('secrets/db.yaml')).toBe(text);
        await touch(team, 'secrets/db.yaml');
        expect(await box.git('status', '--porcelain')).toBe('');
      }
    }
    // A detached HEAD, a reset and a revert go the same way.
    await box.git('checkout', '-q', 'HEAD~');
    expect(await box.read('secrets/db.yaml')).toBe(one);
    await box.git('switch', '-q', 'other');
    await box.git('revert', '--no-edit', 'HEAD');
    expect(await box.git('rev-parse', 'HEAD:secrets')).toBe(await box.git('rev-parse', 'main:secrets'));
    await box.git('reset', '-q', '--hard', 'HEAD~');
    expect(await box.read('secrets/db.yaml')).toBe(two);
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  it('an edit goes along to another branch that has the same secret, and is refused where it differs', async () => {
    const { box } = await withSecret();
    await box.git('branch', 'same');
    await box.write('secrets/db.yaml', two);
    await box.git('switch', '-q', 'same');
    expect(await box.read('secrets/db.yaml')).toBe(two);
    await box.commit();
    await box.git('switch', '-q', 'main');
    await box.write('secrets/db.yaml', `${one}more: 1\n`);
    expect((await box.tryGit(['switch', 'same'])).code).not.toBe(0);
    expect(await box.read('secrets/db.yaml')).toBe(`${one}more: 1\n`);
  });

  it('P1: stash holds ciphertext, pop gives the edit back, staged or not', async () => {
    const { box } = await withSecret();
    await box.write('secrets/db.yaml', two);
    await box.git('add', '.');
    await box.write('secrets/db.yaml', `${two}more: hunter5\n`);
    await box.write('secrets/new.env', 'A=hunter4\n');
    await box.git('stash', '-q', '--include-untracked');
    expect(await box.read('secrets/db.yaml')).toBe(one);
    expect(await box.git('status', '--porcelain')).toBe('');
    const objects = (await box.gitBytes(['cat-file', '--batch-all-objects', '--batch'])).toString('latin1');
    expect(objects).not.toContain('hunter');
    expect(await box.git('stash', 'show', '-p', '--textconv')).toContain('+more: hunter5');
    await box.git('stash', 'pop', '-q', '--index');
    expect(await box.read('secrets/db.yaml')).toBe(`${two}more: hunter5\n`);
    expect(await box.read('secrets/new.env')).toBe('A=hunter4\n');
    expect(await box.git('status', '--porcelain')).toBe('MM secrets/db.yaml\n?? secrets/new.env');
    await box.git('stash', '-q', '--keep-index');
    expect(await box.read('secrets/db.yaml')).toBe(two);
  });

  it('P2: git commit PATH, which fills two indexes, leaves nothing behind', async () => {
    const { box } = await withSecret();
    await box.write('secrets/db.yaml', two);
    await box.write('secrets/new.env', 'A=hunter4\n');
    await box.git('add', '--intent-to-add', 'secrets/new.env');
    await box.git('commit', '-qm', 'by path', '--', 'secrets');
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  it('commit -a and commit --amend', async () => {
    const { box } = await withSecret();
    await box.write('secrets/db.yaml', two);
    await box.git('commit', '-qam', 'all');
    expect((await box.blob('HEAD:secrets/db.yaml')).toString()).toContain('password: ENC[');
    expect(await box.git('show', '--format=', 'HEAD')).toContain('-password: hunter2\n+password: hunter3');
    await box.git('commit', '-q', '--amend', '-m', 'the same');
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  it('git mv keeps the blob, and an edit of the moved file is three lines', async () => {
    const team = await withSecret();
    const { box } = team;
    await box.git('mv', 'secrets/db.yaml', 'secrets/moved.yaml');
    expect(await box.git('status', '--porcelain')).toBe('R  secrets/db.yaml -> secrets/moved.yaml');
    await touch(team, 'secrets/moved.yaml');
    await box.git('add', '.');
    await box.git('commit', '-qm', 'moved');
    expect(await box.git('show', '--format=', '--name-status', '-M100%')).toContain('R100');
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await box.write('secrets/moved.yaml', two);
    await box.git('add', '.');
    expect(await box.git('diff', '--cached', '--no-textconv', '--numstat')).toBe('3\t3\tsecrets/moved.yaml');
  });

  it('an empty file stays empty', async () => {
    const team = await withSecret();
    const { box } = team;
    const names = ['empty.yaml', 'empty.json', 'empty.env', 'empty.ini', 'empty.bin'];
    await box.commit(Object.fromEntries(names.map((name) => [`secrets/${name}`, ''])));
    for (const name of names) {
      expect(await box.blob(`HEAD:secrets/${name}`)).toHaveLength(0);
      await rm(join(box.repo, 'secrets', name));
    }
    await box.git('checkout', '--', '.');
    for (const name of names) expect(await box.readBytes(`secrets/${name}`)).toHaveLength(0);
    expect(await box.git('status', '--porcelain')).toBe('');
    expect((await team.sops('check')).code).toBe(0);
    // From empty to full and back.
    await box.commit({ 'secrets/empty.env': 'A=1\n' });
    expect((await box.blob('HEAD:secrets/empty.env')).toString()).toContain('A=ENC[');
    await box.commit({ 'secrets/empty.env': '' });
    expect(await box.blob('HEAD:secrets/empty.env')).toHaveLength(0);
  });

  it('cherry-pick and rebase of secret edits that do not overlap', async () => {
    const { box } = await withSecret();
    await box.git('switch', '-q', '-c', 'side');
    await box.commit({ 'secrets/tls.key': Buffer.from([3, 4]) });
    await box.commit({ 'secrets/new.env': 'A=1\n' });
    await box.git('switch', '-q', 'main');
    await box.commit({ 'secrets/db.yaml': two });
    await box.git('switch', '-q', 'side');
    await box.git('rebase', '-q', 'main');
    expect(await box.read('secrets/db.yaml')).toBe(two);
    expect(await box.readBytes('secrets/tls.key')).toEqual(Buffer.from([3, 4]));
    expect(await box.git('status', '--porcelain')).toBe('');
  });
});
