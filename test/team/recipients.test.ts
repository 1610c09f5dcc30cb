import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createTeam, secretRule, type Team } from '../repo/team.ts';
import { hasSops, sops } from '../sops.ts';

/** Throw-away keys. */
const bob = generateKeyFile();
const ci = generateKeyFile();

const dev = {
  'dev/a.yaml': 'a: one # why\nlist: [x, 2]\n',
  'dev/j.json': '{"a": {"b": "one"}}\n',
  'dev/x.env': '# note\nK=one\n',
  'dev/i.ini': '[s]\nk = one\n',
  'dev/key.bin': 'one\n',
};
/** Many processes, one after the other. */
const timeout = 240_000;
const prod = { 'prod/a.yaml': 'a: one\n' };

const rules = (me: string) => `creation_rules:
  - path_regex: ^prod/
    key_groups:
      - age:
          - ${me} # Ann
      - age: [${ci.recipient}]
  - path_regex: ^dev/ # for all
    age: >-
      ${me},
      ${ci.recipient}
`;

const tokens = (blob: Buffer) => blob.toString().match(/ENC\[[^\]]+\](?!.*lastmod)/g);
/** For one command: no filter. */
const past = ['process=', 'clean=', 'required=false'].flatMap((setting) => ['-c', `filter.sops.${setting}`]);
const short = (team: Team) => team.box.git('status', '--short');

/** What real sops makes of a blob with these keys. */
async function read({ box }: Team, path: string, keys: string): Promise<string | number> {
  const type = path.endsWith('.bin') ? 'binary' : path.split('.').at(-1)?.replace('env', 'dotenv');
  const [file, keyFile] = [join(box.root, 'blob'), join(box.root, 'keys')];
  await writeFile(file, await box.blob(`:${path}`));
  await writeFile(keyFile, keys, { mode: 0o600 });
  const args = ['decrypt', '--input-type', type ?? '', '--output-type', type ?? '', file];
  const { code, stdout } = sops(args, { env: { SOPS_AGE_KEY_FILE: keyFile } });
  return code === 0 ? stdout.toString() : code;
}

async function everyBlob({ box }: Team): Promise<Map<string, Buffer>> {
  const blobs = new Map<string, Buffer>();
  for (const path of [...Object.keys(dev), ...Object.keys(prod)]) blobs.set(path, await box.blob(`:${path}`));
  return blobs;
}

/** Whoever adds it has both keys. */
async function committed(): Promise<Team & { readonly me: string }> {
  const team = await createTeam(rules);
  const me = await readFile(team.keyFile, 'utf8');
  await writeFile(team.keyFile, me + ci.text);
  await team.box.commit({ ...dev, ...prod }, 'first');
  return { ...team, me };
}

