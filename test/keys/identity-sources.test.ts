import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import type { KeyContext } from '../../src/keys/key-context.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { ageKeyCommand } from '../../src/keys/sources/age-key-command.ts';
import { ageKeyFile } from '../../src/keys/sources/age-key-file.ts';
import { ageKeyVariable } from '../../src/keys/sources/age-key-variable.ts';
import type { IdentitySource } from '../../src/keys/sources/identity-source.ts';
import { userKeyFile, userKeyFilePath } from '../../src/keys/sources/user-key-file.ts';
import { context as nobodys } from './context.ts';

// Identities for this run only.
const { text, recipient } = generateKeyFile();
const secret = text.trim().split('\n').at(-1) ?? '';
const posix = process.platform !== 'win32';
const runtimes = [
  ['Node', process.execPath],
  ['Bun', join(import.meta.dirname, '../../node_modules/.bin/bun')],
] as const;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'git-sops-sources-'));
  return () => rmSync(folder, { recursive: true });
});

async function load(source: IdentitySource, context: Partial<KeyContext>, wanted: string | null = null) {
  const { PATH } = process.env;
  const { identities, problems, warnings } = await source.load(
    {
      ...nobodys,
      cwd: folder,
      ...context,
      env: { PATH, ...context.env },
    },
    wanted,
  );
  return {
    recipients: await Promise.all(identities.map((identity) => identity.recipient())),
    problems: problems.map((problem) => problem.message),
    warnings: warnings.map((warning) => warning.message),
  };
}

const found = { recipients: [recipient], problems: [], warnings: [] };
const nothing = { recipients: [], problems: [], warnings: [] };

describe('SOPS_AGE_KEY', () => {
  it('gives what it holds', async () => {
    expect(await load(ageKeyVariable, { env: { SOPS_AGE_KEY: secret } })).toEqual(found);
    expect(await load(ageKeyVariable, { env: { SOPS_AGE_KEY: '' } })).toEqual(nothing);
    expect(await load(ageKeyVariable, {})).toEqual(nothing);
  });
});

describe('SOPS_AGE_KEY_FILE', () => {
  const env = (path: string) => ({ env: { SOPS_AGE_KEY_FILE: path } });

  it('names a file, also relative to the working directory', async () => {
    writeFileSync(join(folder, 'key'), text, { mode: 0o600 });
    expect(await load(ageKeyFile, env(join(folder, 'key')))).toEqual(found);
    expect(await load(ageKeyFile, env('key'))).toEqual(found);
  });

  it('that others can read works, with a warning that says how to mend it', async () => {
    writeFileSync(join(folder, 'key'), text);
    chmodSync(join(folder, 'key'), 0o640);
    const loaded = await load(ageKeyFile, { ...env('key'), platform: 'linux' });
    expect(loaded).toMatchObject({ recipients: [recipient], problems: [] });
    expect(loaded.warnings).toEqual([
      `SOPS_AGE_KEY_FILE (key) can be read by other users of this machine; chmod 600 ${join(folder, 'key')} mends that`,
    ]);
    expect((await load(ageKeyFile, { ...env('key'), platform: 'win32' })).warnings).toEqual([]);
  });

  it('that cannot be read is named, and no more', async () => {
    mkdirSync(join(folder, 'folder'));
    expect((await load(ageKeyFile, env('none'))).problems).toEqual([
      'SOPS_AGE_KEY_FILE (none) cannot be read (there is no such file)',
    ]);
    expect((await load(ageKeyFile, env('folder'))).problems).toEqual([
      'SOPS_AGE_KEY_FILE (folder) cannot be read (it is a directory)',
    ]);
  });

  it.runIf(posix)('that never ends is given up', async () => {
    expect((await load(ageKeyFile, env('/dev/zero'))).problems).toEqual([
      'SOPS_AGE_KEY_FILE (/dev/zero) cannot be read (it is longer than any key file)',
    ]);
    expect(await load(ageKeyFile, env('/dev/null'))).toEqual(nothing);
  });

  describe.runIf(posix)('may be a pipe', () => {
    const fifo = () => {
      const path = join(folder, 'pipe');
      execFileSync('mkfifo', [path]);
      return path;
    };

    it('whose writer is there, comes later, or writes slowly', async () => {
      const path = fifo();
      for (const script of ['cat > "$1"', 'sleep 0.3; cat > "$1"', '{ sleep 0.2; cat; sleep 0.2; } > "$1"']) {
        const writer = spawn('sh', ['-c', script, 'sh', path], { stdio: ['pipe', 'ignore', 'ignore'] });
        writer.stdin?.end(text);
        expect(await load(ageKeyFile, env(path))).toEqual(found);
      }
    });

    it('to which nobody writes: waiting for it ends', async () => {
      const start = Date.now();
      expect((await load(ageKeyFile, { ...env(fifo()), timeLimit: 300 })).problems[0]).toMatch(
        /gave no key within 0\.3 seconds$/,
      );
      expect(Date.now() - start).toBeLessThan(3000);
    });

    it('whose writer never ends', async () => {
      const path = fifo();
      const writer = spawn('sh', ['-c', 'exec 3> "$1"; exec sleep 60', 'sh', path], { stdio: 'ignore' });
      onTestFinished(() => void writer.kill());
      expect((await load(ageKeyFile, { ...env(path), timeLimit: 300 })).problems[0]).toMatch(/gave no key within/);
    });

    it.each(runtimes)('of the shell: <(…), under %s', (_, runtime) => {
      expect(inShell(runtime, 'SOPS_AGE_KEY_FILE=<(printf %s "$KEY") exec "$@"')).toEqual(found);
      // Its writer has come and gone without a word, which is no reason to wait.
      const start = Date.now();
      expect(inShell(runtime, 'SOPS_AGE_KEY_FILE=<(true) exec "$@"')).toEqual(nothing);
      expect(Date.now() - start).toBeLessThan(4000);
    });

    it.each(runtimes)('but not stdin, on which Git talks to the filter, under %s', (_, runtime) => {
      expect(inShell(runtime, 'printf %s "$KEY" | SOPS_AGE_KEY_FILE=/dev/stdin "$@"').problems).toEqual([
        'SOPS_AGE_KEY_FILE (/dev/stdin) cannot be read (is stdin)',
      ]);
    });
  });
});

