import { mkdir, rm, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { hasSops, sops as realSops } from '../sops.ts';
import { createTeam, secretRule, type Team } from './team.ts';

const before = 'user: admin\npassword: hunter2\nport: 5432\n';
const after = 'user: admin\npassword: hunter3\nport: "5432"\nextra: new\n';
const shown = `secrets/db.yaml
  ~ password  "hunter2" → "hunter3"
  ~ port      5432 → "5432" (int → str)
  + extra     "new"
`;

async function withFile(): Promise<Team> {
  const team = await createTeam(secretRule);
  await team.box.commit({ 'secrets/db.yaml': before, 'plain.txt': 'x\n' });
  return team;
}

/** What `git sops diff` prints; it must succeed. */
async function diff({ sops }: Team, ...args: string[]): Promise<string> {
  const done = await sops('diff', ...args);
  expect(done.stderr).toBe('');
  expect(done.code).toBe(0);
  return done.stdout.toString();
}

/** The same without any identity. */
async function keyless({ box }: Team, ...args: string[]): Promise<string> {
  const nowhere = join(box.root, 'nowhere');
  const done = await box.run('git', args, { env: { HOME: nowhere, XDG_CONFIG_HOME: nowhere } });
  expect(done.stderr.replace(/^git-sops: .* stays? encrypted: .*\n.*\n/gm, '')).toBe('');
  expect(done.code).toBe(0);
  return done.stdout.toString();
}

async function stageBytes({ box }: Team, path: string, content: string): Promise<void> {
  const oid = await box.gitBytes(['hash-object', '-w', '--stdin', '--no-filters'], { input: content });
  await box.git('update-index', '--add', '--cacheinfo', `100644,${oid.toString().trim()},${path}`);
}

describe('git sops diff, with real Git', () => {
  it('takes what git diff takes', async () => {
    const team = await withFile();
    const { box } = team;
    await box.write('secrets/db.yaml', after);
    await box.write('plain.txt', 'y\n');
    expect(await diff(team)).toBe(shown);
    expect(await diff(team, 'HEAD')).toBe(shown);
    expect(await diff(team, '--cached')).toBe('');
    await box.git('add', '.');
    expect(await diff(team)).toBe('');
    expect(await diff(team, '--cached')).toBe(shown);
    expect(await diff(team, '--staged', 'HEAD', '--', 'secrets')).toBe(shown);
    await box.git('branch', 'start');
    await box.git('commit', '-qm', 'second');
    expect(await diff(team, 'start..HEAD')).toBe(shown);
    expect(await diff(team, 'start', 'HEAD')).toBe(shown);
    expect(await diff(team, 'HEAD', 'start')).toContain('"hunter3" → "hunter2"');
    expect(await diff(team, '-R', 'HEAD', 'start')).toBe(shown);
    expect(await diff(team, 'HEAD~:secrets/db.yaml', 'HEAD:secrets/db.yaml')).toContain('"hunter2" → "hunter3"');
    await box.git('checkout', '-q', '-b', 'side', 'start');
    await box.commit({ 'secrets/other.yaml': 'a: 1\n' });
    expect(await diff(team, 'main...side')).toMatch(
      /^secrets\/other\.yaml \(new file\)\n {2}\+ recipient .*\n {2}\+ a {10}1\n$/,
    );
    expect(await diff(team, 'main', 'side', '--', ':!secrets/other.yaml')).toContain('hunter3');
  });

  it('counts pathspecs from where the user stands', async () => {
    const team = await withFile();
    const { box } = team;
    await box.write('secrets/db.yaml', after);
    await mkdir(join(box.repo, 'elsewhere'));
    const from = async (folder: string, ...args: string[]) =>
      (await box.run('git', ['sops', 'diff', ...args], { cwd: join(box.repo, folder) })).stdout.toString();
    expect(await from('secrets', '--', 'db.yaml')).toBe(shown);
    expect(await from('elsewhere', '--', '../secrets')).toBe(shown);
    expect(await from('elsewhere', '--', '.')).toBe('');
  });

  it('has exit codes as git diff, and tells wrong use from a difference', async () => {
    const team = await withFile();
    const { box, sops } = team;
    expect((await sops('diff', '--exit-code')).code).toBe(0);
    await box.write('secrets/db.yaml', after);
    expect((await sops('diff')).code).toBe(0);
    expect((await sops('diff', '--exit-code')).code).toBe(1);
    const quiet = await sops('diff', '--quiet');
    expect([quiet.code, quiet.stdout.toString()]).toEqual([1, '']);
    for (const wrong of [['--stat'], ['no-such-revision'], ['--format', 'xml'], ['--output=x']]) {
      expect((await sops('diff', ...wrong)).code).toBe(2);
    }
  });

  it('says nothing of files whose times alone changed, plaintext or locked', async () => {
    const team = await withFile();
    const { box } = team;
    const later = new Date(Date.now() + 5000);
    await utimes(join(box.repo, 'secrets/db.yaml'), later, later);
    expect(await diff(team)).toBe('');
    expect((await team.sops('lock')).code).toBe(0);
    await utimes(join(box.repo, 'secrets/db.yaml'), later, new Date(Date.now() + 9000));
    expect(await diff(team)).toBe('');
    expect(await keyless(team, 'sops', 'diff')).toBe('');
  });

  it('compares a locked working file with the index', async () => {
    const team = await withFile();
    const { box } = team;
    await box.write('secrets/db.yaml', after);
    await box.git('add', '.');
    const blob = await box.blob(':secrets/db.yaml');
    await box.git('reset', '-q');
    await box.write('secrets/db.yaml', blob);
    expect(await diff(team)).toBe(shown);
  });

  it('tells new, deleted, renamed and changed modes', async () => {
    const team = await withFile();
    const { box } = team;
    const many = Array.from({ length: 20 }, (_, i) => `key${i}: value-${i}\n`).join('');
    await box.commit({ 'secrets/many.yaml': many });
    await box.git('mv', 'secrets/many.yaml', 'secrets/few.yaml');
    await box.write('secrets/few.yaml', many.replace('value-7', 'seven'));
    await box.git('rm', '-q', '--cached', 'secrets/db.yaml');
    await rm(join(box.repo, 'secrets/db.yaml'));
    await box.write('secrets/run.env', 'A=1\n', 0o755);
    await box.git('add', '.');
    const text = await diff(team, '--cached');
    expect(text).toContain('secrets/db.yaml (deleted)\n  - user      "admin"\n');
    expect(text).toContain('secrets/few.yaml (renamed from secrets/many.yaml)\n  ~ key7  "value-7" → "seven"\n');
    expect(text).toContain('secrets/run.env (new file)\n');
    await box.git('commit', '-qm', 'x');
    await box.git('update-index', '--chmod=-x', 'secrets/run.env');
    expect(await diff(team, '--cached')).toBe('secrets/run.env\n  ~ mode  100755 → 100644\n');
  });

  it('tells a layout change, and a file that is encrypted again, from a changed value', async () => {
    const team = await withFile();
    const { box } = team;
    await box.write('secrets/db.yaml', before.replace('user: admin', 'user:   admin'));
    expect(await diff(team)).toBe('secrets/db.yaml\n  ~ layout only: no value changed\n');
    await box.write('secrets/db.yaml', before);
    await team.sops('rotate', 'secrets/db.yaml');
    expect(await diff(team, '--cached')).toBe('secrets/db.yaml\n  ~ data key  rotated\n');
    expect(await diff(team)).toBe('');
  });

  it('names recipients as .sops.yaml does, and tells of another selector what is in the clear now', async () => {
    const team = await createTeam(
      (own) => `creation_rules:\n  - age:\n      # Bob left\n      - ${bob}\n      - ${own} # Ann\n`,
    );
    const { box, recipient } = team;
    await box.commit({ 'secrets/db.yaml': 'name: x\ndata: secret\n' });
    await box.write('.sops.yaml', `creation_rules:\n  - encrypted_regex: ^data$\n    age: [${recipient}]\n`);
    await team.sops('rotate', 'secrets/db.yaml');
    expect(await diff(team, '--cached', '--', 'secrets')).toBe(`secrets/db.yaml
  - recipient  ${bob} (Bob left)
  ~ selector   unencrypted_suffix: _unencrypted → encrypted_regex: ^data$
  ~ data key   rotated
  ! name       is in the clear now
`);
    expect(await keyless(team, 'sops', 'diff', '--cached', '--', 'secrets')).toContain(
      `- recipient  ${bob} (Bob left)`,
    );
  });

  it('P6: without a key, tells the changed key paths from ciphertext alone', async () => {
    const team = await withFile();
    await team.box.write('secrets/db.yaml', after);
    await team.box.git('add', '.');
    const text = await keyless(team, 'sops', 'diff', '--cached');
    expect(text).toBe(`secrets/db.yaml (no key here: compared as ciphertext)
  ~ password  str
  ~ port      int → str
  + extra     str
`);
    const json = JSON.parse(await keyless(team, 'sops', 'diff', '--cached', '--format', 'json'));
    expect(json.files[0]).toMatchObject({ basis: 'ciphertext', after: { state: 'locked' } });
  });

  it('P5: says of a broken file that it is broken, and decrypts nothing of it', async () => {
    const team = await withFile();
    const blob = (await team.box.blob('HEAD:secrets/db.yaml')).toString();
    const password = /password: (ENC\[.*\])/.exec(blob)?.[1] ?? '';
    await stageBytes(team, 'secrets/db.yaml', blob.replace(password, password.replace(/type:str/, 'type:int')));
    for (const args of [
      ['--cached'],
      [],
      ['--cached', '--format', 'json'],
      ['--cached', '--format', 'markdown', '--show-values'],
    ]) {
      const text = await diff(team, ...args);
      expect(text).toMatch(/broken/);
      expect(text).toContain('password');
      expect(text).not.toContain('hunter2');
    }
  });

  it('tells plaintext that got into Git, and back', async () => {
    const team = await withFile();
    await stageBytes(team, 'secrets/db.yaml', before);
    expect(await diff(team, '--cached')).toBe('secrets/db.yaml\n  ! is plaintext now; it was encrypted in Git\n');
    expect(await diff(team, '--cached', '-R')).toContain('! is encrypted now; it was plaintext in Git');
  });

  it('compares a working file that does not parse as text', async () => {
    const team = await withFile();
    await team.box.write('secrets/db.yaml', before.replace('hunter2', '[hunter2'));
    expect(await diff(team)).toContain('      - password: hunter2\n      + password: [hunter2\n');
    expect(await diff(team, '--redact')).not.toContain('hunter2');
  });

  it('shows a conflict as the working file against our side', async () => {
    const team = await withFile();
    const { box } = team;
    await box.git('checkout', '-q', '-b', 'side');
    await box.commit({ 'secrets/db.yaml': before.replace('hunter2', 'theirs') });
    await box.git('checkout', '-q', 'main');
    await box.commit({ 'secrets/db.yaml': before.replace('hunter2', 'ours') });
    expect((await box.tryGit(['merge', 'side'])).code).not.toBe(0);
    // As Git stores it, encrypted, and as it stands here.
    for (const args of [['AUTO_MERGE', 'main'], []]) {
      const [, marked, , ours] =
        (await diff(team, ...args)).match(/([+-] <{7} .*)\n((?!.*encrypted).*\n)*? +(password: ours)\n/) ?? [];
      expect(marked, args.join(' ')).toMatch(args.length > 0 ? /^-/ : /^\+/);
      expect(ours).toBe('password: ours');
    }
    await box.write('secrets/db.yaml', before.replace('hunter2', 'both'));
    expect(await diff(team)).toBe('secrets/db.yaml (in conflict)\n  ~ password  "ours" → "both"\n');
    expect(await diff(team, '--cached')).toBe('secrets/db.yaml (in conflict)\n');
  });

  it('compares through line ends that Git converts', async () => {
    const team = await withFile();
    await team.box.git('config', 'core.autocrlf', 'true');
    await team.box.write('secrets/db.yaml', after.replaceAll('\n', '\r\n'));
    expect(await diff(team)).toBe(shown);
  });

  it.skipIf(!hasSops)('reads what real sops wrote (needs sops)', async () => {
    const team = await withFile();
    const { box, keyFile } = team;
    const file = join(box.repo, 'secrets/db.yaml');
    await box.write('secrets/db.yaml', await box.blob('HEAD:secrets/db.yaml'));
    const set = realSops(['set', file, '["password"]', '"hunter3"'], { env: { SOPS_AGE_KEY_FILE: keyFile } });
    expect(set.code).toBe(0);
    expect(await diff(team)).toBe('secrets/db.yaml\n  ~ password  "hunter2" → "hunter3"\n');
  });
});

describe('diff.sops.command', () => {
  const configured = async () => {
    const team = await withFile();
    await team.box.git('config', 'diff.sops.command', 'git-sops external-diff');
    return team;
  };

  it('is the output of git diff: working file, index, new, deleted and renamed files', async () => {
    const { box } = await configured();
    const many = Array.from({ length: 20 }, (_, i) => `key${i}: value-${i}\n`).join('');
    await box.commit({ 'secrets/many.yaml': many, 'secrets/old.yaml': 'a: 1\n' });
    await box.write('secrets/db.yaml', after);
    expect(await box.git('diff')).toBe(shown.trimEnd());
    await box.git('mv', 'secrets/many.yaml', 'secrets/moved.yaml');
    await box.write('secrets/moved.yaml', many.replace('value-7', 'seven'));
    await box.git('rm', '-q', 'secrets/old.yaml');
    await box.write('secrets/new.yaml', 'b: 2\n');
    await box.write('plain.txt', 'y\n');
    await box.git('add', '.');
    const text = await box.git('diff', '--cached');
    expect(text).toContain(shown);
    expect(text).toContain('secrets/moved.yaml (renamed from secrets/many.yaml)\n  ~ key7  "value-7" → "seven"\n');
    expect(text).toContain('secrets/old.yaml (deleted)\n  - a  1');
    expect(text).toMatch(/secrets\/new\.yaml \(new file\)\n {2}\+ recipient .*\n {2}\+ b {10}2/);
    // What has no driver stays a patch.
    expect(text).toContain('diff --git a/plain.txt b/plain.txt');
    expect(await box.git('diff', '--cached', '--no-ext-diff')).toContain('+password: hunter3');
  });

  it('says nothing of a file that is the same, and has its colours where Git has them', async () => {
    const { box } = await configured();
    await utimes(join(box.repo, 'secrets/db.yaml'), new Date(), new Date(Date.now() + 5000));
    expect(await box.git('diff')).toBe('');
    await box.write('secrets/db.yaml', after);
    expect(await box.git('-c', 'color.ui=always', 'diff')).toContain('\u001b[31m"hunter2"\u001b[39m');
    expect(await box.git('-c', 'color.ui=never', 'diff')).not.toContain('\u001b');
  });

  it('P6, P5: works without a key, and does not stop git diff at a broken file', async () => {
    const team = await configured();
    const { box } = team;
    await box.write('secrets/db.yaml', after);
    await box.git('add', '.');
    // As in a clone without a key. A plaintext working file Git would send through the filter.
    expect((await team.sops('lock')).code).toBe(0);
    expect(await keyless(team, 'diff', '--cached')).toContain('  ~ port      int → str\n');
    const blob = (await box.blob('HEAD:secrets/db.yaml')).toString();
    await stageBytes(team, 'secrets/db.yaml', blob.replace('type:str', 'type:int'));
    await stageBytes(team, 'secrets/zz.yaml', 'sops:\n  mac: ENC[AES256_GCM,data:broken\n');
    await stageBytes(team, 'zz.txt', 'last\n');
    const text = await box.git('diff', '--cached');
    expect(text).toContain('  ! new side is broken');
    expect(text).not.toContain('hunter');
    expect(text).toContain('+last');
  });

  it('shows a conflict', async () => {
    const { box } = await configured();
    await box.git('checkout', '-q', '-b', 'side');
    await box.commit({ 'secrets/db.yaml': before.replace('hunter2', 'theirs') });
    await box.git('checkout', '-q', 'main');
    await box.commit({ 'secrets/db.yaml': before.replace('hunter2', 'ours') });
    await box.tryGit(['merge', 'side']);
    expect(await box.git('diff', '--cached')).toContain('secrets/db.yaml');
  });
});

/** Somebody else's recipient. */
const bob = generateKeyFile().recipient;
