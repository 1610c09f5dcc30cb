import { chmod, mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTeam, secretRule, type Team } from './team.ts';

/** What each format makes of nonsense is in test/format; here is what a user of Git gets to see of it. */
interface Bad {
  readonly what: string;
  readonly path: string;
  readonly content: string | Buffer;
  /** Of the one-shot; `git add` itself ends with Git's own. sops's where sops has one for the case. */
  readonly exit: number;
  /** File, with line or key path where there is one; what is wrong; what to do. */
  readonly says: readonly [place: string, wrong: RegExp, mend: RegExp];
}

const db = 'secrets/db.yaml';
const good = 'user: admin\npassword: hunter2\n';
const latin1 = (text: string) => Buffer.from(text, 'latin1');

const broken: readonly Bad[] = [
  {
    what: 'invalid YAML',
    path: db,
    content: 'user: admin\npassword: "hunter2\nmore: 1\n',
    exit: 2,
    says: [`${db}:2:11:`, /quoted text is not closed/, /correct it there/],
  },
  {
    what: 'invalid JSON',
    path: 'secrets/a.json',
    content: '{"password": "hunter2",}\n',
    exit: 2,
    says: ['secrets/a.json:1:24:', /a key in double quotes/, /correct it there/],
  },
  {
    what: 'invalid dotenv',
    path: 'secrets/a.env',
    content: 'A=1\nhunter2\n',
    exit: 2,
    says: ['secrets/a.env:2:', /a line has no =/, /correct it there/],
  },
  {
    what: 'invalid INI',
    path: 'secrets/a.ini',
    content: '[a]\nhunter2\n',
    exit: 2,
    says: ['secrets/a.ini:2:1:', /neither = nor :/, /correct it there/],
  },
  {
    what: 'YAML in the wrong encoding',
    path: db,
    content: latin1('user: a\npassword: hunter2\xff\n'),
    exit: 2,
    says: [`${db}:2:`, /not valid UTF-8/, /save it as UTF-8/],
  },
  {
    what: 'JSON in the wrong encoding',
    path: 'secrets/a.json',
    content: latin1('{"password": "hunter2\xff"}\n'),
    exit: 2,
    says: ['secrets/a.json:1:', /not valid UTF-8/, /save it as UTF-8/],
  },
];

/** Rules, with `{R}` for the recipient, and what a new file gets to hear. */
const brokenRules: readonly (Omit<Bad, 'path' | 'content'> & { readonly rules: string; readonly check: number })[] = [
  {
    what: 'a bad regular expression for paths',
    rules: 'creation_rules:\n  - path_regex: ^(?!x)secrets/\n    age: {R}\n',
    exit: 2,
    check: 2,
    says: ['.sops.yaml:2:', /RE2 does not take \(\^\(\?!x\)secrets\/\)/, /without lookarounds/],
  },
  {
    what: 'a bad regular expression for keys',
    rules: 'creation_rules:\n  - encrypted_regex: "("\n    age: {R}\n',
    exit: 2,
    check: 2,
    says: ['.sops.yaml:2:', /RE2 does not take/, /write it as RE2/],
  },
  {
    what: 'two selectors',
    rules: 'creation_rules:\n  - encrypted_regex: a\n    unencrypted_suffix: b\n    age: {R}\n',
    exit: 2,
    check: 2,
    says: ['.sops.yaml:2:', /more than one selector: unencrypted_suffix, encrypted_regex/, /keep one/],
  },
  {
    what: 'a rule without recipients',
    rules: 'creation_rules:\n  - path_regex: other\n    age: {R}\n  - path_regex: secrets/\n',
    exit: 111,
    check: 0,
    says: ['.sops.yaml:4:', /without a recipient/, /age: age1/],
  },
  {
    what: 'an invalid recipient',
    rules: 'creation_rules:\n  - age: age1nonsense\n',
    exit: 111,
    check: 0,
    says: ['.sops.yaml:2:', /recipient that is not one/, /age-keygen -y/],
  },
  {
    what: 'an identity in place of a recipient',
    rules: 'creation_rules:\n  - age: AGE-SECRET-KEY-1HUNTER2\n',
    exit: 111,
    check: 0,
    says: ['.sops.yaml:2:', /it is a secret key/, /age-keygen -y/],
  },
  {
    what: 'a recipient of another kind',
    rules: 'creation_rules:\n  - kms: arn:aws:kms:eu-west-1:1:key/x\n',
    exit: 111,
    check: 0,
    says: ['.sops.yaml:2:', /key kms:arn:.*needs the network/, /sops\.localKeyservice true/],
  },
  {
    what: 'no matching rule',
    rules: 'creation_rules:\n  - path_regex: ^other/\n    age: {R}\n',
    exit: 1,
    check: 0,
    says: ['secrets/new.yaml:', /no creation rule/, /add a rule/],
  },
  {
    what: 'rules that do not parse',
    rules: 'creation_rules: [\n',
    exit: 2,
    check: 2,
    says: ['.sops.yaml:2:1:', /not a configuration that sops reads/, /correct it there/],
  },
];

