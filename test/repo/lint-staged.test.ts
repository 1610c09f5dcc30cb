import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { createTeam, secretRule } from './team.ts';

const plain = (password: string) => `user: admin\npassword: ${password}\nport: 5432\nname: app\nhost: db\n`;

const program = resolve('node_modules/lint-staged/bin/lint-staged.js');

it('lint-staged runs the hook from its list; of a file that is staged in part it refuses the commit and loses nothing', async () => {
  const team = await createTeam(secretRule);
  const { box } = team;
  await box.git('config', 'core.hooksPath', '.hooks');
  await box.write('.hooks/pre-commit', `#!/bin/sh\nexec '${process.execPath}' '${program}'\n`, 0o755);
  await box.write('.lintstagedrc.json', '{ "*": "git sops hook pre-commit" }\n');
  await box.commit({ 'secrets/db.yaml': plain('hunter1'), 'readme.md': 'text\n' });
  await box.write('secrets/db.yaml', plain('hunter2'));
  await box.write('readme.md', 'staged\n');
  await box.git('add', '.');
  await box.write('readme.md', 'staged\nnot staged\n');
  const trace = join(box.root, 'trace');
  const good = await box.tryGit(['commit', '-m', 'good'], { env: { GIT_SOPS_TRACE: trace } });
  expect(good.code).toBe(0);
  expect(await readFile(trace, 'utf8')).toContain('pre-commit: 1 covered files, 0 findings');
  expect(await box.git('show', 'HEAD:readme.md')).toBe('staged');
  expect(await box.git('status', '--porcelain')).toBe(' M readme.md');

  // Of what is not staged it makes a patch in plaintext, which Git cannot apply to what it stores.
  await box.write('secrets/db.yaml', plain('hunter3'));
  await box.git('add', 'secrets');
  const index = await box.git('ls-files', '--stage');
  const half = plain('hunter3').replace('host: db', 'host: other');
  await box.write('secrets/db.yaml', half);
  const hiding = await box.tryGit(['commit', '-m', 'hiding']);
  expect(hiding.code).not.toBe(0);
  expect(hiding.stderr).toContain('Unstaged changes could not be restored');
  expect(await box.read('secrets/db.yaml')).toBe(half);
  expect(await box.git('ls-files', '--stage')).toBe(index);
  await box.git('commit', '--no-verify', '-qam', 'all of it');

  const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: plain('hunter4') })).toString().trim();
  await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},secrets/leak.yaml`);
  const bad = await box.tryGit(['commit', '-m', 'leak']);
  expect(bad.code).not.toBe(0);
  expect(bad.stdout.toString() + bad.stderr).toContain('plaintext-file');
  expect(bad.stdout.toString() + bad.stderr).not.toContain('hunter');
});
