import { spawnSync } from 'node:child_process';
import fs from 'node:fs';
import { join } from 'node:path';
import isomorphic from 'isomorphic-git';
import { beforeAll, describe, expect, it } from 'vitest';
import { createTeam, secretRule, type Team } from './team.ts';

const secret = 'user: admin\npassword: hunter2\n';
const python = process.env['GIT_SOPS_TEST_PYTHON'];

/** A client that knows no filters. Both work on the file as it lies in the working tree. */
interface Client {
  readonly stage: (team: Team, path: string) => Promise<void>;
  /** Commits what is staged, by itself. */
  readonly commit: (team: Team) => Promise<void>;
}

const author = { name: 'A U Thor', email: 'author@example.com' };

const throughIsomorphicGit: Client = {
  stage: ({ box }, path) => isomorphic.add({ fs, dir: box.repo, filepath: path }),
  commit: async ({ box }) => {
    await isomorphic.commit({ fs, dir: box.repo, message: 'past', author });
  },
};

function inPython(stage: string, commit: string): Client {
  const run = async ({ box }: Team, script: string, path = '') => {
    const { status, stderr } = spawnSync(python ?? '', ['-c', script, path], {
      cwd: box.repo,
      env: box.env,
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(stderr);
  };
  return { stage: (team, path) => run(team, stage, path), commit: (team) => run(team, commit) };
}

const throughLibgit2 = inPython(
  `
import pygit2, sys
repo = pygit2.Repository('.')
repo.index.add(sys.argv[1])
repo.index.write()
`,
  `
import pygit2
repo = pygit2.Repository('.')
who = pygit2.Signature('A U Thor', 'author@example.com')
repo.create_commit('HEAD', who, who, 'past', repo.index.write_tree(), [repo.head.target])
`,
);

const throughDulwich = inPython(
  `
import sys
from dulwich.repo import Repo
from dulwich.objects import Blob
from dulwich.index import IndexEntry
repo = Repo('.')
blob = Blob.from_string(open(sys.argv[1], 'rb').read())
repo.object_store.add_object(blob)
index = repo.open_index()
index[sys.argv[1].encode()] = IndexEntry(0, 0, 0, 0, 0o100644, 0, 0, len(blob.data), blob.id)
index.write()
`,
  `
from dulwich import porcelain
porcelain.commit('.', message=b'past', author=b'A U Thor <author@example.com>', committer=b'A U Thor <author@example.com>', no_verify=True)
`,
);

/** What holds for each: the hook stops Git's commit of it, \`check\` says so, and CI finds the client's own commit. */
async function holds(team: Team, name: string, client: Client): Promise<void> {
  const { box } = team;
  const path = `secrets/${name}.yaml`;
  const base = await box.git('rev-parse', 'HEAD');
  await box.write(path, secret);
  await client.stage(team, path);
  expect((await box.blob(`:${path}`)).toString()).toBe(secret);

  const hook = await box.tryGit(['commit', '-m', 'what another client staged']);
  expect(hook.code).not.toBe(0);
  expect(hook.stderr).toContain(path);
  expect(hook.stderr).not.toContain('hunter2');
  const index = await team.sops('check', '--format', 'json');
  expect(index.code).toBe(1);
  expect(JSON.parse(index.stdout.toString()).findings).toMatchObject([{ kind: 'plaintext-file', path }]);

  await client.commit(team);
  const commit = await box.git('rev-parse', 'HEAD');
  expect(commit).not.toBe(base);
  // The command that each of them names mends the file; the leak is in the range all the same.
  await box.git('add', '--renormalize', '--', path);
  await box.git('commit', '-qm', 'mended');
  expect((await team.sops('check')).code).toBe(0);
  const range = await team.sops('check', `${base}..HEAD`, '--format', 'json');
  expect(range.code).toBe(1);
  expect(JSON.parse(range.stdout.toString()).findings).toMatchObject([{ kind: 'plaintext-file', path, commit }]);
}

describe('clients that ignore filters are stopped by the hook at the next git commit, and by check in CI', () => {
  let team: Team;
  beforeAll(async () => {
    team = await createTeam(secretRule);
    await team.box.commit();
    return () => team.box.remove();
  });

  it('isomorphic-git', () => holds(team, 'isomorphic', throughIsomorphicGit));

  it.skipIf(python === undefined)('libgit2 (needs GIT_SOPS_TEST_PYTHON, with pygit2)', () =>
    holds(team, 'libgit2', throughLibgit2),
  );

  it.skipIf(python === undefined)('dulwich (needs GIT_SOPS_TEST_PYTHON, with dulwich)', () =>
    holds(team, 'dulwich', throughDulwich),
  );

  it('git update-index --cacheinfo, and git commit --no-verify', () =>
    holds(team, 'cacheinfo', {
      stage: async ({ box }, path) => {
        const oid = await box.git('hash-object', '-w', '--no-filters', path);
        await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},${path}`);
      },
      commit: async ({ box }) => {
        await box.git('commit', '--no-verify', '-qm', 'past');
      },
    }));

  it('git apply --cached', () =>
    holds(team, 'apply', {
      stage: async ({ box }, path) => {
        const lines = secret.trimEnd().split('\n');
        const patch = `--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines.length} @@\n${lines.map((line) => `+${line}\n`).join('')}`;
        await box.gitBytes(['apply', '--cached'], { input: patch });
      },
      commit: async ({ box }) => {
        await box.git('commit', '--no-verify', '-qm', 'past');
      },
    }));

  it('a web editor, whose commit comes by fetch: check of the range, the hook where a merge is made, and no plaintext passes on', async () => {
    const team = await createTeam(secretRule);
    const { box } = team;
    await box.commit({ 'readme.md': 'text\n', 'secrets/db.yaml': secret });
    await box.git('init', '-q', '--bare', '../server.git');
    await box.git('remote', 'add', 'origin', '../server.git');
    await box.git('push', '-q', 'origin', 'main');

    // The editor knows neither filter nor hook: blob, tree and commit are made on the server.
    const server = box.at(join(box.root, 'server.git'));
    const sealed = (await box.blob('HEAD:secrets/db.yaml')).toString();
    const edited = sealed.replace(/^password: .*$/m, 'password: hunter3');
    const blob = (await server.gitBytes(['hash-object', '-w', '--stdin'], { input: edited })).toString().trim();
    const env = { GIT_INDEX_FILE: join(box.root, 'server-index') };
    const inIndex = (...args: string[]) => server.gitBytes(args, { env });
    await inIndex('read-tree', 'main');
    await inIndex('update-index', '--cacheinfo', `100644,${blob},secrets/db.yaml`);
    const tree = (await inIndex('write-tree')).toString().trim();
    const commit = await server.git('commit-tree', tree, '-p', 'main', '-m', 'edited on the web');
    await server.git('update-ref', 'refs/heads/main', commit);

    await box.git('fetch', '-q', 'origin');
    const range = await team.sops('check', 'HEAD..origin/main', '--format', 'json');
    expect(range.code).toBe(1);
    expect(range.stdout.toString()).not.toContain('hunter3');
    expect(JSON.parse(range.stdout.toString()).findings).toContainEqual(
      expect.objectContaining({ kind: 'plaintext-value', keyPath: 'password', commit }),
    );
    // Where a merge commit is made, the hook is asked.
    await box.commit({ 'other.md': 'text\n' });
    const merge = await box.tryGit(['merge', '--no-edit', 'origin/main']);
    expect(merge.code).not.toBe(0);
    expect(merge.stderr + merge.stdout).toContain('secrets/db.yaml');
    expect(merge.stderr + merge.stdout).not.toContain('hunter3');
    await box.git('merge', '--abort');
    // For a fast-forward Git asks no hook. The file stays as it is stored, and check says what is wrong with it.
    await box.git('reset', '-q', '--hard', 'HEAD~1');
    await box.git('merge', '-q', '--ff-only', 'origin/main');
    expect(await box.read('secrets/db.yaml')).toBe(edited);
    const found = JSON.parse((await team.sops('check', '--format', 'json')).stdout.toString()).findings;
    expect(found).toMatchObject([{ kind: 'plaintext-value', path: 'secrets/db.yaml' }]);
    // Its command: the last good commit.
    expect(found[0].mend).toContain('git checkout COMMIT -- secrets/db.yaml');
    await box.git('checkout', 'HEAD~1', '--', 'secrets/db.yaml');
    await box.git('commit', '-qm', 'back to the good one');
    expect((await team.sops('check')).code).toBe(0);
    expect(await box.read('secrets/db.yaml')).toBe(secret);
  });
});
