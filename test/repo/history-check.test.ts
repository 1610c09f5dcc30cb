import { spawn } from 'node:child_process';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { commitPast } from './past.ts';
import { createTeam, secretRule, type Team } from './team.ts';

type Found = { readonly kind: string; readonly path: string; readonly line?: number; readonly commit: string };

const lineOfKey = (text: string) => text.split('\n').findIndex((line) => line.startsWith('AGE-SECRET-KEY-')) + 1;

const plain = (password: string) => `user: admin\npassword: ${password}\n`;

async function historyOf(team: Team, ...args: string[]) {
  const done = await team.sops('check', '--history', '--format', 'json', ...args);
  expect(done.stdout.toString() + done.stderr).not.toContain('hunter');
  return { code: done.code, report: JSON.parse(done.stdout.toString()) };
}

async function leakyTeam(): Promise<{ team: Team; first: string; second: string }> {
  const team = await createTeam(secretRule);
  await team.box.commit({ 'secrets/db.yaml': plain('hunter1'), 'readme.md': 'text\n' });
  const first = await commitPast(team, 'secrets/leak.yaml', plain('hunter2'));
  await commitPast(team, 'secrets/leak.yaml', plain('hunter3'));
  await team.box.git('rm', '-q', '--cached', 'secrets/leak.yaml');
  await team.box.git('commit', '-qm', 'taken out');
  await team.box.git('checkout', '-q', '-f', '-b', 'side');
  const sealed = (await team.box.blob('HEAD:secrets/db.yaml')).toString();
  const second = await commitPast(team, 'secrets/db.yaml', sealed.replace(/^password: .*$/m, 'password: hunter4'));
  await commitPast(team, 'secrets/db.yaml', sealed);
  await team.box.git('checkout', '-q', '-f', 'main');
  return { team, first, second };
}

