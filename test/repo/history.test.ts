import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { brokenTag, putIntoIndex } from './tampered.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const first = `user: admin
password: hunter2
users:
    - name: one
      token: abc
    - name: two
      token: def
`;

/** Commits all, as somebody, some days ago. */
async function commit({ box }: Team, message: string, daysAgo: number, name = 'Ann'): Promise<string> {
  const date = new Date(Date.now() - daysAgo * 86_400_000).toISOString();
  await box.git('add', '--all');
  await box.gitBytes(['commit', '-qm', message, '--author', `${name} <${name}@example.com>`, '--date', date]);
  return box.git('rev-parse', 'HEAD');
}

interface Value {
  keyPath: string;
  commit: string;
  subject: string;
  reencrypted: boolean;
  author: { name: string };
}

async function lastChanges(team: Team, ...args: string[]): Promise<Record<string, Record<string, Value>>> {
  const done = await team.sops('log', '--json', ...args);
  expect(done.stderr).toBe('');
  const { files } = JSON.parse(done.stdout.toString()) as { files: { path: string; values: Value[] }[] };
  return Object.fromEntries(
    files.map(({ path, values }) => [path, Object.fromEntries(values.map((value) => [value.keyPath, value]))]),
  );
}

const subjects = (values: Record<string, Value> = {}) =>
  Object.fromEntries(Object.entries(values).map(([key, { subject }]) => [key, subject]));

async function withHistory(): Promise<Team> {
  const team = await createTeam(secretRule);
  await team.box.write('secrets/db.yaml', first);
  await commit(team, 'first', 400);
  await team.box.write('secrets/db.yaml', first.replace('hunter2', 'hunter3'));
  await commit(team, 'password', 200, 'Bob');
  return team;
}

describe('git sops log', () => {
  it('names the commit of each value, across branches and merges, without a key', async () => {
    const team = await withHistory();
    const { box } = team;
    await box.git('checkout', '-qb', 'side');
    await box.write('secrets/db.yaml', first.replace('hunter2', 'hunter3').replace('def', 'side'));
    await commit(team, 'on the side', 100, 'Cy');
    await box.git('checkout', '-q', 'main');
    await box.write('secrets/app.env', 'A=1\n');
    await commit(team, 'app', 50);
    await box.gitBytes(['merge', '-q', '-m', 'merge', 'side']);
    await rm(team.keyFile);
    const files = await lastChanges(team);
    expect(subjects(files['secrets/db.yaml'])).toEqual({
      user: 'first',
      password: 'password',
      'users[0].name': 'first',
      'users[0].token': 'first',
      'users[1].name': 'first',
      'users[1].token': 'on the side',
    });
    expect(files['secrets/db.yaml']?.['password']?.author.name).toBe('Bob');
    expect(subjects(files['secrets/app.env'])).toEqual({ A: 'app' });
    const text = (await team.sops('log', 'secrets/db.yaml')).stdout.toString();
    expect(text).toMatch(/^ {2}password +\d{4}-\d\d-\d\d +200 d +[0-9a-f]{10} +Bob +password$/m);
    expect(text).not.toContain('app.env');
  });

  it('follows renames, and is not taken in by a moved item, a reorder or a revert', async () => {
    const team = await withHistory();
    const { box } = team;
    await mkdir(join(box.repo, 'secrets/new'));
    await box.git('mv', 'secrets/db.yaml', 'secrets/new/db.yaml');
    await commit(team, 'renamed', 90);
    await box.git('mv', 'secrets/new/db.yaml', 'secrets/last.yaml');
    await box.write(
      'secrets/last.yaml',
      (await box.read('secrets/last.yaml')).replace('users:\n', 'users:\n    - name: zero\n'),
    );
    await commit(team, 'renamed again, with an item in front', 80);
    await box.write('secrets/last.yaml', (await box.read('secrets/last.yaml')).replace('hunter3', 'hunter4'));
    await commit(team, 'changed', 70);
    await box.gitBytes(['revert', '--no-edit', 'HEAD']);
    const values = (await lastChanges(team))['secrets/last.yaml'];
    expect(subjects(values)).toEqual({
      user: 'first',
      password: 'Revert "changed"',
      'users[0].name': 'renamed again, with an item in front',
      'users[1].name': 'first',
      'users[1].token': 'first',
      'users[2].name': 'first',
      'users[2].token': 'first',
    });
  });

  it('says of a rotated file that it was encrypted anew', async () => {
    const team = await withHistory();
    await team.sops('rotate', 'secrets/db.yaml');
    await commit(team, 'rotated', 10);
    const values = Object.values((await lastChanges(team))['secrets/db.yaml'] ?? {});
    expect(values.every(({ subject, reencrypted }) => subject === 'rotated' && reencrypted)).toBe(true);
    expect((await team.sops('log', 'secrets/db.yaml', 'password')).stdout.toString()).toContain('re-encrypted');
  });

  it.each([
    ['app.env', (values: string[]) => values.map((value) => `TOKEN=${value}\n`).join(''), 'TOKEN'],
    ['app.ini', (values: string[]) => values.map((value) => `[a]\ntoken = ${value}\n`).join(''), 'a.token'],
    ['app.json', (values: string[]) => `{${values.map((value) => `"token": "${value}"`).join(', ')}}\n`, 'token'],
    ['app.yaml', (values: string[]) => `list:\n${values.map((value) => `  - ${value}\n`).join('')}`, 'list'],
  ])('counts equal keys and the items of a list: %s', async (name, text, key) => {
    const team = await createTeam(secretRule);
    const versions = [['s1', 's2'], ['s2'], ['s2', 's3'], ['s4', 's3'], ['s4', 's5', 's3'], ['s6', 's3'], []];
    for (const [i, values] of versions.entries()) {
      await team.box.write(
        `secrets/${name}`,
        values.length === 0 ? text(['']).replace(/^\s+- .*$/m, '  []') : text(values),
      );
      await commit(team, String(i), 100 - i);
    }
    const done = await team.sops('log', '--json', `secrets/${name}`, key);
    const { changes } = JSON.parse(done.stdout.toString()) as { changes: (Value & { what: string })[] };
    const told = versions.map((_, i) =>
      changes.flatMap(({ what, subject }) => (subject === String(i) ? [what] : [])).join(' '),
    );
    expect(told).toEqual(['added added', 'removed', 'added', 'changed', 'added', 'changed removed', 'removed removed']);
  });

  it('lists every change of one value, and of all below a key, through a rename', async () => {
    const team = await withHistory();
    const { box } = team;
    await box.git('mv', 'secrets/db.yaml', 'secrets/last.yaml');
    await commit(team, 'renamed', 90);
    await box.write('secrets/last.yaml', 'user: admin\nusers:\n    - name: one\n      token: xyz\n');
    await commit(team, 'trimmed', 80);
    const history = async (...args: string[]) => {
      const done = await team.sops('log', '--json', 'secrets/last.yaml', ...args);
      const { changes } = JSON.parse(done.stdout.toString()) as { changes: (Value & { what: string })[] };
      return changes.map(({ what, keyPath, subject }) => `${subject}: ${what} ${keyPath}`);
    };
    expect(await history('password')).toEqual([
      'trimmed: removed password',
      'password: changed password',
      'first: added password',
    ]);
    expect(await history('users[0]')).toEqual([
      'trimmed: changed users[0].token',
      'first: added users[0].name',
      'first: added users[0].token',
    ]);
    expect(await history('["users"][1]["token"]')).toEqual([
      'trimmed: removed users[1].token',
      'first: added users[1].token',
    ]);
    const wrong = await team.sops('log', 'secrets/last.yaml', 'nothing');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('no encrypted value at nothing');
    expect((await team.sops('log', 'elsewhere')).code).toBe(2);
  });

  it('P8: shows no value and escapes what a repository puts into names', async () => {
    const team = await withHistory();
    await team.box.write('secrets/db.yaml', `${first}"evil\\e[2J": 1\n`);
    await commit(team, 'evil \u001b[2J subject', 1, 'E\u001b[2Jve');
    const text = (await team.sops('log')).stdout.toString() + (await team.sops('status', '--age')).stdout.toString();
    expect(text).not.toContain('\u001b');
    expect(text).not.toContain('hunter');
  });

  it('reads history by one git log and one cat-file', async () => {
    const team = await withHistory();
    const trace = join(team.box.root, 'trace');
    await team.box.run('git', ['sops', 'log'], { env: { GIT_TRACE: trace } });
    const started = (await readFile(trace, 'utf8')).match(/(?<=built-in: git )[a-z-]+/g) ?? [];
    expect(started.filter((name) => name === 'log')).toHaveLength(1);
    expect(started.filter((name) => name === 'cat-file')).toHaveLength(1);
  });
});

describe('git sops status --age', () => {
  it('lists values older than a limit, oldest first', async () => {
    const team = await withHistory();
    await team.box.write('secrets/app.env', 'A=1\n');
    await commit(team, 'app', 5);
    const all = (await team.sops('status', '--age')).stdout.toString().trim().split('\n');
    expect(all).toHaveLength(8);
    expect(all[1]).toMatch(/^400 d/);
    expect(all[7]).toMatch(/^5 d .*secrets\/app\.env +A/);
    const old = JSON.parse((await team.sops('status', '--age', '--older-than', '90d', '--json')).stdout.toString());
    expect(old.values.map(({ keyPath }: Value) => keyPath)).toEqual([
      'user',
      'users[0].name',
      'users[0].token',
      'users[1].name',
      'users[1].token',
      'password',
    ]);
    expect((await team.sops('status', '--age', '--older-than', '2y')).stdout.toString()).toContain('No value is older');
    expect((await team.sops('status', '--age', '--older-than', 'soon')).code).toBe(2);
  });

  it('says so where a clone is shallow', async () => {
    const team = await withHistory();
    const clone = team.box.at(join(team.box.root, 'clone'));
    await team.box.git('clone', '-q', '--depth', '1', `file://${team.box.repo}`, clone.repo);
    const done = await clone.run('git', ['sops', 'status', '--age']);
    expect(done.stderr).toContain('git fetch --unshallow');
    expect(done.code).toBe(0);
  });
});