/** Loads `SOPS_AGE_KEY_FILE` in a process of its own, started by bash. */
function inShell(runtime: string, script: string): typeof found {
  const program = join(folder, 'load.mjs');
  buildSync({
    stdin: {
      contents: `import { ageKeyFile } from './age-key-file.ts';
        const { identities, problems, warnings } = await ageKeyFile.load(
          { env: process.env, platform: 'linux', home: null, cwd: '/', timeLimit: 8000 }, null);
        console.log(JSON.stringify({ recipients: await Promise.all(identities.map((one) => one.recipient())),
          problems: problems.map((one) => one.message), warnings: warnings.map((one) => one.message) }));`,
      resolveDir: join(import.meta.dirname, '../../src/keys/sources'),
    },
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile: program,
  });
  const env = { ...process.env, KEY: secret };
  return JSON.parse(execFileSync('bash', ['-c', script, 'bash', runtime, program], { env }).toString());
}

describe.runIf(posix)('SOPS_AGE_KEY_CMD', () => {
  const env = (command: string) => ({ env: { SOPS_AGE_KEY_CMD: command, KEY: secret, KEYS_RECIPIENT: recipient } });

  it('is run without a shell, and prints identities', async () => {
    writeFileSync(join(folder, 'a key'), text);
    expect(await load(ageKeyCommand, env(`cat "${folder}/a key"`))).toEqual(found);
    expect((await load(ageKeyCommand, env(`cat ${folder}/* $KEY`))).problems).toEqual([
      'the command in SOPS_AGE_KEY_CMD failed (exit code 1)',
    ]);
    expect(await load(ageKeyCommand, {})).toEqual(nothing);
  });

  it('is none of the current folder, which is a repository, unless it says so', async () => {
    writeFileSync(join(folder, 'show-key'), `#!/bin/sh\necho "$KEY"\n`, { mode: 0o755 });
    const inFolder = (command: string) => ({ env: { SOPS_AGE_KEY_CMD: command, KEY: secret, PATH: '.:' } });
    expect((await load(ageKeyCommand, inFolder('show-key'))).problems).toEqual([
      'the command in SOPS_AGE_KEY_CMD failed (it cannot be started)',
    ]);
    expect(await load(ageKeyCommand, inFolder('./show-key'))).toEqual(found);
  });

  it('finds out for whom', async () => {
    const command = env(`sh -c 'test "$SOPS_AGE_RECIPIENT" = "$KEYS_RECIPIENT" && echo "$KEY"'`);
    expect(await load(ageKeyCommand, command, recipient)).toEqual(found);
    expect((await load(ageKeyCommand, command, 'age1other')).problems).toHaveLength(1);
    expect(await load(ageKeyCommand, env(`sh -c 'echo "\${SOPS_AGE_RECIPIENT-$KEY}"'`))).toEqual(found);
  });

  it.each([
    ['no-such-command-anywhere', 'it cannot be started'],
    ['sh -c "exit 3"', 'exit code 3'],
    ["sh -c 'kill -9 $$'", 'ended by SIGKILL'],
    ['echo "open', 'it is no complete command line'],
    ['   ', 'it is no complete command line'],
    ['cat /dev/zero', 'it prints too much'],
  ])('that fails is named: %s', async (command, reason) => {
    expect((await load(ageKeyCommand, env(command))).problems).toEqual([
      `the command in SOPS_AGE_KEY_CMD failed (${reason})`,
    ]);
  });

  it('that shows the key on stderr, or fails with it, does not show it here', async () => {
    const { problems } = await load(ageKeyCommand, env(`sh -c 'echo "$KEY" >&2; echo "oops $KEY"; exit 0'`));
    expect(problems.join()).not.toContain(secret.slice(20, 40));
  });

  it.each(['sleep 60', `sh -c 'sleep 60 & wait'`, `sh -c 'trap "" TERM; sleep 60; true'`])(
    'that is too slow is given up: %s',
    async (command) => {
      const start = Date.now();
      expect((await load(ageKeyCommand, { ...env(command), timeLimit: 300 })).problems).toEqual([
        'SOPS_AGE_KEY_CMD gave no key within 0.3 seconds',
      ]);
      expect(Date.now() - start).toBeLessThan(3000);
    },
  );

  it('gets no stdin to take from Git', async () => {
    expect((await load(ageKeyCommand, { ...env('cat'), timeLimit: 2000 })).problems).toEqual([]);
  });
});