describe.skipIf(!hasSops)('recipients (needs sops)', () => {
  it(
    'by rule and key group, in every format; each value keeps its ciphertext; real sops reads with the right keys only',
    async () => {
      const team = await committed();
      const { box, me } = team;
      await writeFile(team.keyFile, me);
      const before = await everyBlob(team);
      // Nobody gets more than was meant.
      const unclear = await team.sops('recipients', 'add', bob.recipient);
      expect([unclear.code, unclear.stderr]).toEqual([2, expect.stringContaining('.sops.yaml:2  ^prod/\n')]);
      const edited = '# note\nK=two\n';
      await box.write('dev/x.env', edited);
      const added = await team.sops(
        'recipients',
        'add',
        bob.recipient,
        '--name',
        'Bob',
        '--path',
        'dev/new.yaml',
        '--json',
      );
      expect(JSON.parse(added.stdout.toString())).toMatchObject({
        action: 'add',
        rules: [{ path: '.sops.yaml', line: 7, pathRegex: '^dev/' }],
        files: Object.keys(dev)
          .sort()
          .map((path) => ({ path, change: 'wrapped', added: [bob.recipient], removed: [] })),
      });
      // An edit that is not staged stays one.
      expect(await box.read('dev/x.env')).toBe(edited);
      expect(await short(team)).toContain('MM dev/x.env');
      await box.git('checkout', '-q', 'dev/x.env');
      expect(await box.read('.sops.yaml')).toBe(
        rules(team.recipient)
          .replace('    age: >-', `    # Bob: ${bob.recipient}\n    age: >-`)
          .replace(/\n$/, `,\n      ${bob.recipient}\n`),
      );
      for (const [path, content] of Object.entries(dev)) {
        expect([path, tokens(await box.blob(`:${path}`))]).toEqual([path, tokens(before.get(path) as Buffer)]);
        expect([path, await read(team, path, bob.text)]).toEqual([path, expect.stringContaining('one')]);
        expect(await read(team, path, me)).toBe(await read(team, path, bob.text));
        expect(await box.read(path)).toBe(content);
      }
      expect(await read(team, 'prod/a.yaml', bob.text + ci.text)).toBe(128);
      await box.git('commit', '-q', '-m', 'Let Bob read');

      // Two groups must come together here; one key alone opens nothing, and so adds nobody.
      const needsGroup = await team.sops('recipients', 'add', bob.recipient, '--path', 'prod');
      expect([needsGroup.code, needsGroup.stderr]).toEqual([
        2,
        expect.stringContaining('.sops.yaml:2: has 2 key groups'),
      ]);
      const group = ['recipients', 'add', bob.recipient, '--path', 'prod', '--group', '1'];
      const closed = await team.sops(...group);
      expect([closed.code, await short(team)]).toEqual([128, '']);
      await writeFile(team.keyFile, me + ci.text, { mode: 0o600 });
      expect((await team.sops(...group)).code).toBe(0);
      expect(await box.read('.sops.yaml')).toContain(`- age: [${ci.recipient}, ${bob.recipient}]\n`);
      expect(tokens(await box.blob(':prod/a.yaml'))).toEqual(tokens(before.get('prod/a.yaml') as Buffer));
      expect(await read(team, 'prod/a.yaml', me + bob.text)).toBe('a: one\n');
      expect(await read(team, 'prod/a.yaml', ci.text + bob.text)).toBe(128);
      await box.git('commit', '-q', '-m', 'Bob, as ci');

      const names = await team.sops('recipients', 'remove', 'bobby');
      expect([names.code, names.stderr]).toEqual([2, expect.stringContaining('there are Ann, Bob')]);
      const dry = await team.sops('recipients', 'remove', 'Bob', '--dry-run', '--format', 'markdown');
      expect(dry.stdout.toString()).toContain('- [ ] `dev/a.yaml` `list[0]`\n');
      expect(await short(team)).toBe('');
      // Somebody else's rule stays out of it.
      expect((await team.sops('recipients', 'remove', 'Bob', '--path', 'prod')).code).toBe(0);
      expect(await short(team)).toBe('M  .sops.yaml\nM  prod/a.yaml');
      const left = JSON.parse((await team.sops('recipients', 'remove', 'Bob', '--json')).stdout.toString());
      expect(left.files.map(({ path }: { path: string }) => path)).toEqual(Object.keys(dev).sort());
      expect(left.seen.find(({ path }: { path: string }) => path === 'dev/x.env')).toEqual({
        path: 'dev/x.env',
        whole: false,
        values: [{ keyPath: 'K', document: 0 }],
        comments: 1,
      });
      expect(await box.read('.sops.yaml')).toBe(rules(team.recipient));
      for (const [path, old] of before) {
        const now = tokens(await box.blob(`:${path}`));
        expect(now?.filter((token) => tokens(old)?.includes(token))).toEqual([]);
        expect([path, await read(team, path, bob.text)]).toEqual([path, 128]);
        expect([path, await read(team, path, me + ci.text)]).toEqual([path, expect.stringContaining('one')]);
      }
      await box.git('commit', '-q', '-m', 'Take Bob off');
      expect(await short(team)).toBe('');
    },
    timeout,
  );

  it(
    'in a locked tree and beside a sparse checkout; all or none',
    async () => {
      const team = await committed();
      const { box } = team;
      const long = `dev/${'x'.repeat(240)}.yaml`;
      expect((await team.sops('init', '--yes', '--mode', 'ciphertext')).code).toBe(0);
      await box.commit({ [long]: 'a: one\n' }, 'long');
      await rm(join(box.repo, long));
      await box.git('checkout', '-q', long);
      const locked = await box.read('dev/a.yaml');
      expect(locked).toContain('ENC[');
      const args = ['recipients', 'add', bob.recipient, '--path', 'dev'];
      const untouched = async (file = '') => {
        expect(await short(team)).toBe(file);
        expect(await box.git('diff', '--cached', '--name-only')).toBe('');
        expect(await box.read('dev/j.json')).toBe((await box.blob('HEAD:dev/j.json')).toString());
      };

      // No temporary file fits beside the last one's name: the others had been written by then.
      const failed = await team.sops(...args);
      expect([failed.code, failed.stderr]).toEqual([3, expect.stringContaining('ENAMETOOLONG')]);
      await untouched();
      await box.git('rm', '-q', '--cached', long);
      await rm(join(box.repo, long));
      await box.git('commit', '-q', '-m', 'short again');
      // A held index, rules with an edit that is not staged, a ciphertext with one.
      await box.write('.git/index.lock', '');
      expect((await team.sops(...args)).stderr).toContain('another Git process holds the index');
      await rm(join(box.repo, '.git/index.lock'));
      await untouched();
      await box.write('.sops.yaml', `# mine\n${rules(team.recipient)}`);
      expect((await team.sops(...args)).stderr).toContain('.sops.yaml: has changes that are not staged');
      await untouched(' M .sops.yaml');
      await box.git('checkout', '-q', '.sops.yaml');
      expect((await team.sops('set', 'dev/a.yaml', '["a"]', '"two"')).code).toBe(0);
      expect((await team.sops(...args)).stderr).toContain('dev/a.yaml: has changes that are not staged');
      await untouched(' M dev/a.yaml');
      // Nor is anything begun where one file does not verify.
      await box.write('dev/a.yaml', locked.replace(/^a: ENC\[AES256_GCM,data:..../m, 'a: ENC[AES256_GCM,data:AAAA'));
      await box.git(...past, 'add', 'dev/a.yaml');
      const broken = await team.sops(...args);
      expect([broken.code, broken.stderr]).toEqual([
        25,
        expect.stringContaining('dev/a.yaml:1:4: has a ciphertext at a'),
      ]);
      await box.git('reset', '-q', '--hard');
      await untouched();

      await box.git('update-index', '--skip-worktree', 'dev/x.env');
      await rm(join(box.repo, 'dev/x.env'));
      expect((await team.sops(...args)).code).toBe(0);
      expect(await short(team)).toBe(['.sops.yaml', ...Object.keys(dev).sort()].map((path) => `M  ${path}`).join('\n'));
      for (const path of ['dev/a.yaml', 'dev/key.bin']) {
        expect((await box.readBytes(path)).equals(await box.blob(`:${path}`))).toBe(true);
      }
      expect(await box.git('ls-files', '-v', 'dev/x.env')).toBe('S dev/x.env');
      expect(await read(team, 'dev/x.env', bob.text)).toContain('K=one');
      // The same again is nothing; without a key nothing goes.
      expect((await team.sops(...args)).stdout.toString()).toContain('There is nothing to do');
      await box.git('commit', '-q', '-m', 'Let Bob read');
      await rm(team.keyFile);
      const closed = await team.sops('recipients', 'remove', bob.recipient);
      expect([closed.code, closed.stderr]).toEqual([128, expect.stringContaining('no identity here opens it')]);
      expect(await short(team)).toBe('');
      expect((await team.sops('recipients')).stdout.toString()).toMatch(new RegExp(` - +${bob.recipient}\n`));
    },
    timeout,
  );
});

it('a request is a public key and nothing else, whoever puts it there', async () => {
  const team = await createTeam((me) => `creation_rules:\n  - age: ${me}\n`);
  const { box } = team;
  await box.commit({ 'db.yaml': 'a: 1\n' }, 'first');
  const path = '.sops/requests/eve.pub';
  await box.write(path, 'password: hunter2\n');
  const refused = await box.tryGit(['add', path]);
  expect([refused.code, refused.stderr]).toEqual([128, expect.stringContaining(`${path}: is no request to join`)]);
  await box.git(...past, 'add', path);
  const staged = await team.sops('check', '--staged');
  expect([staged.code, staged.stdout.toString()]).toEqual([1, expect.stringContaining(path)]);
  expect((await team.sops('recipients', 'add', 'eve', '--yes')).code).toBe(2);
  await box.git(...past, 'rm', '-q', '--cached', '-f', path);

  // Names come from strangers.
  await box.write(path, `# name: Eve\u001b[2J\u202e\n${bob.recipient}\n`);
  await box.git('add', path);
  await box.git('commit', '-q', '-m', 'eve');
  expect((await box.blob(`HEAD:${path}`)).toString()).toContain(bob.recipient);
  const listed = (await team.sops('recipients')).stdout.toString();
  expect(listed).toContain('Eve\\033[2J');
  expect((await team.sops('recipients', 'add', path, '--yes')).code).toBe(0);
  expect(await box.read('.sops.yaml')).toContain(`# Eve [2J: ${bob.recipient}\n  - age:`);
  // A secret key in the place of a public one is refused, and not shown.
  const secret = bob.text.trim().split('\n').at(-1) ?? '';
  const wrong = await team.sops('recipients', 'add', secret);
  expect([wrong.code, wrong.stderr.includes(secret)]).toEqual([111, false]);

  // Where a link leads out, nothing is written.
  const outside = await createTeam((me) => `creation_rules:\n  - age: ${me}\n`);
  await mkdir(join(outside.box.root, 'elsewhere'));
  await symlink(join(outside.box.root, 'elsewhere'), join(outside.box.repo, '.sops'));
  await writeFile(outside.keyFile, ci.text);
  expect((await outside.sops('join', '--yes')).stderr).toContain('outside of the working tree');
});

describe('recipients remove, of oneself', () => {
  it('refuses where no other key of yours is left, unless --yes, and writes nothing before', async () => {
    const team = await createTeam((me) => secretRule(`${me},${ci.recipient}`));
    const { box, recipient, keyFile } = team;
    await box.write('secrets/db.yaml', 'password: one\n');
    await box.commit();
    const before = await box.git('ls-files', '-s');
    const refused = await team.sops('recipients', 'remove', recipient);
    expect([refused.code, refused.stderr]).toEqual([
      1,
      `git-sops: ${recipient}: that is you, and you would no longer read secrets/db.yaml\n  try: git sops recipients remove --yes ${recipient}\n`,
    ]);
    expect(await box.git('ls-files', '-s')).toBe(before);
    expect((await team.sops('recipients', 'remove', recipient, '--dry-run')).code).toBe(0);

    // With a second key nobody is shut out.
    const second = generateKeyFile();
    const [{ text }, first] = [second, await readFile(keyFile, 'utf8')];
    await writeFile(keyFile, first + text, { mode: 0o600 });
    expect((await team.sops('recipients', 'add', second.recipient)).code).toBe(0);
    expect((await team.sops('recipients', 'remove', recipient)).code).toBe(0);
    expect((await team.sops('recipients', 'remove', second.recipient)).stderr).toContain('that is you');
    expect((await team.sops('recipients', 'remove', '--yes', second.recipient)).code).toBe(0);
    expect((await team.sops('decrypt', 'secrets/db.yaml')).code).toBe(0);
    expect(await read(team, 'secrets/db.yaml', first + text)).toBe(128);
  });
});
