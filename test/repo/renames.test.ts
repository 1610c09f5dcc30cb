import { mkdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { hasSops, sops } from '../sops.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const secret = `# the database
user: admin
password: hunter2
hosts:
    - one.example
    - two.example
port: 5432
`;

async function withSecret(rules = secretRule): Promise<Team> {
  const team = await createTeam(rules);
  await team.box.commit({ 'secrets/db.yaml': secret, 'readme.txt': 'text\n' });
  return team;
}

async function move({ box }: Team, from: string, to: string): Promise<void> {
  await mkdir(join(box.repo, to, '..'), { recursive: true });
  await rename(join(box.repo, from), join(box.repo, to));
}

describe('renames', () => {
  it('mv and git add give the identical blob, in one command or in two, and log --follow goes on', async () => {
    for (const steps of [
      [['add', '--all']],
      [
        ['add', '-u'],
        ['add', 'secrets'],
      ],
      [['add', 'secrets/new/database.yaml']],
    ]) {
      const team = await withSecret();
      const { box } = team;
      const before = await box.git('rev-parse', ':secrets/db.yaml');
      await move(team, 'secrets/db.yaml', 'secrets/new/database.yaml');
      for (const step of steps) await box.git(...step);
      expect(await box.git('rev-parse', ':secrets/new/database.yaml')).toBe(before);
      await box.git('add', '--all');
      expect(await box.git('status', '--porcelain')).toBe('R  secrets/db.yaml -> secrets/new/database.yaml');
      await box.git('commit', '-qm', 'renamed');
      expect((await box.git('log', '--follow', '--format=%s', '--', 'secrets/new/database.yaml')).split('\n')).toEqual([
        'renamed',
        'a commit',
      ]);
    }
  });

  it('an edit on the way changes its value, lastmodified and mac alone', async () => {
    const team = await withSecret();
    const { box } = team;
    const before = (await box.blob('HEAD:secrets/db.yaml')).toString();
    await move(team, 'secrets/db.yaml', 'secrets/database.yaml');
    // lastmodified counts seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    await box.write('secrets/database.yaml', secret.replace('hunter2', 'hunter3'));
    await box.git('add', '--all');
    expect(await box.git('status', '--porcelain')).toBe('R  secrets/db.yaml -> secrets/database.yaml');
    const after = (await box.blob(':secrets/database.yaml')).toString();
    const kept = new Set(before.split('\n'));
    const changed = after.split('\n').filter((line) => !kept.has(line));
    expect(changed.map((line) => line.trim().split(':')[0])).toEqual(['password', 'lastmodified', 'mac']);
    const diff = await box.git('diff', '--cached', '-M');
    expect(diff).toContain('rename from secrets/db.yaml');
    expect(diff).toContain('+password: hunter3');
    await box.git('commit', '-qm', 'renamed and changed');
    expect((await box.git('log', '--follow', '--format=%s', '--', 'secrets/database.yaml')).split('\n')).toHaveLength(
      2,
    );
  });

  it('a whole folder keeps each file its own blob, also files with the same name', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    const files: Record<string, string> = {};
    for (const name of ['a', 'b', 'c', 'd']) files[`secrets/${name}/values.yaml`] = secret.replaceAll('e', `e${name}`);
    await box.commit(files);
    const blobs = await box.git('ls-files', '-s', 'secrets');
    await rename(join(box.repo, 'secrets'), join(box.repo, 'moved'));
    await move(team, 'moved', 'other/secrets');
    await box.git('add', '--all');
    expect(await box.git('ls-files', '-s', 'other')).toBe(blobs.replaceAll('\tsecrets', '\tother/secrets'));
    expect((await box.git('status', '--porcelain')).split('\n').every((line) => line.startsWith('R '))).toBe(true);
  });

  it('git mv, with and without an edit', async () => {
    const team = await withSecret();
    const { box } = team;
    await box.git('mv', 'secrets/db.yaml', 'secrets/database.yaml');
    expect(await box.git('status', '--porcelain')).toBe('R  secrets/db.yaml -> secrets/database.yaml');
    await box.write('secrets/database.yaml', secret.replace('hunter2', 'hunter3'));
    await box.git('commit', '-qam', 'moved');
    expect(await box.git('show', '-M', '--format=', '--summary', 'HEAD')).toContain(
      'rename secrets/{db.yaml => database.yaml}',
    );
  });

  it('a deleted file with nothing in common, and a copy of a file that stays, are no base', async () => {
    const team = await withSecret();
    const { box } = team;
    const wrapped = (text: Buffer) => /-----BEGIN AGE[\s\S]*?END AGE/.exec(text.toString())?.[0];
    const old = wrapped(await box.blob('HEAD:secrets/db.yaml'));
    await box.write('secrets/copy.yaml', secret);
    await box.git('add', 'secrets/copy.yaml');
    expect(wrapped(await box.blob(':secrets/copy.yaml'))).not.toBe(old);
    await rm(join(box.repo, 'secrets/db.yaml'));
    await box.write('secrets/other.yaml', 'token: something else\n');
    await box.git('add', '--all');
    expect(wrapped(await box.blob(':secrets/other.yaml'))).not.toBe(old);
  });

  it('one deleted file is the base of one new path of a run', async () => {
    const team = await withSecret();
    const { box } = team;
    await move(team, 'secrets/db.yaml', 'secrets/one.yaml');
    await box.write('secrets/two.yaml', secret);
    await box.git('add', '--all');
    const before = await box.git('rev-parse', 'HEAD:secrets/db.yaml');
    const now = [await box.git('rev-parse', ':secrets/one.yaml'), await box.git('rev-parse', ':secrets/two.yaml')];
    expect(now.filter((oid) => oid === before)).toHaveLength(1);
  });

  it('P1: a path whose rule has other recipients or another selector gets a data key of its own', async () => {
    const other = generateKeyFile().recipient;
    const team = await withSecret(
      (r) =>
        `creation_rules:\n  - path_regex: ^secrets/shared/\n    age: ${r},${other}\n` +
        `  - path_regex: ^secrets/part/\n    age: ${r}\n    encrypted_regex: ^password$\n` +
        `  - path_regex: ^secrets/\n    age: ${r}\n`,
    );
    const { box } = team;
    const before = (await box.blob('HEAD:secrets/db.yaml')).toString();
    await move(team, 'secrets/db.yaml', 'secrets/shared/db.yaml');
    await box.git('add', '--all');
    const shared = (await box.blob(':secrets/shared/db.yaml')).toString();
    expect(shared).toContain(other);
    await move(team, 'secrets/shared/db.yaml', 'secrets/part/db.yaml');
    await box.git('add', '--all');
    const part = (await box.blob(':secrets/part/db.yaml')).toString();
    expect(part).toContain('user: admin');
    expect(part).not.toContain('hunter2');
    for (const blob of [shared, part]) {
      const tokens = [...blob.matchAll(/ENC\[[^\]]*\]/g)].map(([token]) => token);
      expect(tokens.filter((token) => before.includes(token))).toEqual([]);
    }
  });

  it('P6: without a key a renamed plaintext file is a new file', async () => {
    const team = await withSecret();
    const { box, keyFile } = team;
    await rm(keyFile);
    await move(team, 'secrets/db.yaml', 'secrets/database.yaml');
    await box.git('add', '--all');
    expect((await box.blob(':secrets/database.yaml')).toString()).toContain('password: ENC[');
  });

  it('a locked file keeps its blob', async () => {
    const team = await withSecret();
    await team.sops('lock');
    await move(team, 'secrets/db.yaml', 'secrets/database.yaml');
    await team.box.git('add', '--all');
    expect(await team.box.git('status', '--porcelain')).toBe('R  secrets/db.yaml -> secrets/database.yaml');
  });

  it.skipIf(!hasSops)('P4: real sops decrypts what was renamed and changed (needs sops)', async () => {
    const team = await withSecret();
    const { box, keyFile } = team;
    await move(team, 'secrets/db.yaml', 'secrets/database.yaml');
    await box.write('secrets/database.yaml', secret.replace('hunter2', 'hunter3'));
    await box.git('add', '--all');
    const stored = join(box.root, 'stored.yaml');
    await writeFile(stored, await box.blob(':secrets/database.yaml'));
    const done = sops(['decrypt', stored], { env: { SOPS_AGE_KEY_FILE: keyFile } });
    expect(done.stderr).toBe('');
    expect(done.stdout.toString()).toBe(secret.replace('hunter2', 'hunter3'));
  });
});

it('the filter does not call itself to find what was deleted', async () => {
  const { box } = await createTeam(secretRule);
  await box.write('secrets/db.yaml', 'password: hunter2\n');
  // Newer than the index: Git takes no one's word for its content, and would clean it to see.
  const future = new Date(Date.now() + 60_000);
  await utimes(join(box.repo, 'secrets/db.yaml'), future, future);
  await box.git('add', '.');
  await box.git('commit', '-qm', 'x');
  await box.write('secrets/new.yaml', 'password: hunter3\n');
  const trace = join(box.root, 'trace');
  await box.gitBytes(['add', 'secrets/new.yaml'], { env: { GIT_SOPS_TRACE: trace } });
  expect((await readFile(trace, 'utf8')).match(/ filter-process$/gm)).toHaveLength(1);
});
