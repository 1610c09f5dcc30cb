import { describe, expect, it } from 'vitest';
import { readManifests } from '../../src/commands/flux/manifests.ts';
import { nestsTooDeep } from '../../src/commands/repository/yaml-nesting.ts';
import { lefthook } from '../../src/commands/set-up/hooks/lefthook.ts';
import { preCommit } from '../../src/commands/set-up/hooks/pre-commit.ts';
import { commitHooks } from '../../src/git/hook-events.ts';

const count = 20_000;
const deep: Record<string, string> = {
  lists: `${'['.repeat(count)}${']'.repeat(count)}`,
  'lists that are hidden by brackets in texts': `${'["]", '.repeat(count)}${']'.repeat(count)}`,
  mappings: `${'{a: '.repeat(count)}${'}'.repeat(count)}`,
  'what never ends': '[{a: '.repeat(count),
  'dashes in one line': `\n  ${'- '.repeat(count)}x`,
  'keys with a question mark': `\n  ${'? '.repeat(count)}x`,
  'block mappings': Array.from({ length: 2000 }, (_, i) => `\n${' '.repeat(i + 2)}a:`).join(''),
};

describe.each(Object.entries(deep))('nested without end: %s', (_, value) => {
  it('is not read, and nothing ends by it', async () => {
    const files: Record<string, string> = {
      'lefthook.yml': `pre-commit:\n  commands:\n    git-sops:\n      run: ${value}\n`,
      '.pre-commit-config.yaml': `repos: ${value}\n# git-sops\n`,
    };
    const read = (path: string) => files[path] ?? null;
    for (const hook of [lefthook, preCommit]) {
      expect(await hook.present(read, commitHooks)).toBe(false);
      await expect(hook.added(read, commitHooks)).rejects.toMatchObject({ code: 'hook-list-unfit' });
      await expect(hook.removed(read, commitHooks)).rejects.toMatchObject({ code: 'hook-list-unfit' });
    }
    expect(await readManifests(Buffer.from(`kind: ${value}\n`))).toBeNull();
  });
});

it.each([
  `a: ${'['.repeat(500)}${']'.repeat(500)}\n`,
  `a: ${'[x], '.repeat(5000)}\n`.replace('a: ', 'a: [').replace(/, \n/, ']\n'),
  `a: ${'x '.repeat(5000)}\n`,
  `a: "${'['.repeat(5000)}"\nb: |\n  ${'{ - '.repeat(5000)}\n`,
  `a:${' '.repeat(5000)}x\n`,
  `${'a: {b: [1]}\n'.repeat(1)}${Array.from({ length: 3000 }, (_, i) => `k${i}: [{a: 1}]\n`).join('')}`,
])('what is long, and not deep, is read (%#)', async (text) => {
  expect(await nestsTooDeep(text)).toBe(false);
  expect(await readManifests(Buffer.from(text))).not.toBeNull();
});
