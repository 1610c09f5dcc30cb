import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { hasSops } from '../sops.ts';
import { createTeam, type Team } from './team.ts';

/** A file of an example that must not speak in this very repository is named `dot.…` there. */
async function layOut({ box, recipient }: Team, example: string): Promise<string[]> {
  await cp(join('test/examples', example), box.repo, { recursive: true });
  const files = (await readdir(box.repo, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && !entry.parentPath.includes(`${box.repo}/.git`))
    .map((entry) => join(entry.parentPath, entry.name));
  for (const file of files) {
    const text = await readFile(file, 'latin1');
    await writeFile(file, text.replaceAll('RECIPIENT', recipient), 'latin1');
    if (/\/dot\./.test(file)) await rename(file, file.replace('/dot.', '/.'));
  }
  return files.map((file) => file.slice(box.repo.length + 1).replace(/^dot\./, '.')).sort();
}

async function coveredAmong({ box }: Team, files: readonly string[]): Promise<string[]> {
  const told = await box.git('check-attr', 'filter', '--', ...files);
  return told
    .split('\n')
    .flatMap((line) => (line.endsWith(': filter: sops') ? [line.slice(0, -': filter: sops'.length)] : []));
}

/** Every way to ask, and each must answer that nothing is wrong. */
async function isClean(team: Team, ...scopes: readonly string[][]): Promise<void> {
  for (const scope of scopes) {
    const done = await team.sops('check', ...scope);
    expect(done.stdout.toString(), scope.join(' ')).toMatch(
      scope.includes('--history') ? /^clean: \d+ versions? in .*\n$/ : /^clean: \d+ covered files? in .*\n$/,
    );
    expect([done.code, done.stderr]).toEqual([0, '']);
  }
}

describe('no false alarm on this repository', () => {
  it.skipIf(!existsSync('.git'))('nor in its history (needs its .git)', () => {
    for (const [counted, ...scope] of [['covered file'], ['version', '--history']]) {
      const cli = process.env['GIT_SOPS_TEST_CLI'] ?? '';
      const { status, stdout } = spawnSync(process.execPath, [cli, 'check', ...scope], { encoding: 'utf8' });
      expect([status, stdout]).toEqual([0, expect.stringMatching(`^clean: \\d+ ${counted}s? in .*, \\d+ accepted\n$`)]);
    }
  });
});

describe('no false alarm in a repository such as people have', () => {
  it.each(['flux', 'helm', 'ansible', 'dotfiles', 'terraform'])('%s', async (example) => {
    const team = await createTeam();
    const { box } = team;
    const files = await layOut(team, example);
    await box.git('add', '.sops.yaml');
    expect((await team.sops('init', '--yes')).code).toBe(0);
    await box.git('add', '.sops.yaml', '.gitattributes');
    await box.git('commit', '-qm', 'rules');
    const first = await box.git('rev-parse', 'HEAD');

    const covered = await coveredAmong(team, files);
    expect(covered.length).toBeGreaterThan(2);
    // Every second one is from before there was git-sops.
    let foreign = 0;
    for (const path of hasSops ? covered.filter((_, i) => i % 2 === 0) : []) {
      const done = await box.run('sops', ['encrypt', '--in-place', path]);
      if (done.code === 0) foreign++;
    }
    if (hasSops) expect(foreign).toBeGreaterThan(0);
    await box.commit({}, 'all files');
    await isClean(team, [], ['--worktree']);

    // Daily work: an edit in each file, a move, a merge.
    await box.git('checkout', '-q', '-b', 'topic');
    await box.git('rm', '-q', '--cached', '-r', '.');
    await box.git('reset', '-q', '--hard');
    for (const path of covered) {
      const text = await readFile(join(box.repo, path), 'latin1');
      await writeFile(join(box.repo, path), text.replaceAll('not-a-real-one', 'another'), 'latin1');
    }
    await box.commit({}, 'new passwords');
    await box.git('checkout', '-q', 'main');
    await box.commit({ 'docs/note.md': 'Ask ops for the `sops:` key.\n' });
    await box.git('merge', '-q', '--no-edit', 'topic');
    expect(await box.git('grep', '-l', 'another', 'HEAD', '--', ...covered).catch(() => '')).toBe('');
    await isClean(team, [], ['--staged'], ['--worktree'], ['HEAD'], ['--history'], [`${first}..HEAD`]);
  });
});
