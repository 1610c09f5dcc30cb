import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { husky } from '../../../src/commands/set-up/hooks/husky.ts';
import { lefthook } from '../../../src/commands/set-up/hooks/lefthook.ts';
import type { ManagedHook } from '../../../src/commands/set-up/hooks/managed-hook.ts';
import { preCommit } from '../../../src/commands/set-up/hooks/pre-commit.ts';
import { commitHooks, type HookEvent } from '../../../src/git/hook-events.ts';

type Files = Record<string, string>;

const reading = (files: Files) => (path: string) => files[path] ?? null;

type Events = readonly HookEvent[];

async function turned(hook: ManagedHook, what: 'added' | 'removed', files: Files, events: Events): Promise<Files> {
  const result = { ...files };
  for (const { path, text } of await hook[what](reading(files), events)) {
    if (text === null) delete result[path];
    else result[path] = text;
  }
  return result;
}

/** Adds, adds again, takes away: the list has it once, then not at all, and the files are what they were. */
async function thereAndBack(hook: ManagedHook, files: Files, events: Events = commitHooks): Promise<Files> {
  expect(await hook.present(reading(files), events)).toBe(false);
  const added = await turned(hook, 'added', files, events);
  expect(await hook.present(reading(added), events)).toBe(true);
  expect(await hook.added(reading(added), events)).toEqual([]);
  expect(await turned(hook, 'removed', added, events)).toEqual(files);
  expect(await hook.removed(reading(files), events)).toEqual([]);
  return added;
}

describe('husky', () => {
  it('gets a script for each event, or a line in front of the one that is there', async () => {
    expect(await thereAndBack(husky, {})).toEqual({
      '.husky/pre-commit': 'git sops hook pre-commit || exit 1\n',
      '.husky/pre-merge-commit': 'git sops hook pre-merge-commit || exit 1\n',
      '.husky/pre-applypatch': 'git sops hook pre-applypatch || exit 1\n',
    });
    const added = await thereAndBack(husky, { '.husky/pre-commit': 'npx lint-staged\nexit 0\n' });
    expect(added['.husky/pre-commit']).toBe('git sops hook pre-commit || exit 1\nnpx lint-staged\nexit 0\n');
  });

  it('goes behind what husky itself began a script with', async () => {
    const start = '#!/usr/bin/env sh\n. "$(dirname -- "$0")/_/husky.sh"\n';
    const added = await thereAndBack(husky, { '.husky/pre-commit': `${start}\nnpm test\n` });
    expect(added['.husky/pre-commit']).toBe(`${start}git sops hook pre-commit || exit 1\n\nnpm test\n`);
  });

  it('knows a line that was added by hand, and a comment for what it is', async () => {
    const byHand = 'git-sops hook pre-commit\n';
    const all = ['pre-commit', 'pre-merge-commit', 'pre-applypatch'].map((name) => [`.husky/${name}`, byHand]);
    expect(await husky.added(reading(Object.fromEntries(all)), commitHooks)).toEqual([]);
    expect(await husky.removed(reading({ '.husky/pre-commit': byHand }), commitHooks)).toEqual([]);
    expect(await husky.present(reading({ '.husky/pre-commit': '# git sops hook pre-commit\n' }), commitHooks)).toBe(
      false,
    );
  });

  it('refuses a script that is none of the shell', async () => {
    const files = { '.husky/pre-commit': '#!/usr/bin/env node\nprocess.exit(0);\n' };
    await expect(husky.added(reading(files), commitHooks)).rejects.toMatchObject({ code: 'hook-list-unfit' });
  });
});

