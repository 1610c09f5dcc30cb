import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commitPast } from './past.ts';
import { createServed } from './served.ts';
import { secretRule } from './team.ts';

const plain = (password: string) => `user: admin\npassword: ${password}\n`;

interface Place {
  readonly kind: string;
  readonly path: string;
}

describe('hook pre-receive', () => {
  it('refuses a leak that a later commit of the push takes out, names commit, path and what mends it, and keeps no ref', async () => {
    const served = await createServed();
    const { box, server, push } = served;
    const before = await server.git('for-each-ref');
    const leak = await commitPast(served, 'secrets/leak.yaml', plain('hunter2'));
    await box.git('rm', '-q', '--cached', 'secrets/leak.yaml');
    await box.git('commit', '--no-verify', '-qm', 'out');
    const done = await push('main');
    expect(done.code).toBe(1);
    expect(done.stderr).toContain('the push is refused');
    expect(done.stderr).toContain('secrets/leak.yaml');
    expect(done.stderr).toContain(`in commit ${leak.slice(0, 12)}`);
    expect(done.stderr).toContain('git rebase -i');
    // A new branch, a tag and an annotated tag are no way in, nor is a ref that no branch is.
    await box.git('tag', 'light', leak);
    await box.git('tag', '-a', '-m', 'x', 'heavy', leak);
    for (const ref of ['main:refs/heads/new', 'light', 'heavy', `${leak}:refs/for/main`]) {
      expect((await push(ref)).code).toBe(1);
    }
    expect(await server.git('for-each-ref')).toBe(before);
  });

  it('lets good work through: force pushes, deletions, tags, merges of what the server has, and unrelated work beside an old leak', async () => {
    const served = await createServed();
    const { box, server, push } = served;
    // As before there was a hook: the leak is the server's already.
    await box.git('checkout', '-q', '-b', 'old');
    await commitPast(served, 'secrets/old.yaml', plain('hunter2'));
    await commitPast(served, 'conf/plain.yaml', plain('hunter3'));
    await box.git(
      'push',
      '-q',
      server.repo,
      'old:refs/heads/old',
      '--receive-pack=git -c core.hooksPath=/dev/null receive-pack',
    );
    await commitPast(served, 'other.md', 'unrelated\n');
    expect((await push('old')).code).toBe(0);
    await box.git('checkout', '-q', '-f', 'main');
    await box.commit({ 'secrets/two.yaml': plain('hunter4') });
    // What the server has in the clear is a leak where a rule comes to cover it.
    await box.git('checkout', '-q', '-b', 'stricter');
    await box.write('.sops.yaml', secretRule(served.recipient).replace('(^|/)secrets/', '(^|/)(secrets|conf)/'));
    await box.git('commit', '-q', '--no-verify', '-am', 'wider rule');
    expect((await push('stricter')).stderr).not.toContain('refused');
    await box.git('merge', '-q', '--no-edit', '--no-verify', 'old');
    const wider = await push('stricter');
    expect(wider.stderr).toContain('conf/plain.yaml');
    expect(wider.stderr).not.toContain('secrets/old.yaml');
    await box.git('checkout', '-q', '-f', 'main');
    await box.git('merge', '-q', '--no-edit', '--no-verify', 'old');
    await box.git('tag', '-a', '-m', 'x', 'v1');
    const merged = await push('main', 'v1');
    expect(merged.stderr).not.toContain('refused');
    expect(merged.code).toBe(0);
    await box.git('commit', '-q', '--amend', '--no-verify', '-m', 'again');
    expect((await push('--force', 'main', 'v1', ':old', ':stricter')).code).toBe(0);
    expect(await server.git('for-each-ref', '--format=%(refname)')).toBe('refs/heads/main\nrefs/tags/v1');
  });

  it('reports what a push takes from the protection; a push that says so, or a server that only reports, lets it through', async () => {
    const served = await createServed();
    const { box, server, push } = served;
    await box.git('checkout', '-q', '-b', 'feature');
    await box.commit({ 'feature.md': 'x' });
    await box.git('checkout', '-q', 'main');
    await box.commit({ '.sops.yaml': secretRule(served.recipient).replace('secrets/', 'secrets/db') });
    const refused = await push('main');
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/weakened-rule[\s\S]*\(refs\/heads\/main\)/);
    expect(refused.stderr).toContain('git config sops.weakened report');
    expect((await push('main:refs/heads/quiet')).stderr).toContain('weakened-rule');
    await server.git('config', 'receive.advertisePushOptions', 'true');
    expect((await push('main')).stderr).toContain('git push -o sops.weakened');
    const meant = await push('-o', 'sops.weakened', 'main');
    expect(meant.code).toBe(0);
    expect(meant.stderr).toContain('this push changes the protection');
    // What the default branch agreed on is no change of a branch that merges it, or is rebased onto it.
    await box.git('checkout', '-q', 'feature');
    await box.git('merge', '-q', '--no-edit', 'main');
    expect((await push('feature')).stderr).not.toContain('protection');
    await box.git('reset', '-q', '--hard', 'feature~1');
    await box.git('rebase', '-q', 'main');
    expect((await push('--force', 'feature')).stderr).not.toContain('protection');
    await server.git('config', 'sops.weakened', 'report');
    await box.git('rm', '-q', '.gitattributes');
    await box.git('commit', '-qm', 'no filter');
    const told = await push('feature');
    expect(told.code).toBe(0);
    expect(told.stderr).toContain('weakened-attribute');
    // Back to before the rule was there is a loss too.
    await server.git('config', 'sops.weakened', 'refuse');
    const root = await box.git('commit-tree', '-m', 'root', await box.git('write-tree'));
    expect((await push('--force', `${root}:refs/heads/main`)).stderr).toContain('weakened-attribute');
  });

  it('refuses what it cannot judge: rules that are broken in any commit; and looks into tags of trees and blobs', async () => {
    const served = await createServed();
    const { box, push } = served;
    await box.git('checkout', '-q', '-b', 'broken');
    await commitPast(served, '.sops.yaml', 'creation_rules: [');
    const broken = await commitPast(served, 'a.yaml', 'a: 1\n');
    await box.write('.sops.yaml', secretRule(served.recipient));
    await box.git('add', '.sops.yaml');
    await box.git('commit', '--no-verify', '-qm', 'mended');
    const done = await push('broken');
    expect(done.code).toBe(1);
    expect(done.stderr).toContain(`${broken.slice(0, 12)}:.sops.yaml:`);
    const key = (await readFile(served.keyFile, 'utf8')).replace(/^#.*\n/gm, '');
    const blob = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: key })).toString().trim();
    await box.git('tag', 'blob', blob);
    await box.git('checkout', '-q', '-f', 'main');
    await commitPast(served, 'secrets/tree.yaml', plain('hunter2'));
    await box.git('tag', 'tree', 'HEAD^{tree}');
    expect((await push('blob')).stderr).toContain('private-key');
    expect((await push('tree')).stderr).toContain('secrets/tree.yaml');
    await box.git('tag', 'fine', 'main~1^{tree}');
    expect((await push('fine')).stderr).not.toContain('refused');
  });

  it('finds a private key in the files that no rule may cover, as hook, check, range and history do', async () => {
    const served = await createServed();
    const { box, push, sops } = served;
    const key = (await readFile(served.keyFile, 'utf8')).match(/AGE-SECRET-KEY-\S+/)?.[0] ?? '';
    const request = `# name: Eve\n# ${key}\n${served.recipient}\n`;
    const paths = ['.sops.yaml', '.gitignore', '.gitattributes', '.sops/requests/eve.pub'];
    const [, , , asked = ''] = paths;
    await box.write(asked, request);
    await box.git('add', asked);
    for (const path of paths.slice(0, 3)) {
      await box.write(path, `${await box.read(path).catch(() => '')}# ${key}\n`);
      await box.git('add', path);
    }
    const places = (text: string) => JSON.parse(text).findings.map(({ kind, path }: Place) => `${kind} ${path}`);
    const expected = expect.arrayContaining(paths.map((path) => `private-key ${path}`));
    expect((await box.tryGit(['commit', '-m', 'keys'])).stderr).toMatch(/private-key/);
    await box.git('commit', '-q', '--no-verify', '-m', 'keys');
    for (const args of [[], ['--history'], ['main~1..main']]) {
      const found = (await sops('check', '--format', 'json', ...args)).stdout.toString();
      expect(found).not.toContain(key);
      expect([args, places(found)]).toEqual([args, expected]);
    }
    const pushed = await push('main');
    expect(pushed.code).toBe(1);
    expect(pushed.stderr.match(/\[private-key\]/g)).toHaveLength(4);
    await box.git('reset', '-q', '--hard', 'main~1');
    await commitPast(served, asked, 'password: hunter2\n');
    expect((await push('main')).stderr).toContain('plaintext-file');
    expect((await sops('check', '--history')).stdout.toString()).toContain('plaintext-file');
    await box.git('reset', '-q', '--hard', 'main~1');
    // An attribute that is for all of the folder, and a request that is one.
    await box.commit({ '.gitattributes': '.sops/** filter=sops\n', [asked]: `# name: Eve\n${served.recipient}\n` });
    expect((await push('-q', 'main')).stderr).not.toContain('.sops/requests');
  });

  it('goes by the allow-list from before the push: no commit, no tag accepts itself; an empty server takes what comes with its list', async () => {
    const served = await createServed();
    const { box, push } = served;
    const list = 'allow:\n  - path: secrets/**\n    kinds: [plaintext-file]\n    reason: an example\n';
    await commitPast(served, '.git-sops.yaml', list);
    await commitPast(served, 'secrets/leak.yaml', plain('hunter2'));
    await box.git('tag', '-a', '-m', 'x', 'own', 'HEAD');
    for (const ref of ['main', 'own', 'main:refs/heads/new']) {
      const done = await push(ref);
      expect(done.code).toBe(1);
      expect(done.stderr).toContain('plaintext-file');
    }
    const empty = await box.init('empty.git', '--bare');
    await empty.run('git', ['sops', 'init', '--yes']);
    expect((await box.tryGit(['push', empty.repo, 'main'])).code).toBe(0);
    await commitPast(served, 'secrets/other.yaml', plain('hunter3'));
    expect((await box.tryGit(['push', empty.repo, 'main'])).code).toBe(0);
    await commitPast(served, 'elsewhere/secrets/a.yaml', plain('hunter4'));
    expect((await box.tryGit(['push', empty.repo, 'main'])).code).toBe(1);
  });

  it('lets the allow-list of a ref accept only what comes to that ref, not what comes to another or to a new one', async () => {
    const served = await createServed();
    const { box, server, push } = served;
    await server.git('config', 'sops.weakened', 'report');
    const list = 'allow:\n  - path: secrets/**\n    kinds: [plaintext-file]\n    reason: an example\n';
    await box.git('checkout', '-q', '-b', 'legacy');
    await commitPast(served, '.git-sops.yaml', list);
    expect((await push('legacy')).code).toBe(0);
    await commitPast(served, 'secrets/leak.yaml', plain('hunter2'));
    const leak = await box.git('rev-parse', 'HEAD:secrets/leak.yaml');
    // A branch that grew from it has the list, but nobody agreed to that there.
    expect((await push('legacy:refs/heads/new')).stderr).toContain('plaintext-file');
    // The very same file by another commit, older than that of legacy or younger.
    await box.git('checkout', '-q', '-f', 'main');
    for (const date of ['2001-01-01T00:00:00Z', '2040-01-01T00:00:00Z']) {
      await box.git('update-index', '--add', '--cacheinfo', `100644,${leak},secrets/leak.yaml`);
      await box.git('-c', 'user.name=x', 'commit', '--no-verify', '-qm', date, '--date', date);
      const both = await push('main', 'legacy');
      expect(both.code).toBe(1);
      expect(both.stderr).toContain(`in commit ${(await box.git('rev-parse', 'main')).slice(0, 12)}`);
      await box.git('reset', '-q', '--hard', 'main~1');
    }
    expect((await push('legacy')).code).toBe(0);
  });

  it('is installed by init in the bare repository, in front of the hook that is there, and taken back by deinit', async () => {
    const served = await createServed();
    const { box, server, push } = served;
    const hook = join(server.repo, 'hooks/pre-receive');
    expect((await server.run('git', ['sops', 'init', '--yes'])).stdout.toString()).toBe('Everything is set up.\n');
    const theirs = '#!/bin/sh\ncat >received\n';
    await writeFile(hook, theirs);
    const sops = (...args: string[]) => server.run('git', ['sops', ...args]);
    expect((await sops('init')).code).toBe(1);
    expect((await sops('doctor')).stdout.toString()).toContain('pushes are not judged');
    expect((await sops('init', '--yes')).stdout.toString()).toContain(
      'pre-receive hook in front of the one that is there',
    );
    expect((await sops('init', '--yes')).stdout.toString()).toBe('Everything is set up.\n');
    expect((await sops('doctor')).stdout.toString()).toContain('every push is judged');
    const before = await box.git('rev-parse', 'HEAD');
    const after = await box.commit({ 'a.md': 'a' });
    // A server has no PATH that a login shell makes.
    const done = await box.tryGit(['push', 'origin', 'main'], { env: { PATH: '/usr/bin:/bin' } });
    expect(done.code).toBe(0);
    expect(await server.read('received')).toBe(`${before} ${after} refs/heads/main\n`);
    await commitPast(served, 'secrets/leak.yaml', plain('hunter2'));
    expect((await push('main')).stderr).toContain('the push is refused');
    expect((await sops('deinit', '--yes')).code).toBe(0);
    expect(await readFile(hook, 'utf8')).toBe(theirs);
  });

  it('judges many commits in one push, each blob once, and stops at its limit with a sentence', async () => {
    const served = await createServed();
    const { box, server, push } = served;
    const sealed = (await box.blob('HEAD:secrets/db.yaml')).toString();
    const oids: string[] = [];
    // Other lines of the metadata make another blob of the same protection; the server has no key to tell.
    for (let i = 0; i < 20; i++) {
      const input = sealed.replace(
        /lastmodified: .*/,
        `lastmodified: "2024-01-01T00:00:${String(i).padStart(2, '0')}Z"`,
      );
      oids.push((await box.gitBytes(['hash-object', '-w', '--stdin'], { input })).toString().trim());
    }
    const head = await box.git('rev-parse', 'HEAD');
    const commits = Array.from({ length: 3000 }, (_, i) => {
      const lines = [`commit refs/heads/many`, `committer C <c@example.com> ${1700000000 + i} +0000`, 'data 1', 'x'];
      if (i === 0) lines.push(`from ${head}`);
      return [
        ...lines,
        `M 100644 ${oids[i % 20]} secrets/s${i % 40}.yaml`,
        `M 100644 ${oids[0]} docs/d${i % 7}.md`,
        '',
      ].join('\n');
    });
    await box.gitBytes(['fast-import', '--quiet'], { input: commits.join('\n') });
    await server.git('config', 'sops.receiveSeconds', '0.05');
    const late = await push('many');
    expect(late.code).toBe(1);
    expect(late.stderr).toContain('could not be judged within 0.05 seconds');
    // One file that takes longer than the limit all by itself.
    await box.git('checkout', '-q', '-b', 'large');
    const lines = Array.from({ length: 1_000_000 }, (_, i) => `k${i}: hunter${i}\n`);
    await commitPast(served, 'secrets/large.yaml', lines.join(''));
    await server.git('config', 'sops.receiveSeconds', '0.5');
    const large = await push('large');
    expect(large.code).toBe(1);
    expect(large.stderr).toContain('could not be judged within 0.5 seconds');
    await server.git('config', 'sops.receiveSeconds', '50');
    const trace = join(box.root, 'trace');
    const done = await box.tryGit(['push', 'origin', 'many'], { env: { GIT_SOPS_TRACE: trace } });
    expect(done.stderr).not.toContain('refused');
    expect(done.code).toBe(0);
    // 40 secrets with one blob each, for 20 divides 40.
    expect(await readFile(trace, 'utf8')).toContain('pre-receive: 3000 commits, 40 covered files, 0 findings');
  });
});