describe('blame and search in history', () => {
  it('git blame REV shows plaintext by commit', async () => {
    const { box } = await withHistory();
    const lines = (await box.git('blame', '-s', 'HEAD', '--', 'secrets/db.yaml')).split('\n');
    const [one, two] = (await box.git('log', '--format=%h', '--abbrev=7')).split('\n').reverse();
    expect(lines[0]).toMatch(new RegExp(`^\\^${one}.* user: admin$`));
    expect(lines[1]).toMatch(new RegExp(`^${two}.* password: hunter3$`));
  });

  it('git sops blame shows the working file, with what is not committed, and stores nothing', async () => {
    const team = await withHistory();
    const { box } = team;
    await box.write('secrets/db.yaml', first.replace('hunter2', 'hunter3').replace('abc', 'fresh'));
    const objects = await box.git('count-objects');
    const done = await box.run('git', ['sops', 'blame', '-s', 'db.yaml'], { cwd: join(box.repo, 'secrets') });
    expect(done.stderr).toBe('');
    const lines = done.stdout.toString().trim().split('\n');
    expect(lines).toHaveLength(7);
    expect(lines[1]).toMatch(/^[0-9a-f]{8} 2\) password: hunter3$/);
    expect(lines.filter((line) => line.startsWith('00000000'))).toEqual(['00000000 5)       token: fresh']);
    const part = await box.run('git', ['sops', 'blame', '-s', '-L2,2', 'HEAD~1', '--', 'secrets/db.yaml']);
    expect(part.stdout.toString()).toContain('password: hunter2');
    expect(await box.git('count-objects')).toBe(objects);
    await box.git('add', '.');
    await team.sops('lock');
    const locked = await team.sops('blame', '-s', 'secrets/db.yaml');
    expect(locked.stdout.toString()).toContain('password: hunter3');
  });

  it('git sops blame names the version that it cannot show', async () => {
    const team = await withHistory();
    const { box, sops } = team;
    const good = await box.read('secrets/db.yaml');
    await putIntoIndex(box, 'secrets/db.yaml', brokenTag(await box.blob('HEAD:secrets/db.yaml')));
    await box.git('commit', '-q', '--no-verify', '-m', 'tampered');
    const tampered = await box.git('rev-parse', 'HEAD');
    // As it was staged before, and then as it is taken away again: neither of these commits brought it.
    await box.git('checkout', '-q', 'HEAD~', '--', 'secrets/db.yaml');
    await box.git('commit', '-q', '-m', 'mended');
    expect(await box.read('secrets/db.yaml')).toBe(good);
    const shown = await sops('blame', '-s', 'secrets/db.yaml');
    expect(shown.code).toBe(0);
    expect(shown.stderr).toContain('secrets/db.yaml:1:7: has a ciphertext at user that fails');
    expect(shown.stderr).toContain(`that is its version of commit ${tampered.slice(0, 10)}\n`);

    await rm(team.keyFile);
    const closed = await sops('blame', '-s', 'secrets/db.yaml');
    expect(closed.stderr).toMatch(
      /git-sops: \d versions \(secrets\/db\.yaml of commit [0-9a-f]{10} …\) stay encrypted/,
    );
    // A checkout has one version, and says its path.
    await rm(join(box.repo, 'secrets/db.yaml'));
    const checkout = await box.tryGit(['checkout', '--', 'secrets/db.yaml']);
    expect(checkout.stderr).toContain('git-sops: secrets/db.yaml stays encrypted');
  });

  it('P7: the filter that blame uses cannot stage anything', async () => {
    const team = await withHistory();
    const { box } = team;
    await box.write('secrets/db.yaml', 'password: fresh\n');
    const process = `${await box.git('config', 'filter.sops.process')} --smudge-only`;
    expect((await box.tryGit(['-c', `filter.sops.process=${process}`, 'add', '.'])).code).not.toBe(0);
  });

  it('git log -S and -G find plaintext, and -p shows it', async () => {
    const { box } = await withHistory();
    expect(await box.git('log', '--format=%s', '-Shunter3')).toBe('password');
    expect(await box.git('log', '--format=%s', '-Gpassword: hunter')).toBe('password\nfirst');
    expect(await box.git('log', '-p', '-1')).toContain('-password: hunter2\n+password: hunter3');
  });
});