const lefthooks: Record<string, string> = {
  'commands, comments, quotes': `# our hooks
pre-commit:   # before each commit
  parallel: true
  commands:
    # the linter
    lint:
        run: "npx  biome check {staged_files}"
        glob: '*.{js,ts}'

pre-push: {commands: {test: {run: npm test}}}
`,
  jobs: 'pre-commit:\n  jobs:\n  - run: a\n  - name: b\n    run: b\n# end\n',
  'an event without a list': 'pre-commit:\n  piped: true\nmin_version: 1.10.0\n',
  'other events only': 'assert_lefthook_installed: true\n\npre-push:\n  commands:\n    x:\n      run: x\n',
  'comments only, as lefthook install leaves it': '# EXAMPLE USAGE:\n#\n# pre-push:\n#   commands: {}\n',
  'Windows line ends': 'pre-commit:\r\n  commands:\r\n    lint:\r\n      run: x\r\n',
};

describe('lefthook', () => {
  it.each(Object.entries(lefthooks))('%s', async (_, text) => {
    const added = await thereAndBack(lefthook, { 'lefthook.yml': text });
    const result = added['lefthook.yml'] ?? '';
    const lines = result.split('\n').filter((line) => !text.split('\n').includes(line));
    expect(lines.join('\n')).toContain('git sops hook pre-commit');
    // Every line that was there is there, in its order.
    expect(result.split('\n').filter((line) => !lines.includes(line))).toEqual(
      expect.arrayContaining(text.split('\n')),
    );
    if (text.includes('\r\n')) expect(result.replaceAll('\r\n', '')).not.toContain('\n');
  });

  it('writes a file where there is none, and takes the one that is there by its name', async () => {
    const added = await thereAndBack(lefthook, {});
    expect(parse(added['lefthook.yml'] ?? '')).toEqual({
      'pre-commit': { commands: { 'git-sops': { run: 'git sops hook pre-commit' } } },
      'pre-merge-commit': { commands: { 'git-sops': { run: 'git sops hook pre-merge-commit' } } },
      'pre-applypatch': { commands: { 'git-sops': { run: 'git sops hook pre-applypatch' } } },
    });
    expect(
      Object.keys(await thereAndBack(lefthook, { '.lefthook.yaml': 'pre-push:\n  jobs:\n    - run: x\n' })),
    ).toEqual(['.lefthook.yaml']);
  });

  it.each([
    ['flow style', { 'lefthook.yml': 'pre-commit: {commands: {lint: {run: x}}}\n' }],
    ['an alias', { 'lefthook.yml': 'x: &a\n  commands:\n    l: {run: x}\npre-commit: *a\n' }],
    ['broken YAML', { 'lefthook.yml': 'a: [\n' }],
    ['TOML', { 'lefthook.toml': '[pre-commit]\n' }],
  ])('leaves alone what it cannot edit in place, and says what to add: %s', async (_, files) => {
    await expect(lefthook.added(reading(files as unknown as Files), commitHooks)).rejects.toMatchObject({
      code: 'hook-list-unfit',
      facts: { other: 'git sops hook pre-commit' },
    });
  });
});

const preCommits: Record<string, string> = {
  'the sample': `# See https://pre-commit.com for more information
repos:
-   repo: https://github.com/pre-commit/pre-commit-hooks
    rev: v3.2.0
    hooks:
    -   id: trailing-whitespace
    -   id: check-yaml
`,
  'indented, with another local repository': `default_language_version:
  python: python3.11

repos: # ours
  # first
  - repo: local
    hooks:
      - id: lint
        name: lint
        entry: make   lint
        language: system
ci: {autofix_prs: false}
`,
  'no list yet': 'fail_fast: true\n',
};

describe('pre-commit', () => {
  it.each(Object.entries(preCommits))('%s', async (_, text) => {
    const added = (await thereAndBack(preCommit, { '.pre-commit-config.yaml': text }))['.pre-commit-config.yaml'] ?? '';
    expect(parse(added).repos[0]).toEqual({
      repo: 'local',
      hooks: [
        {
          id: 'git-sops',
          name: 'git-sops',
          entry: 'git sops hook pre-commit',
          language: 'system',
          stages: ['pre-commit', 'pre-merge-commit'],
          always_run: true,
          pass_filenames: false,
        },
      ],
    });
    expect(parse(added).repos.slice(1)).toEqual(parse(text).repos ?? []);
  });

  it('writes a file where there is none, and refuses flow style', async () => {
    expect(Object.keys(await thereAndBack(preCommit, {}))).toEqual(['.pre-commit-config.yaml']);
    const files = { '.pre-commit-config.yaml': 'repos: []\n' };
    await expect(preCommit.added(reading(files), commitHooks)).rejects.toMatchObject({ code: 'hook-list-unfit' });
  });
});