describe('a new ref brings no rules of its own past those of the default branch', () => {
  it('P1: not a tag, not a branch from it, not a history of its own; what has no secret, or is meant, goes through', async () => {
    const served = await createServed();
    const { box, server, push } = served;
    const base = await box.git('rev-parse', 'HEAD');
    const before = await server.git('for-each-ref');
    // Without rules and attributes the plaintext is nothing special.
    await box.git('rm', '-q', '--cached', '.sops.yaml', '.gitattributes');
    await box.git('commit', '--no-verify', '-qm', 'no rules');
    await commitPast(served, 'secrets/new.yaml', plain('hunter2'));
    await box.git('tag', '-a', '-m', 'x', 'heavy');
    const leak = await box.git('rev-parse', 'HEAD');
    for (const ref of ['heavy', `${leak}:refs/tags/light`, `${leak}:refs/heads/b`, `${leak}:refs/for/main`]) {
      const done = await push(ref);
      expect([ref, done.code]).toEqual([ref, 1]);
      expect(done.stderr).toContain('by the rules of the default branch');
      expect(done.stderr).toContain('[weakened-rule]');
    }
    const ofTree = await push(`${leak}^{tree}:refs/tags/tree`);
    expect([ofTree.code, ofTree.stderr]).toEqual([1, expect.stringContaining('by the rules of the default branch')]);
    // A history of its own takes nothing away, and holds nothing that the default branch calls a secret.
    const tree = (content: string) =>
      box.gitBytes(['mktree'], { input: content }).then((bytes) => bytes.toString().trim());
    const orphan = async (path: string) => {
      const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: plain('hunter3') })).toString().trim();
      const folder = await tree(`100644 blob ${oid}\ta.yaml\n`);
      return box.git('commit-tree', '-m', 'x', await tree(`040000 tree ${folder}\t${path}\n`));
    };
    const hidden = await push(`${await orphan('secrets')}:refs/heads/orphan`);
    expect([hidden.code, hidden.stderr]).toEqual([1, expect.stringContaining('secrets/a.yaml')]);
    expect(await server.git('for-each-ref')).toBe(before);
    expect((await push(`${await orphan('pages')}:refs/heads/pages`)).code).toBe(0);
    // What comes by a tag that moves is as new.
    expect((await push(`${base}:refs/tags/moved`)).code).toBe(0);
    expect((await push('--force', `${leak}:refs/tags/moved`)).code).toBe(1);
    await server.git('config', 'sops.weakened', 'report');
    expect((await push('heavy')).code).toBe(0);
  });
});
