import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { createTeam, secretRule } from './team.ts';

it('check: whatever keeps it from judging is exit code 2, never that of findings', async () => {
  const { box } = await createTeam(secretRule);
  const outside = join(box.root, 'outside');
  await mkdir(outside);
  const none = 'git-sops: this is no Git working tree\n';
  for (const [cwd, says, ...args] of [
    [outside, none],
    [outside, none, '--staged'],
    [outside, none, '--history'],
    [outside, none, '--format', 'json'],
    [join(box.repo, '.git'), none],
    [box.repo, 'names no commit', 'none..HEAD'],
    [box.repo, 'is outside the repository', '..'],
    [box.repo, 'an operand is empty', ''],
    [box.repo, 'names no revision', 'nowhere'],
    [box.repo, 'cannot be read', '--baseline', '.'],
    [box.repo, '--jobs takes', '--history', '--jobs', 'many'],
    [box.repo, 'Unknown option', '--nonsense'],
  ] as const) {
    const done = await box.run('git', ['sops', 'check', ...args], { cwd });
    expect([args, done.code, done.stdout.toString()]).toEqual([args, 2, '']);
    expect(done.stderr).toContain(says);
  }
});

it('check: findings that nobody reads to their end are findings all the same', async () => {
  const { box } = await createTeam(secretRule);
  await box.commit();
  const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: 'a: b\n' })).toString().trim();
  await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},secrets/db.yaml`);
  const done = await box.run('bash', ['-c', 'set -o pipefail; git sops check | true']);
  expect([done.code, done.stderr]).toEqual([1, '']);
});

it('check: an index that another Git command writes meanwhile is not taken for one that covers nothing', async () => {
  const { box } = await createTeam(secretRule);
  await box.commit();
  const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: 'a: b\n' })).toString().trim();
  await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},secrets/db.yaml`);
  // As if the list had been read before there was anything in it.
  const real = (await box.run('sh', ['-c', 'command -v git'])).stdout.toString().trim();
  const shim = `#!/bin/sh\ncase " $* " in *' ls-files --stage '*) exit 0 ;; *) exec ${real} "$@" ;; esac\n`;
  await box.write('../shim/git', shim, 0o755);
  const PATH = `${join(box.root, 'shim')}:${box.env['PATH']}`;
  const done = await box.with({ PATH }).run('git-sops', ['check']);
  expect([done.code, done.stdout.toString()]).toEqual([2, '']);
  expect(done.stderr).toContain('the index was changed while it was read');
});