it('whatever lies around the entry stays byte for byte', async () => {
  const word = fc.constantFrom('a', 'lint', '"x y"', "'#'");
  const gap = fc.constantFrom('', '\n', '# a comment\n', '  # odd\n\n');
  const command = fc.tuple(word, gap, fc.constantFrom(' # behind', '')).map(([name, before, comment]) => {
    return `${before}    ${name}:${comment}\n      run: echo ${name}\n`;
  });
  const event = fc.constantFrom('pre-commit', 'pre-merge-commit', 'pre-push');
  const section = fc.tuple(event, fc.uniqueArray(command, { minLength: 1, maxLength: 3 }), gap);
  const file = fc
    .uniqueArray(section, { maxLength: 3, selector: ([name]) => name })
    .map((all) => all.map(([name, items, before]) => `${before}${name}:\n  commands:\n${items.join('')}`).join(''));
  await fc.assert(
    fc.asyncProperty(file, async (text) => {
      fc.pre(text.trim() !== '' && isMapping(text));
      await thereAndBack(lefthook, { 'lefthook.yml': text });
    }),
    { numRuns: 150, seed: 7 },
  );
});

/** Not every draw is YAML: a name may come twice. */
function isMapping(text: string): boolean {
  try {
    return parse(text) !== null;
  } catch {
    return false;
  }
}

it.each([
  ['lefthook.toml', '[pre-commit.commands.git-sops]\nrun = "git sops hook pre-commit"\n', '# '],
  ['lefthook.json', '{"pre-commit":{"commands":{"git-sops":{"run":"git sops hook pre-commit"}}}}\n', '// '],
])('knows the command in %s, and not in a comment', async (file, text, sign) => {
  const present = (held: string) => lefthook.present(reading({ [file]: held }), ['pre-commit']);
  expect(await present(text)).toBe(true);
  expect(await present(text.replace(/^(?=.*hook)/m, sign))).toBe(false);
  expect(await present(`/* ${text} */`)).toBe(false);
});

it.each([
  [
    'lefthook.toml',
    '[pre-commit.commands.a]\nglob = "src/**/*.ts"\n[pre-commit.commands.git-sops]\nrun = "echo # x; git sops hook pre-commit"\n[pre-commit.commands.z]\nglob = \'*/x # y\'\n',
  ],
  [
    '.lefthook.json',
    '{"pre-commit":{"commands":{"a":{"glob":"src/**/*.ts"},"git-sops":{"run":"echo // \\" # x; git sops hook pre-commit"},"z":{"glob":"*/x"}}}}',
  ],
  [
    'lefthook.jsonc',
    '{"pre-commit":{"jobs":[{"glob":"/*"}, /* ours */ {"run":"git sops hook pre-commit"} // "\n,{"glob":"*/"}]}}',
  ],
])('takes nothing in a string of %s for a comment', async (file, text) => {
  expect(await lefthook.present(reading({ [file]: text }), ['pre-commit'])).toBe(true);
  const other = text.replace('hook pre-commit', 'hook pre-push');
  expect(await lefthook.present(reading({ [file]: other }), ['pre-commit'])).toBe(false);
});

it.each(['/* ', '"\\'])('reads a list of a hostile repository in time: %s', async (part) => {
  const start = performance.now();
  await lefthook.present(reading({ 'lefthook.toml': part.repeat(300_000) }), ['pre-commit']);
  expect(performance.now() - start).toBeLessThan(5000);
});