describe("the user's keys.txt", () => {
  it.each<[string, Pick<KeyContext, 'platform' | 'home' | 'env'>, string | null]>([
    ['Linux', { platform: 'linux', home: '/home/u', env: {} }, '/home/u/.config/sops/age/keys.txt'],
    ['Linux, XDG', { platform: 'linux', home: '/home/u', env: { XDG_CONFIG_HOME: '/x' } }, '/x/sops/age/keys.txt'],
    ['Linux, relative XDG', { platform: 'linux', home: '/home/u', env: { XDG_CONFIG_HOME: 'x' } }, null],
    ['Linux without home', { platform: 'linux', home: null, env: {} }, null],
    [
      'macOS',
      { platform: 'darwin', home: '/Users/u', env: {} },
      '/Users/u/Library/Application Support/sops/age/keys.txt',
    ],
    ['macOS, XDG', { platform: 'darwin', home: '/Users/u', env: { XDG_CONFIG_HOME: '/x' } }, '/x/sops/age/keys.txt'],
    [
      'Windows',
      { platform: 'win32', home: 'C:\\Users\\u', env: { APPDATA: 'C:\\Users\\u\\AppData\\Roaming' } },
      'C:\\Users\\u\\AppData\\Roaming\\sops\\age\\keys.txt',
    ],
    ['Windows without AppData', { platform: 'win32', home: 'C:\\Users\\u', env: {} }, null],
  ])('stands where sops looks: %s', (_, context, path) => {
    expect(userKeyFilePath(context)).toBe(path);
  });

  it.runIf(posix)('is read where there is one', async () => {
    expect(await load(userKeyFile, { platform: 'linux', home: folder })).toEqual(nothing);
    mkdirSync(join(folder, '.config/sops/age'), { recursive: true });
    writeFileSync(join(folder, '.config/sops/age/keys.txt'), text, { mode: 0o600 });
    expect(await load(userKeyFile, { platform: 'linux', home: folder })).toEqual(found);
  });
});
