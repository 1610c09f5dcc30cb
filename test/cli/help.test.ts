import { expect, it } from 'vitest';
import { plumbingCommands } from '../../src/cli/plumbing-commands.ts';
import { createSandbox } from '../sandbox.ts';

it('names the command that was meant, and none for a word that is like no command', async () => {
  const box = await createSandbox({ init: null });
  const typed = async (word: string) => {
    const done = await box.run(process.execPath, [process.env['GIT_SOPS_TEST_CLI'] ?? '', word]);
    expect(done.code).toBe(2);
    return /try: git sops (.*)\n/.exec(done.stderr)?.[1];
  };
  for (const [word, meant] of [
    ['stauts', 'status'],
    ['inti', 'init'],
    ['dif', 'diff'],
    ['un-lock', 'unlock'],
    ['foo', 'help'],
    ['x', 'help'],
    ['--frob', 'help'],
  ] as const)
    expect([word, await typed(word)]).toEqual([word, meant]);
});

it('each command says what it is for, also what Git calls, and touches nothing for that', async () => {
  const box = await createSandbox({ init: null });
  const run = (...args: string[]) => box.run(process.execPath, [process.env['GIT_SOPS_TEST_CLI'] ?? '', ...args]);
  for (const [name, { summary }] of Object.entries(plumbingCommands)) {
    for (const flag of ['--help', '-h']) {
      const done = await run(name, flag);
      expect([name, done.code, done.stderr]).toEqual([name, 0, '']);
      // The hook of all events is described elsewhere in other words.
      if (name !== 'hook') expect(done.stdout.toString()).toContain(summary);
    }
  }
  expect((await run('groups', '--help')).stdout.toString()).toContain('Usage: git sops groups add|delete');
});