/** What somebody made of the blob, and what check says of it. */
const brokenBlobs: readonly (Omit<Bad, 'path' | 'content'> & {
  change(blob: string): string;
  readonly kind: string;
})[] = [
  {
    what: 'metadata without a version',
    change: (blob) => blob.replace(/^ +version: .*\n/m, ''),
    exit: 202,
    kind: 'unreadable-file',
    says: [db, /metadata without a version/, /last good version/],
  },
  {
    what: 'a future version',
    change: (blob) => blob.replace(/version: .*/, 'version: 4.0.0'),
    exit: 1,
    kind: 'unreadable-file',
    says: [db, /written by sops 4\.0\.0/, /upgrade git-sops/],
  },
  {
    what: 'truncated base64',
    change: (blob) => blob.replace(/^(password: .*iv:.{10})../m, '$1'),
    exit: 25,
    kind: 'plaintext-value',
    says: [`${db}:2:11:`, /at password is not encrypted/, /git checkout HEAD/],
  },
  {
    what: 'a truncated ciphertext',
    change: (blob) => blob.replace(/^(password: ENC\[AES256_GCM,data:)..../m, '$1'),
    exit: 25,
    kind: 'broken-tag',
    says: [`${db}:2:11:`, /at password that fails/, /last good version/],
  },
  {
    what: 'a wrong tag',
    change: (blob) => blob.replace(/^(password: .*tag:)(.)/m, (_, head, first) => head + (first === 'A' ? 'B' : 'A')),
    exit: 25,
    kind: 'broken-tag',
    says: [`${db}:2:11:`, /at password that fails/, /last good version/],
  },
  {
    what: 'a value that was taken out',
    change: (blob) => blob.replace(/^user: .*\n/m, ''),
    exit: 51,
    kind: 'broken-mac',
    says: [db, /does not match its MAC/, /last good version/],
  },
  {
    what: 'a value in the clear',
    change: (blob) => blob.replace(/^password: .*/m, 'password: hunter2'),
    exit: 25,
    kind: 'plaintext-value',
    says: [`${db}:2:11:`, /at password is not encrypted/, /git checkout HEAD/],
  },
  {
    what: 'a file that was cut off',
    change: (blob) => blob.slice(0, blob.indexOf('lastmodified')),
    exit: 203,
    kind: 'plaintext-file',
    says: [db, /reserved for sops metadata/, /git checkout -- secrets\/db\.yaml/],
  },
];

let team: Team;
beforeAll(async () => {
  team = await createTeam(secretRule);
  await team.box.commit({ [db]: good });
  return () => team.box.remove();
});

/** Nothing was staged, nothing was written, and nothing was said that should not be. */
async function expectRefused({ path, content, exit, says }: Bad): Promise<void> {
  const { box } = team;
  await box.write(path, content);
  const index = await box.git('ls-files', '-s');
  const added = await box.tryGit(['add', '--', path]);
  const shot = await box.run('git-sops', ['clean', '--', path], { input: content });
  expect(await box.git('ls-files', '-s')).toBe(index);
  expect(await box.readBytes(path)).toEqual(Buffer.from(content));
  expect(added.code).toBe(128);
  expect(shot.code).toBe(exit);
  expect(shot.stdout).toHaveLength(0);
  const [place, wrong, mend] = says;
  for (const { stderr } of [added, shot]) {
    const [sentence = '', hint = ''] = stderr.split('\n').filter((line) => !/^(error|fatal):/.test(line));
    expect(sentence).toContain(`git-sops: ${place}`);
    expect(sentence).toMatch(wrong);
    expect(hint).toMatch(/^ {2}try: /);
    expect(hint).toMatch(mend);
    expect(stderr).not.toMatch(/hunter2/i);
  }
}

describe('P7, P8: bad input is refused with place and way out, and nothing changes', () => {
  it.each(broken)('$what', async (bad) => {
    await expectRefused(bad);
    await team.box.write(bad.path, good);
    if (bad.path !== db) await rm(join(team.box.repo, bad.path));
  });

  it.each(brokenRules)('$what', async ({ rules, check, ...bad }) => {
    const { box, recipient, sops } = team;
    const before = await box.read('.sops.yaml');
    await box.write('.sops.yaml', rules.replace('{R}', recipient));
    await expectRefused({ ...bad, path: 'secrets/new.yaml', content: good });
    const done = await sops('check', '--worktree', db);
    expect(done.code, done.stderr).toBe(check);
    if (check === 2) expect(done.stderr).toContain(bad.says[0]);
    await box.write('.sops.yaml', before);
    await rm(join(box.repo, 'secrets/new.yaml'));
  });

  it.each(brokenBlobs)('$what', async ({ change, kind, ...bad }) => {
    const { box, sops } = team;
    const content = change((await box.blob(`HEAD:${db}`)).toString());
    await expectRefused({ ...bad, path: db, content });

    // The same in the index, past the filter: check and the hook find it, a checkout leaves it as it is.
    const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: content })).toString().trim();
    await box.git('update-index', '--cacheinfo', `100644,${oid},${db}`);
    const checked = await sops('check', '--format', 'json');
    expect(checked.code).toBe(1);
    expect(JSON.parse(checked.stdout.toString()).findings).toMatchObject([{ kind, path: db }]);
    expect(checked.stdout.toString()).not.toContain('hunter2');
    const committed = await box.tryGit(['commit', '-m', 'past the filter']);
    expect(committed.code).not.toBe(0);
    expect(committed.stderr).toContain(db);
    expect(committed.stderr).not.toContain('hunter2');
    await rm(join(box.repo, db));
    const smudged = await box.tryGit(['checkout', '--', db]);
    expect(smudged.stderr).toContain(db);
    expect(smudged.stderr).not.toContain('hunter2');
    expect(await box.read(db)).toBe(content);
    await box.git('reset', '-q', '--hard');
    expect(await box.read(db)).toBe(good);
  });
});

