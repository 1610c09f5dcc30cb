import { execFileSync, spawnSync } from 'node:child_process';
import { copyFile, mkdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { describe, expect, it } from 'vitest';
import { hasTerminal, onTerminal } from '../on-terminal.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';
import { hasAge } from '../sops.ts';
import { runtimes } from './runtime.ts';
import { createTeam, type Team } from './team.ts';

const passphrase = 'correct horse';
const question = 'passphrase for the SSH key';
const enter = (word: string): [string, string] => [question, `${word}\r`];

/** A team of one, whose only key is an SSH key with a passphrase. */
async function withLockedKey(runtime: (typeof runtimes)[number]): Promise<Team & { unlocked: Sandbox }> {
  const team = await createTeam(undefined, runtime);
  const { box, keyFile, sops } = team;
  await rm(keyFile);
  const key = join(box.root, 'home/.ssh/id_ed25519');
  await mkdir(join(key, '..'));
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', passphrase, '-a', '2', '-C', 'ada@example.com', '-f', key]);
  const recipient = (await readFile(`${key}.pub`, 'utf8')).trim();
  await box.write('.sops.yaml', `creation_rules:\n  - path_regex: ^secrets/\n    age: ${recipient}\n`);
  expect((await sops('init', '--yes')).code).toBe(0);
  // For what this test sets up: the same key without a passphrase.
  const copy = join(box.root, 'unlocked');
  await copyFile(key, copy);
  execFileSync('ssh-keygen', ['-q', '-p', '-P', passphrase, '-N', '', '-f', copy]);
  const unlocked = box.with({ SOPS_AGE_SSH_PRIVATE_KEY_FILE: copy });
  await unlocked.commit({ 'secrets/a.yaml': 'a: hunter2\n', 'secrets/b.yaml': 'b: hunter3\n' });
  return { ...team, unlocked };
}

describe.skipIf(!hasTerminal)('a passphrase inside a Git filter (needs python3, for a terminal)', () => {
  it.each(runtimes)(
    '%s: is asked for on the terminal, once for a whole checkout, and never where nobody is',
    async (runtime) => {
      const { box, unlocked } = await withLockedKey(runtime);
      const lock = () => rm(box.path('secrets'), { recursive: true });
      const checkout = ['git', 'checkout', '--', 'secrets'];

      await lock();
      const opened = await onTerminal(box, [enter('wrong'), enter(passphrase)], checkout);
      expect(opened).toMatchObject({ code: 0, echoes: true, left: [] });
      expect(opened.shown.split(question)).toHaveLength(3);
      expect(opened.shown).not.toContain('correct');
      expect(await box.read('secrets/a.yaml')).toBe('a: hunter2\n');
      expect(await box.read('secrets/b.yaml')).toBe('b: hunter3\n');

      // Ctrl-C ends Git as well, and gives the terminal back.
      await lock();
      const interrupted = await onTerminal(box, [[question, '\u0003']], checkout);
      expect(interrupted).toMatchObject({ code: -2, echoes: true });
      // The rest is the same code in each, with the same answers.
      if (runtime !== 'node') return;

      // Adding a change needs the key too, and the blob is what a colleague can read.
      await box.write('secrets/a.yaml', 'a: hunter4\n');
      expect(await onTerminal(box, [enter(passphrase)], ['git', 'add', 'secrets'])).toMatchObject({
        code: 0,
        left: [],
      });
      expect((await box.blob(':secrets/a.yaml')).toString()).toContain('a: ENC[');
      await unlocked.git('commit', '-qm', 'changed');

      await lock();
      // Ctrl-D gives up the question alone: the files stay as they are in Git.
      const givenUp = await onTerminal(box, [[question, '\u0004']], checkout);
      expect(givenUp).toMatchObject({ code: 0, echoes: true });
      expect(givenUp.shown).toContain('was not given (it was given up)');
      expect(await box.read('secrets/a.yaml')).toContain('ENC[');

      // Nobody there: a sentence, and no waiting.
      const start = Date.now();
      for (const [env, reason] of [
        [{ CI: 'true' }, 'CI is set'],
        [{ GIT_TERMINAL_PROMPT: '0' }, 'GIT_TERMINAL_PROMPT forbids it'],
      ] as const) {
        await lock();
        const asked = await onTerminal(box, [], checkout, env);
        expect(asked.shown).toContain(`there is nobody to ask for the ${question}`);
        expect(asked.shown).toContain(reason);
      }
      await lock();
      const background = await onTerminal(box, [], ['bash', '-c', 'set -m; git checkout -- secrets & wait']);
      expect(background.shown).toContain('this runs in the background');
      await lock();
      const nowhere = await box.run('setsid', ['--wait', ...checkout], {
        env: { CI: undefined, GIT_TERMINAL_PROMPT: undefined },
      });
      expect(nowhere.stderr).toContain('there is no terminal');
      expect(nowhere.code).toBe(0);
      expect(await box.read('secrets/a.yaml')).toContain('ENC[');
      expect(Date.now() - start).toBeLessThan(20_000);
      expect(await box.git('status', '--porcelain')).toBe('');
    },
  );

  it('status and doctor ask for none where files are locked: that they are sound is not worth it', async () => {
    const { box } = await withLockedKey('node');
    await box.git(
      '-c',
      'filter.sops.process=',
      '-c',
      'filter.sops.required=false',
      'checkout',
      '-q',
      '--force',
      'HEAD',
    );
    for (const path of ['secrets/a.yaml', 'secrets/b.yaml']) await box.write(path, await box.blob(`:${path}`));
    for (const command of ['status', 'doctor']) {
      const done = await onTerminal(box, [], ['git', 'sops', command]);
      expect(done.shown).not.toContain(question);
      expect(done.code, done.shown).toBe(0);
    }
  });

  it('a file that was just staged costs no question when Git asks for it again; one of the same size and second does', async () => {
    const { box, unlocked } = await withLockedKey('node');
    const file = box.path('secrets/a.yaml');
    /** As if the index were written in the very second in which the file was: then Git asks for the content again. */
    const makeRacy = async () => {
      const { mtime } = await stat(file);
      await utimes(box.path('.git/index'), mtime, mtime);
    };
    for (const staged of ['', 'a: hunter5\n']) {
      await box.write('secrets/a.yaml', staged);
      await unlocked.git('add', 'secrets');
      const blob = await box.blob(':secrets/a.yaml');
      await makeRacy();
      expect(await onTerminal(box, [], ['git', 'status', '--porcelain'])).toMatchObject({
        code: 0,
        shown: expect.not.stringContaining(question),
      });
      await makeRacy();
      const added = await onTerminal(box, [], ['git', 'add', '--renormalize', 'secrets/a.yaml']);
      expect(added).toMatchObject({ code: 0, shown: expect.not.stringContaining(question) });
      expect(await box.blob(':secrets/a.yaml')).toEqual(blob);
    }
    await box.write('secrets/a.yaml', 'a: hunter5\n');
    await unlocked.git('add', 'secrets');
    await box.write('secrets/a.yaml', 'a: hunter6\n');
    await makeRacy();
    const edited = await onTerminal(box, [enter(passphrase)], ['git', 'status', '--porcelain']);
    expect(edited).toMatchObject({ code: 0, left: [] });
    expect(edited.shown).toContain('MM secrets/a.yaml');
  });

  it('a merge asks as well, and without an answer leaves ours and says so', async () => {
    const { box, unlocked } = await withLockedKey('node');
    const three = (a: string, c: string) => ({ 'secrets/a.yaml': `a: ${a}\nb: hunter2\nc: ${c}\n` });
    await unlocked.commit(three('hunter2', 'hunter2'));
    await unlocked.git('branch', 'side');
    await unlocked.commit(three('hunter5', 'hunter2'));
    await unlocked.git('checkout', '-q', 'side');
    await unlocked.commit(three('hunter2', 'hunter6'));
    const alone = await box.run('setsid', ['--wait', 'git', 'merge', 'main'], {
      env: { CI: undefined, GIT_TERMINAL_PROMPT: undefined },
    });
    expect(alone.code).not.toBe(0);
    expect(alone.stderr).toContain('there is nobody to ask');
    await unlocked.git('merge', '--abort');
    const both = [enter(passphrase)];
    // Filter before, driver, and filter after it are processes of their own; Git starts more where file and index are of one second.
    const merged = await onTerminal(
      box,
      [...both, ...both, ...both, ...both, ...both, ...both],
      ['git', 'merge', '-q', '--no-edit', 'main'],
    );
    expect(merged.code).toBe(0);
    expect(await box.read('secrets/a.yaml')).toBe('a: hunter5\nb: hunter2\nc: hunter6\n');
  });

  it.skipIf(!hasAge)('a key file that age -p made opens (needs age)', async () => {
    const team = await createTeam((recipient) => `creation_rules:\n  - path_regex: ^secrets/\n    age: ${recipient}\n`);
    const { box, keyFile } = team;
    await box.commit({ 'secrets/a.yaml': 'a: hunter2\n' });
    for (const armored of [[], ['--armor']]) {
      await rename(keyFile, `${keyFile}.plain`);
      const typed: [string, string][] = [
        ['Enter passphrase', `${passphrase}\r`],
        ['Confirm passphrase', `${passphrase}\r`],
      ];
      const made = await onTerminal(box, typed, ['age', '-p', ...armored, '-o', keyFile, `${keyFile}.plain`]);
      expect(made).toMatchObject({ code: 0, left: [] });
      await rm(box.path('secrets/a.yaml'));
      const asked = 'passphrase for the key file';
      const opened = await onTerminal(box, [[asked, `${passphrase}\r`]], ['git', 'checkout', '--', 'secrets']);
      expect(opened).toMatchObject({ code: 0, left: [] });
      expect(await box.read('secrets/a.yaml')).toBe('a: hunter2\n');
      await rm(keyFile);
      await rename(`${keyFile}.plain`, keyFile);
    }
  });

  it.each(runtimes.filter((runtime) => runtime !== 'standalone'))(
    '%s: takes the keys of a terminal, and waits no longer than it should',
    async (runtime) => {
      const box = await createSandbox({ init: null });
      const program = join(box.root, 'ask.mjs');
      buildSync({
        stdin: {
          contents: `import { Tty } from './tty.ts';
          const tty = new Tty({ env: {}, platform: process.platform, timeLimit: Number(process.argv[2]) });
          for (const hidden of [false, true])
            await tty.ask('word', hidden).then((word) => console.log(JSON.stringify(word)), (error) => console.log(error.message));
          await tty.say('bye \\u001b[2J');`,
          resolveDir: join(import.meta.dirname, '../../src/keys/terminal'),
        },
        bundle: true,
        platform: 'node',
        format: 'esm',
        outfile: program,
      });
      const command = runtime === 'bun' ? join(import.meta.dirname, '../../node_modules/.bin/bun') : process.execPath;
      const typed: [string, string][] = [
        ['word: ', 'abc\u007f\u007fßx\r'],
        ['word: ', 'gone\u0015\u001b7é\n'],
      ];
      const answered = await onTerminal(box, typed, [command, program, '9000']);
      expect(answered).toMatchObject({ code: 0, echoes: true, left: [] });
      expect(answered.shown).toContain('"aßx"');
      expect(answered.shown).toContain('"7é"');
      expect(answered.shown).toContain('abc\b \b\b \bßx');
      expect(answered.shown).toContain('bye \\033[2J');
      const late = await onTerminal(box, [], [command, program, '300']);
      expect(late.shown.split('no answer came within 0.3 seconds')).toHaveLength(3);
      expect(late).toMatchObject({ code: 0, echoes: true });
      // Ended from outside while it asks, it gives the terminal back.
      const script = '"$@" & wait=$!; sleep 1; kill -TERM $wait; wait $wait';
      const ended = await onTerminal(box, [], ['bash', '-c', script, 'bash', command, program, '9000']);
      expect(ended).toMatchObject({ echoes: true });
      expect(spawnSync('pgrep', ['-f', program]).status).not.toBe(0);
      await writeFile(program, '');
    },
  );
});
