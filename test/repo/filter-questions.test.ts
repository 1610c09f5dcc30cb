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
});
