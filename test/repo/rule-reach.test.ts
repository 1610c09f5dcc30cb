import { beforeAll, describe, expect, it } from 'vitest';
import { createRuleFinder } from '../../src/document/rule-finder.ts';
import { createTeam, type Team } from './team.ts';

/** Each kind of pattern: how its paths begin is known, is not, is a part of a name, or is in another folder. */
const rules: Record<string, readonly string[]> = {
  '.sops.yaml': ['^secrets/', '^app', '^a\\.b/'],
  'zone/.sops.yaml': ['^prod/[^/]+\\.yaml$'],
  'deep/er/.sops.yaml': ['^x'],
  'none/.sops.yaml': [],
};
const paths = [
  'secrets/a.yaml',
  'secrets.yaml',
  'more/secrets/a.yaml',
  'more/a.enc.yaml',
  'app.yaml',
  'app-config/a.yaml',
  'apps/prod/a.yaml',
  'zone/prod/a.yaml',
  'zone/prod/b/a.yaml',
  'zone/a.enc.yaml',
  'application/prod/a.yaml',
  'a.b/c.yaml',
  'a-b/c.yaml',
  'deep/er/x.yaml',
  'deep/er/y/z.yaml',
  'deep/x.yaml',
  'none/a.enc.yaml',
  'none/secrets/a.yaml',
  'odd\tsecrets/a.yaml',
  'ünder/x.yaml',
];

const textOf = (patterns: readonly string[], recipient: string) =>
  patterns.length === 0
    ? 'stores: {}\n'
    : `creation_rules:\n${patterns.map((pattern) => `  - path_regex: '${pattern}'\n    age: ${recipient}\n`).join('')}`;

describe.each([
  ['in some places', rules, 8],
  ['anywhere', { ...rules, '.sops.yaml': ['^secrets/', '\\.enc\\.yaml$', '^app', '^a\\.b/'] }, 9],
])('check looks at every file that a rule covers, and at no other: rules for files %s', (_, rules, count) => {
  let team: Team;
  let expected: string[];
  beforeAll(async () => {
    team = await createTeam();
    const { box, recipient } = team;
    const files = Object.fromEntries(
      Object.entries(rules).map(([file, patterns]) => [file, textOf(patterns, recipient)]),
    );
    const entries = { ...Object.fromEntries(paths.map((path) => [path, 'password: hunter2\n'])), ...files };
    for (const [path, content] of Object.entries(entries)) {
      const oid = (await box.gitBytes(['hash-object', '-w', '--stdin'], { input: content })).toString().trim();
      await box.git('update-index', '--add', '--cacheinfo', `100644,${oid},${path}`);
    }
    const finder = createRuleFinder(async (path) => (path in files ? Buffer.from(files[path] as string) : null));
    expected = [];
    for (const path of paths) if ((await finder.find(path)) !== null) expected.push(path);
    expected.sort();
    // Past the hook.
    await box.git('commit', '-qnm', 'all');
  }, 60_000);

  it.each([
    ['the index', []],
    ['a commit', ['HEAD']],
    ['all of the working tree’s index by name', ['--', '.']],
  ])('%s', async (_, args) => {
    expect(expected).toHaveLength(count);
    const done = await team.box.run('git', ['sops', 'check', '--format', 'json', ...args]);
    const { findings } = JSON.parse(done.stdout.toString()) as { findings: { kind: string; path: string }[] };
    const plain = findings.filter(({ kind }) => kind === 'plaintext-file').map(({ path }) => path);
    expect(plain.sort()).toEqual(expected);
  });
});
