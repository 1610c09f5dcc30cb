import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createTeam, secretRule } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';

/** The Git commands that a Git command started, through the filter too. */
async function startedBy(team: Awaited<ReturnType<typeof createTeam>>, ...args: string[]): Promise<string[]> {
  const trace = join(team.box.root, `trace-${args.join('-').replace(/\W/g, '')}`);
  await team.box.run('git', args, { env: { GIT_TRACE: trace } });
  return (await readFile(trace, 'utf8')).match(/(?<=built-in: git )[a-z-]+/g) ?? [];
}

describe('what the filter asks Git', () => {
  it('is one question for a diff or an add of one file', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'secrets/db.yaml': secret });
    await box.write('secrets/db.yaml', secret.replace('hunter2', 'hunter3'));
    for (const args of [['diff'], ['add', 'secrets/db.yaml']]) {
      const started = await startedBy(team, ...args);
      expect(started).toContain(args[0]);
      expect(started.filter((name) => name === 'cat-file')).toHaveLength(1);
    }
  });

  it('shows by a diff what an edit changed, and what the index holds, from one reading of each', async () => {
    const { box } = await createTeam(secretRule);
    await box.commit({ 'secrets/db.yaml': secret });
    await box.write('secrets/db.yaml', secret.replace('hunter2', 'hunter3'));
    await box.git('add', '.');
    await box.write('secrets/db.yaml', secret.replace('hunter2', 'hunter4'));
    const diff = await box.git('diff');
    expect(diff).toContain('-password: hunter3\n');
    expect(diff).toContain('+password: hunter4');
    expect(await box.git('diff', 'HEAD')).toContain('-password: hunter2\n');
  });

  it('is not about each of many new files; what is not new among them follows what Git has all the same', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    const named = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => `secrets/${String(from + i).padStart(3, '0')}.yaml`);
    // In HEAD and in the index, in HEAD alone (behind many new ones: Git adds what the index has first), in the index alone, in conflict.
    const special = [20, 40, 60, 80].flatMap((n) => named(n, n + 1)) as [string, string, string, string];
    const [both, inHead, staged, conflicting] = special;
    await box.commit({ [both]: secret, [inHead]: secret, [conflicting]: secret });
    await box.git('branch', 'other');
    await box.commit({ [conflicting]: secret.replace('hunter2', 'ours') });
    await box.git('checkout', '-q', 'other');
    await box.commit({ [conflicting]: secret.replace('hunter2', 'theirs') });
    await box.tryGit(['merge', '-q', 'main']);
    const ofStaged = secret.replace('hunter2', 'staged');
    await box.write(staged, ofStaged);
    await box.git('add', staged);
    await box.git('rm', '-q', '--cached', inHead);
    const before = new Map<string, string>();
    for (const path of [both, inHead]) before.set(path, await box.git('rev-parse', `HEAD:${path}`));
    before.set(staged, await box.git('rev-parse', `:${staged}`));
    const wrapped = async (name: string) =>
      /enc: \|\n([\s\S]*?END AGE)/.exec(await box.git('cat-file', '-p', name))?.[1];
    const ours = await wrapped(`:2:${conflicting}`);

    const files = named(0, 100).filter((path) => !special.includes(path));
    for (const path of files) await box.write(path, secret);
    for (const path of [both, inHead]) await box.write(path, secret);
    await box.write(staged, ofStaged);
    await box.write(conflicting, secret.replace('hunter2', 'resolved'));
    const started = await startedBy(team, 'add', 'secrets');

    for (const [path, oid] of before) expect([path, await box.git('rev-parse', `:${path}`)]).toEqual([path, oid]);
    // The data key of what it follows.
    expect(ours).toBeDefined();
    expect(await wrapped(`:${conflicting}`)).toBe(ours);
    for (const path of files) {
      expect((await box.git('cat-file', '-p', `:${path}`)).includes('ENC[AES256_GCM,')).toBe(true);
    }
    expect(started.filter((name) => name === 'ls-tree')).toHaveLength(1);
  });

  it('is not about each of many new files in a repository without index and commits', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    expect(existsSync(join(box.repo, '.git/index'))).toBe(false);
    const files = Array.from({ length: 60 }, (_, i) => `secrets/${i + 10}.yaml`);
    for (const path of files) await box.write(path, secret);
    const started = await startedBy(team, 'add', 'secrets');
    // What was deleted, and what the folder holds.
    expect(started.filter((name) => name === 'ls-files')).toHaveLength(2);
    // One for the first file, and one for those behind it.
    expect(started.filter((name) => name === 'cat-file')).toHaveLength(2);
    for (const path of files) expect(await box.git('cat-file', '-p', `:${path}`)).toContain('ENC[AES256_GCM,');
  });
});
