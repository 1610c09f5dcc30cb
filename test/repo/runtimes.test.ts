import { copyFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Runtime, runtimes } from './runtime.ts';
import { createTeam, secretRule, type Team } from './team.ts';

/** Behind the look whether it is there, the configured commands name absolute paths; what is between quotes and blanks is a word. */
const wordsOf = async ({ box }: Team) =>
  /; exec (.*)$/.exec(await box.git('config', 'filter.sops.process'))?.[1]?.match(/'[^']*'|\S+/g) ?? [];

const secret = `user: admin # who
password: hunter2
mode: 0644
text: >-
    folded
    lines
`;

describe('the runtimes', () => {
  it.each(runtimes)('%s is what Git is told to start', async (runtime) => {
    const words = await wordsOf(await createTeam(secretRule, runtime));
    const program = { node: basename(process.execPath), bun: 'bun', standalone: 'git-sops' }[runtime];
    expect(basename(words[0] ?? '').replaceAll("'", '')).toBe(program);
    expect(words.at(-1)).toBe('filter-process');
    expect(words.some((word) => word.endsWith('plumbing.cjs'))).toBe(runtime !== 'standalone');
  });

  it.skipIf(runtimes.length < 2)('all give the same bytes, of blobs and of plaintext (needs Bun)', async () => {
    const teams: Partial<Record<Runtime, Team>> = {};
    for (const runtime of runtimes) teams[runtime] = await createTeam(secretRule, runtime);
    const first = teams.node as Team;
    await first.box.commit({ 'secrets/db.yaml': secret, 'secrets/a.env': 'A=hunter2\n', 'secrets/tls.key': 'hunter2' });
    const paths = ['secrets/db.yaml', 'secrets/a.env', 'secrets/tls.key'];
    for (const [runtime, team] of Object.entries(teams)) {
      if (team === first) continue;
      // The blobs that Node made, opened and cleaned again by another with the same key.
      await copyFile(first.keyFile, team.keyFile);
      await team.box.git('fetch', '-q', first.box.repo, 'HEAD');
      await team.box.git('reset', '-q', '--hard', 'FETCH_HEAD');
      expect(await team.box.read('secrets/db.yaml'), runtime).toBe(secret);
      for (const path of paths) {
        const content = await team.box.readBytes(path);
        expect(content, runtime).toEqual(await first.box.readBytes(path));
        await team.box.git('rm', '-q', '--cached', path);
        await team.box.write(path, content);
        await team.box.git('add', path);
        expect(await team.box.git('rev-parse', `:${path}`), runtime).toBe(await first.box.git('rev-parse', `:${path}`));
      }
    }
  });

  it.each(runtimes)('%s: check verifies every one of many files', async (runtime) => {
    const { box, sops } = await createTeam(secretRule, runtime);
    const names = ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => `secrets/${name}.yaml`);
    await box.commit(Object.fromEntries(names.map((name) => [name, `user: admin\npassword: ${name}\n`])));
    expect((await sops('check')).code).toBe(0);
    const history = await sops('check', '--history', '--jobs', '2');
    expect([history.code, history.stderr]).toEqual([0, '']);
    const blobOf = async (name: string) => (await box.blob(`HEAD:${name}`)).toString();
    const [a = '', b = ''] = await Promise.all(['secrets/a.yaml', 'secrets/b.yaml'].map(blobOf));
    const passwordOf = (text: string) => /^password: (.*)$/m.exec(text)?.[1] ?? '';
    const userOf = (text: string) => /^user: (.*)$/m.exec(text)?.[1] ?? '';
    const macOf = (text: string) => /^ {4}mac: (.*)$/m.exec(text)?.[1] ?? '';
    const keyOf = (text: string) => /enc: \|\n([\s\S]*?)\n {10}recipient/.exec(text)?.[1] ?? '';
    for (const [i, text] of [
      a.replace(passwordOf(a), passwordOf(b)),
      a.replace(userOf(a), passwordOf(a)),
      a.replace(macOf(a), macOf(b)),
      a.replace(keyOf(a), keyOf(b)),
      a.replace(/lastmodified: ".*"/, 'lastmodified: "2020-01-01T00:00:00Z"'),
    ].entries()) {
      const oid = (await box.run('git', ['hash-object', '-w', '--stdin'], { input: text })).stdout.toString().trim();
      await box.git('update-index', '--cacheinfo', `100644,${oid},secrets/${'abcde'[i]}.yaml`);
    }
    const done = await sops('check', '--format', 'json');
    expect(done.code).toBe(1);
    const found: { path: string; kind: string }[] = JSON.parse(done.stdout.toString()).findings;
    expect(found.map(({ path, kind }) => [path, kind])).toEqual([
      ['secrets/a.yaml', 'broken-tag'],
      ['secrets/b.yaml', 'broken-tag'],
      ['secrets/c.yaml', 'broken-mac'],
      ['secrets/d.yaml', 'broken-tag'],
      ['secrets/e.yaml', 'broken-mac'],
    ]);
  });

  it.each(runtimes)('%s: what one wrote, the others open', async (runtime) => {
    const { box, keyFile } = await createTeam(secretRule, runtime);
    await box.commit({ 'secrets/db.yaml': secret });
    for (const other of runtimes) {
      const { box: reader, keyFile: readersKey } = await createTeam(undefined, other);
      await copyFile(keyFile, readersKey);
      await reader.git('clone', '-q', box.repo, join(reader.root, 'clone'));
      const clone = reader.at(join(reader.root, 'clone'));
      expect((await clone.run('git', ['sops', 'init', '--yes'])).code).toBe(0);
      expect(await clone.read('secrets/db.yaml')).toBe(secret);
      expect(await clone.git('status', '--porcelain')).toBe('');
    }
  });
});