describe('git sops check --history', () => {
  it('finds what later commits took out, on every branch, with first commit, date, path and key path; and how to respond', async () => {
    const { team, first, second } = await leakyTeam();
    expect((await team.sops('check')).code).toBe(0);
    const { code, report } = await historyOf(team);
    expect(code).toBe(1);
    const found = report.findings.map((f: Record<string, unknown>) => [
      f['kind'],
      f['path'],
      f['keyPath'],
      f['commit'],
    ]);
    expect(found).toContainEqual(['plaintext-file', 'secrets/leak.yaml', undefined, first]);
    expect(found).toContainEqual(['plaintext-value', 'secrets/db.yaml', 'password', second]);
    expect(found).toHaveLength(3);
    const date = await team.box.git('log', '-1', '--format=%aI', first);
    expect(report.findings.find((f: { commit: string }) => f.commit === first).authorDate).toBe(date);
    const text = (await team.sops('check', '--history')).stdout.toString();
    expect(text).toContain('and in 1 later version');
    expect(text).toContain('Rewriting history alone is not enough');
    expect(text).not.toContain('\r');
    expect((await historyOf(team, 'main', 'secrets/db.yaml')).code).toBe(0);
    expect((await historyOf(team, `${first}..main`)).report.findings).toHaveLength(1);
  });

  it('goes by the rules of now and by those of the commit; a file that was never covered is no finding', async () => {
    const team = await createTeam();
    const before = await commitPast(team, 'conf/secrets/old.yaml', plain('hunter2'), 'before there were rules');
    await commitPast(team, 'notes.yaml', plain('hunter5'));
    await team.box.write('.sops.yaml', `creation_rules:\n  - path_regex: ^gone/\n    age: ${team.recipient}\n`);
    await team.box.git('add', '.sops.yaml');
    const gone = await commitPast(team, 'gone/a.yaml', plain('hunter3'));
    await team.box.write('.sops.yaml', secretRule(team.recipient));
    await team.box.git('rm', '-q', '--cached', 'gone/a.yaml', 'conf/secrets/old.yaml');
    await team.box.git('add', '.sops.yaml');
    await team.box.git('commit', '-qm', 'other rules');
    const { report } = await historyOf(team);
    expect(report.findings.map((f: { commit: string }) => f.commit).sort()).toEqual([before, gone].sort());
  });

  it('finds what a rule covered for a while by another path alone; a change of recipients, or of what covers nothing, brings nothing', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'old/a.yaml': plain('hunter1'), 'readme.md': 'text\n' });
    const rules = async (text: string) => {
      await box.write('.sops.yaml', text);
      await box.git('add', '.sops.yaml');
      await box.git('commit', '-q', '--no-verify', '-m', 'rules');
      return box.git('rev-parse', 'HEAD');
    };
    await rules(secretRule(`${team.recipient},${generateKeyFile().recipient}`));
    await rules(secretRule(team.recipient).replace('secrets/', 'nothing/'));
    expect((await historyOf(team)).report.findings).toEqual([]);
    // Rules that cannot be read in one folder are no reason to overlook another.
    await commitPast(team, 'sub/.sops.yaml', 'creation_rules: [\n');
    await commitPast(team, 'sub/b.yaml', plain('hunter2'));
    const covering = await rules(secretRule(team.recipient).replace('secrets/', 'old/'));
    await rules(secretRule(team.recipient));
    await box.git('rm', '-rq', '--cached', 'sub');
    await box.git('commit', '-qm', 'out');
    const { findings } = (await historyOf(team)).report;
    expect(findings.map((f: Found) => [f.kind, f.path, f.commit])).toEqual([
      ['plaintext-file', 'old/a.yaml', covering],
    ]);
  });

  it('finds what a rule covered for a while without touching it, in both selectors of two rules', async () => {
    const team = await createTeam();
    await commitPast(team, 'old/a.yaml', plain('hunter2'), 'before there were rules');
    await commitPast(team, 'old/b.yaml', plain('hunter3'));
    const rule = (regex: string) =>
      `creation_rules:\n  - path_regex: ^old/b\n    encrypted_regex: ${regex}\n    age: ${team.recipient}\n`;
    const covering = [];
    for (const regex of ['^none$', '^password$']) {
      await team.box.write('.sops.yaml', rule(regex));
      await team.box.git('add', '.sops.yaml');
      await team.box.git('commit', '--no-verify', '-qm', regex);
      covering.push(await team.box.git('rev-parse', 'HEAD'));
    }
    await team.box.write('.sops.yaml', secretRule(team.recipient));
    await team.box.git('rm', '-rq', '--cached', 'old');
    await team.box.git('add', '.sops.yaml');
    await team.box.git('commit', '-qm', 'other rules');
    const { report } = await historyOf(team);
    // The first commit in which it was covered; the first selector wants nothing of it.
    expect(report.findings).toMatchObject([{ kind: 'plaintext-file', path: 'old/b.yaml', commit: covering[0] }]);
    // In front of a range the rules are known too.
    expect((await historyOf(team, `${covering[1]}..HEAD`)).report.findings).toEqual([]);
  });

  it('looks at all that is reachable: each stash, tags and remote branches; and refuses half a history', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'secrets/db.yaml': plain('hunter1'), 'readme.md': 'text\n' });
    for (const password of ['hunter2', 'hunter3']) {
      const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: plain(password) })).toString().trim();
      await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},secrets/${password}.yaml`);
      await box.git('stash', '-q');
    }
    const place = async (ref: string, password: string) => {
      await box.git('checkout', '-q', '-f', '--detach', 'main');
      await commitPast(team, `secrets/${password}.yaml`, plain(password));
      await box.git('update-ref', ref, 'HEAD');
    };
    await place('refs/tags/v1', 'hunter4');
    await place('refs/remotes/origin/x', 'hunter5');
    await box.git('checkout', '-q', '-f', 'main');
    const done = await team.sops('check', '--history', '--format', 'json');
    const paths = JSON.parse(done.stdout.toString()).findings.map((f: { path: string }) => f.path);
    expect(paths).toEqual([2, 3, 4, 5].map((n) => `secrets/hunter${n}.yaml`));

    await box.git('clone', '-q', '--depth', '1', `file://${box.repo}`, '../shallow');
    const shallow = await box.run('git', ['sops', 'check', '--history'], { cwd: join(box.root, 'shallow') });
    expect(shallow.code).toBe(2);
    expect(shallow.stderr).toContain('git fetch --unshallow');
  });

  it('looks into tags of trees and blobs, which no commit has', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'secrets/db.yaml': plain('hunter1') });
    const store = async (content: string | Buffer) =>
      (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: content })).toString().trim();
    const mktree = async (content: string) => (await box.gitBytes(['mktree'], { input: content })).toString().trim();
    const folder = await mktree(`100644 blob ${await store(plain('hunter2'))}\ta.yaml\n`);
    await box.git('tag', 'light-tree', await mktree(`040000 tree ${folder}\tsecrets\n`));
    // By rules of its own.
    const other = await mktree(`100644 blob ${await store(plain('hunter3'))}\tb.yaml\n`);
    const rules = await store(secretRule(team.recipient).replace('secrets/', 'conf/'));
    const own = await mktree(`100644 blob ${rules}\t.sops.yaml\n040000 tree ${other}\tconf\n`);
    await box.git('tag', '-a', '-m', 'x', 'heavy-tree', own);
    const key = await store(await readFile(team.keyFile));
    await box.git('tag', '-a', '-m', 'x', 'key', key);
    await box.git('tag', '-a', '-m', 'x', 'of-tag', 'key');
    await box.git('update-ref', 'refs/keep/key', key);
    await box.git('tag', 'fine', `HEAD^{tree}`);
    const { code, report } = await historyOf(team);
    expect(code).toBe(1);
    expect(report.response).toHaveLength(3);
    expect(report.findings.every((f: { ref?: string }) => f.ref?.startsWith('refs/'))).toBe(true);
    const found = report.findings.map((f: Found & { mend: string }) => [f.kind, f.path, f.mend]);
    expect(found).toHaveLength(3 + 2);
    expect(found).toEqual(
      expect.arrayContaining([
        ['plaintext-file', 'secrets/a.yaml', 'git tag -d -- light-tree'],
        ['plaintext-file', 'conf/b.yaml', 'git tag -d -- heavy-tree'],
        ['private-key', 'refs/tags/key', 'git tag -d -- key'],
        ['private-key', 'refs/tags/of-tag', 'git tag -d -- of-tag'],
        ['private-key', 'refs/keep/key', 'git update-ref -d refs/keep/key'],
      ]),
    );
    for (const format of ['text', 'markdown', 'sarif', 'junit', 'github', 'gitlab'])
      expect((await team.sops('check', '--history', '--format', format)).stdout.toString()).toContain(
        'refs/tags/heavy-tree',
      );
    // What a commit has as well is told as the commit's.
    await commitPast(team, 'secrets/a.yaml', plain('hunter2'));
    const both = (await historyOf(team, '--', 'secrets')).report.findings;
    expect(both.map((f: Found) => [f.path, f.commit])).toEqual([
      ['secrets/a.yaml', await box.git('rev-parse', 'HEAD')],
    ]);
  });

  it('stopped by SIGINT it goes on with --resume; each distinct blob is read once, though many commits have it', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'readme.md': 'text\n' });
    const [commits, distinct] = [4000, 2500];
    // .sops.yaml and .gitattributes are looked at for private keys.
    const read = distinct + 2;
    const lines: string[] = [];
    for (let i = 0; i < commits; i++) {
      const content = `password: word${i % distinct}\n`;
      lines.push('commit refs/heads/main', 'committer A U Thor <a@example.com> 1700000000 +0000', 'data 1', 'x');
      if (i === 0) lines.push('from refs/heads/main^0');
      lines.push(`M 100644 inline secrets/f${i % 50}.yaml`, `data ${content.length}`, content);
    }
    await box.gitBytes(['fast-import', '--quiet', '--force'], { input: `${lines.join('\n')}\n` });

    const real = (await box.run('sh', ['-c', 'command -v git'])).stdout.toString().trim();
    const log = join(box.root, 'asked');
    await mkdir(log);
    // A log for each, since two that ask at once would write into each other's lines. A line is in it before Git can answer: what `tee` has
    // still to write when the answer is there would be missed.
    const noted = 'while IFS= read -r line; do printf "%s\\n" "$line" >&3; printf "%s\\n" "$line"; done';
    const asking = `{ ${noted}; } 3>'${log}'/$$ | ${real} "$@"`;
    const shim = `#!/bin/sh\ncase " $* " in *' cat-file --batch '*) ${asking} ;; *) exec ${real} "$@" ;; esac\n`;
    await writeFile(join(box.root, 'bin/git'), shim, { mode: 0o755 });
    const journal = join(box.root, 'journal');
    const cli = [process.env['GIT_SOPS_TEST_CLI'] ?? '', 'check', '--history', '--format', 'json', '--resume', journal];
    // In their order: what has the rules in it is judged by then, whose blob is read as rules too and so counted apart.
    const child = spawn(process.execPath, [...cli, '--jobs', '1'], { cwd: box.repo, env: box.env });
    let told = '';
    child.stderr.on('data', (chunk: Buffer) => {
      told += chunk.toString();
    });
    const ended = new Promise<NodeJS.Signals | null>((resolve) => child.on('close', (_, signal) => resolve(signal)));
    while (((await readFile(journal, 'utf8').catch(() => '')).match(/\n/g)?.length ?? 0) < 100) {
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    child.kill('SIGINT');
    expect(await ended).toBe('SIGINT');
    expect(told).toMatch(/^git-sops: stopped after \d+ of 2502 blobs; the same command goes on here\n$/);
    const known = (await readFile(journal, 'utf8')).trimEnd().split('\n').length - 1;
    expect(Number(/after (\d+)/.exec(told)?.[1])).toBe(known);

    await rm(log, { recursive: true });
    await mkdir(log);
    // Not by way of `git sops`, for which Git would put its own folder in front of the PATH.
    const done = await box.run(process.execPath, [...cli, '--jobs', '2']);
    const report = JSON.parse(done.stdout.toString());
    expect([done.code, report.files, report.findings.length]).toEqual([1, read, distinct]);
    const rules = await box.git('rev-parse', 'HEAD:.sops.yaml');
    const logs = await Promise.all((await readdir(log)).map((name) => readFile(join(log, name), 'utf8')));
    const asked = logs
      .flatMap((text) => text.split('\n'))
      .filter((line) => /^[0-9a-f]{40}$/.test(line) && line !== rules);
    expect(asked).toHaveLength(read - known);
    expect(new Set(asked).size).toBe(asked.length);
  });

  it('finds what only a merge has, and a private key in whatever file', async () => {
    const team = await createTeam(secretRule);
    await team.box.commit({ 'a.txt': '1\n' });
    await team.box.git('checkout', '-q', '-b', 'side');
    await team.box.commit({ 'b.txt': '2\n' });
    await team.box.git('checkout', '-q', 'main');
    await team.box.commit({ 'c.txt': '3\n' });
    await team.box.git('merge', '-q', '--no-commit', '--no-ff', 'side');
    const merge = await commitPast(team, 'secrets/merge.yaml', plain('hunter2'), 'evil merge');
    const text = await readFile(team.keyFile, 'utf8');
    const key = await commitPast(team, 'ops/keys.txt', text);
    const notes = await commitPast(team, 'docs/notes.md', `# How we deploy\n\n${text}\nand so on\n`);
    // Of a size that no key's file has, and what looks like one.
    await commitPast(team, 'docs/large.md', `${text}${'x'.repeat(1 << 20)}`);
    await commitPast(
      team,
      'docs/example.md',
      'Put AGE-SECRET-KEY-1XXXXXXXXXX into a file of your own: -----BEGIN PRIVATE KEY-----\n',
    );
    const gone = ['secrets/merge.yaml', 'ops/keys.txt', 'docs/notes.md', 'docs/large.md', 'docs/example.md'];
    await team.box.git('rm', '-q', '--cached', ...gone);
    await team.box.git('commit', '-qm', 'out');
    const { report } = await historyOf(team);
    const found = report.findings.map((f: Found) => [f.kind, f.path, f.line, f.commit]);
    expect(found).toHaveLength(3);
    expect(found).toContainEqual(['plaintext-file', 'secrets/merge.yaml', undefined, merge]);
    expect(found).toContainEqual(['private-key', 'ops/keys.txt', lineOfKey(text), key]);
    expect(found).toContainEqual(['private-key', 'docs/notes.md', lineOfKey(text) + 2, notes]);
    // A part of the paths, and the parts of a matrix.
    const ofDocs = await team.sops('check', '--history', '--format', 'json', '--', 'docs');
    expect(JSON.parse(ofDocs.stdout.toString()).findings.map((f: Found) => f.path)).toEqual(['docs/notes.md']);
    const parts: string[] = [];
    for (const shard of ['1/2', '2/2']) {
      const done = await team.sops('check', '--history', '--format', 'json', '--shard', shard);
      parts.push(...JSON.parse(done.stdout.toString()).findings.map((f: Found) => f.path));
    }
    expect(parts.sort()).toEqual(found.map(([, path]: string[]) => path).sort());
  });

  it('finds plaintext in what cannot be read, though it holds ciphertext as well; what is merely broken is no leak', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'secrets/db.yaml': plain('hunter1'), 'secrets/app.ini': '[a]\nb = hunter1\n' });
    const yaml = (await box.blob('HEAD:secrets/db.yaml')).toString();
    const ini = (await box.blob('HEAD:secrets/app.ini')).toString();
    const [other = '', token = ''] = yaml.match(/ENC\[\S*/g) ?? [];
    const conflict = (ours: string, theirs: string) => `<<<<<<< HEAD\n${ours}=======\n${theirs}>>>>>>> side\n`;
    const leaks: Record<string, string> = {
      'secrets/unparsable.yaml': `${yaml}other: [hunter2\n`,
      'secrets/conflict.yaml':
        conflict(`password: ${token}\n`, 'password: hunter2\n') + yaml.slice(yaml.indexOf('sops:')),
      'secrets/later.yaml': yaml
        .replace('version: 3.13.2', 'version: 4.0.0')
        .replace(/^password: .*$/m, 'password: hunter2'),
      'secrets/later.ini': `${ini.replace(/^version .*$/m, 'version = 4.0.0')}password = hunter2\n`,
      'secrets/keyless.yaml': yaml.replace(/^ {4}age:\n(?: {8}.*\n)+/m, '').replace(/^user: .*$/m, 'user: hunter2'),
    };
    const broken: Record<string, string> = {
      'secrets/sides.yaml': yaml.replace(/^password: .*\n/m, (line) => conflict(line, `password: ${other}\n`)),
      'secrets/future.yaml': yaml.replace('version: 3.13.2', 'version: 4.0.0'),
    };
    for (const [path, content] of Object.entries({ ...leaks, ...broken })) await commitPast(team, path, content);
    const { code, report } = await historyOf(team);
    expect(code).toBe(1);
    const found = report.findings.map((f: Found) => f.path);
    expect([...new Set(found)].sort()).toEqual(Object.keys(leaks).sort());
  });

  it('finds plaintext at a path that has the filter and no rule, in every version; ciphertext there is no leak', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'secrets/db.yaml': plain('hunter1'), 'readme.md': 'text\n' });
    const sealed = (await box.blob('HEAD:secrets/db.yaml')).toString();
    await commitPast(team, '.gitattributes', `${await box.read('.gitattributes')}*.enc.yaml filter=sops\n`);
    await commitPast(team, 'app/sealed.enc.yaml', sealed);
    await commitPast(team, 'app/empty.enc.yaml', '');
    const leak = await commitPast(team, 'app/a.enc.yaml', plain('hunter2'));
    // The same content where nothing asks for encryption.
    await commitPast(team, 'app/a.yaml', plain('hunter2'));
    await box.git('rm', '-q', '--cached', 'app/a.enc.yaml', 'app/a.yaml');
    await box.git('commit', '-q', '--no-verify', '-m', 'out');
    const { code, report } = await historyOf(team);
    const found = report.findings.map((f: Found) => [f.kind, f.path, f.commit]);
    expect([code, found]).toEqual([1, [['plaintext-without-rule', 'app/a.enc.yaml', leak]]]);
    // Threads are told of it too, and the journal.
    const journal = join(box.root, 'journal');
    for (let i = 0; i < 2; i++) {
      const done = await historyOf(team, '--jobs', '2', '--resume', journal);
      expect(done.report).toEqual(report);
    }
  });

  it('a private key that a partial clone lacks is fetched, with all else at once; what is lost is not clean', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'secrets/db.yaml': 'a: b\n', 'readme.md': 'text\n' });
    const key = await commitPast(team, 'docs/notes.md', await readFile(team.keyFile, 'utf8'));
    for (let i = 0; i < 20; i++) await box.write(`app/${i}.txt`, `text ${i} ${'x'.repeat(100)}\n`);
    await box.git('add', '.');
    await box.git('commit', '-qm', 'out');
    await box.git('rm', '-rq', 'app');
    await box.git('commit', '-qm', 'out');
    await box.git('config', 'uploadpack.allowFilter', 'true');
    await box.git('config', 'uploadpack.allowAnySHA1InWant', 'true');
    const clone = async (name: string, filter: string) => {
      await box.git('clone', '-q', `--filter=${filter}`, `file://${box.repo}`, `../${name}`);
      return box.at(join(box.root, name));
    };
    const historyIn = (where: typeof box, env = {}) =>
      where.run('git', ['sops', 'check', '--history', '--format', 'json'], { env });

    const partial = await clone('partial', 'blob:none');
    const trace = join(box.root, 'trace');
    const done = await historyIn(partial, { GIT_TRACE: trace });
    const found = JSON.parse(done.stdout.toString()).findings.map((f: Found) => [f.kind, f.path, f.commit]);
    expect([done.code, found]).toEqual([1, [['private-key', 'docs/notes.md', key]]]);
    expect((await readFile(trace, 'utf8')).match(/built-in: git fetch/g)?.length).toBeLessThan(5);

    // What is larger than any key need not come.
    await commitPast(team, 'docs/large.bin', 'x'.repeat(3 << 20));
    await box.git('rm', '-q', '--cached', 'docs/large.bin');
    await box.git('commit', '-qm', 'out');
    const large = await clone('large', 'blob:limit=2m');
    const lacking = () => large.git('rev-list', '--objects', '--all', '--missing=print');
    expect(await lacking()).toMatch(/^\?/m);
    expect((await historyIn(large)).code).toBe(1);
    expect(await lacking()).toMatch(/^\?/m);

    const cut = await clone('cut', 'blob:none');
    await cut.git('remote', 'set-url', 'origin', join(box.root, 'nowhere'));
    expect((await historyIn(cut)).code).toBe(2);
    const lost = await box.git('rev-parse', `${key}:docs/notes.md`);
    await rm(join(box.repo, '.git/objects', lost.slice(0, 2), lost.slice(2)));
    const damaged = await historyIn(box);
    expect([damaged.code, damaged.stderr]).toEqual([2, expect.stringContaining('docs/notes.md')]);
  });

  it('gives the same in threads, and in shards together', async () => {
    const { team } = await leakyTeam();
    const { report } = await historyOf(team);
    expect((await historyOf(team, '--jobs', '3')).report).toEqual(report);
    const parts = await Promise.all(['1/3', '2/3', '3/3'].map((shard) => historyOf(team, '--shard', shard)));
    const prints = parts.flatMap((part) => part.report.findings.map((f: { fingerprint: string }) => f.fingerprint));
    expect(prints.sort()).toEqual(report.findings.map((f: { fingerprint: string }) => f.fingerprint).sort());
    expect(parts.reduce((sum, part) => sum + part.report.files, 0)).toBe(report.files);
    expect((await team.sops('check', '--history', '--shard', '4/3')).code).toBe(2);
    expect((await team.sops('check', '--shard', '1/3')).code).toBe(2);
  });

  it('goes on where it was interrupted, reads only what is new, and leaves a foreign file alone', async () => {
    const { team } = await leakyTeam();
    const journal = join(team.box.root, 'journal');
    const { report } = await historyOf(team, '--resume', journal);
    const lines = (await readFile(journal, 'utf8')).trimEnd().split('\n');
    expect(lines).toHaveLength(1 + report.files);
    expect(lines.join('')).not.toContain('hunter');
    // Cut off in the middle of a line, as by a crash.
    await writeFile(journal, lines.slice(0, 3).join('\n').slice(0, -5));
    const trace = join(team.box.root, 'trace');
    const run = () =>
      team.box.run('git', ['sops', 'check', '--history', '--format', 'json', '--resume', journal], {
        env: { GIT_SOPS_TRACE: trace },
      });
    expect(JSON.parse((await run()).stdout.toString())).toEqual(report);
    expect(await readFile(trace, 'utf8')).toContain(`${report.files} blobs, ${report.files - 1} to judge`);
    expect(JSON.parse((await run()).stdout.toString())).toEqual(report);
    expect(await readFile(trace, 'utf8')).toContain(`${report.files} blobs, 0 to judge`);
    await writeFile(journal, 'my notes\n');
    expect((await run()).code).toBe(2);
    expect(await readFile(journal, 'utf8')).toBe('my notes\n');
  });

  it('a baseline accepts these leaks and no later one at the same place', async () => {
    const { team } = await leakyTeam();
    const baseline = join(team.box.root, 'baseline.json');
    expect((await team.sops('check', '--history', '--baseline', baseline)).code).toBe(2);
    expect((await team.sops('check', '--history', '--baseline', baseline, '--write-baseline')).code).toBe(0);
    expect(await readFile(baseline, 'utf8')).not.toContain('hunter');
    const { code, report } = await historyOf(team, '--baseline', baseline);
    expect(code).toBe(0);
    expect(report.accepted).toHaveLength(3);
    const again = await commitPast(team, 'secrets/leak.yaml', plain('hunter9'));
    const { report: later } = await historyOf(team, '--baseline', baseline);
    expect(later.findings).toMatchObject([{ kind: 'plaintext-file', commit: again }]);
    await writeFile(baseline, '{"version": 1}');
    expect((await team.sops('check', '--history', '--baseline', baseline)).code).toBe(2);
  });
});