describe('key files', () => {
  it('one that others can read is used, and told of once', async () => {
    const { box, keyFile } = team;
    await chmod(keyFile, 0o644);
    await box.write(db, good.replace('admin', 'root'));
    const done = await box.tryGit(['add', db]);
    expect(done.code).toBe(0);
    expect(done.stderr.split('\n')).toHaveLength(2);
    expect(done.stderr).toContain(`chmod 600 ${keyFile}`);
    await chmod(keyFile, 0o600);
    expect((await box.tryGit(['reset', '-q', '--hard'])).stderr).toBe('');
  });

  it.each(['a missing one', 'a folder', 'no key at all'])('%s is named, and the file stays as it is', async (what) => {
    const { box } = team;
    const file = join(box.root, 'key', what);
    if (what === 'a folder') await mkdir(file, { recursive: true });
    if (what === 'no key at all') await box.write(join('../key', what), 'AGE-SECRET-KEY-1HUNTER2\n');
    const env = { SOPS_AGE_KEY_FILE: file, XDG_CONFIG_HOME: join(box.root, 'nowhere') };
    const edited = good.replace('admin', 'root');
    await box.write(db, edited);
    const done = await box.tryGit(['add', db], { env });
    expect(done.code).toBe(128);
    expect(done.stderr).toContain(`git-sops: ${db}: is encrypted, and no identity here opens it (recipients: age1`);
    expect(done.stderr).toContain(`SOPS_AGE_KEY_FILE (${file})`);
    expect(done.stderr).toContain('try: git sops doctor');
    expect(done.stderr).not.toMatch(/hunter2/i);
    expect(await box.read(db)).toBe(edited);
    await rm(join(box.repo, db));
    const out = await box.tryGit(['checkout', '--', db], { env });
    expect(out.code).toBe(0);
    expect(out.stderr).toContain(`SOPS_AGE_KEY_FILE (${file})`);
    expect(await box.read(db)).toContain('ENC[');
    expect(await box.git('status', '--porcelain')).toBe('');
    // With a good key beside it, it is a warning only.
    await rm(join(box.repo, db));
    const both = await box.tryGit(['checkout', '--', db], { env: { SOPS_AGE_KEY_FILE: file } });
    expect(both.stderr).toContain(`SOPS_AGE_KEY_FILE (${file})`);
    expect(await box.read(db)).toBe(good);
  });
});
