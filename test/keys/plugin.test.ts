import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { beforeAll, describe, expect, it } from 'vitest';
import { encodeBech32 } from '../../src/keys/age/bech32.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { parseRecipient, wrapDataKey } from '../../src/keys/recipient.ts';
import type { Terminal } from '../../src/keys/terminal/terminal.ts';
import { age, hasSops, sops } from '../sops.ts';
import { context, user } from './context.ts';

const dataKey = Uint8Array.from({ length: 32 }, (_, i) => i);
const PATH = [join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'bin'), process.env['PATH'] ?? ''].join(delimiter);
const has = (plugin: string) => spawnSync(`age-plugin-${plugin}`, ['--help'], { env: { PATH } }).error === undefined;
if (process.env['GIT_SOPS_REQUIRE_SOPS'] && !has('batchpass')) throw new Error('age-plugin-batchpass is required here');

const identityOf = (plugin: string, bytes = new Uint8Array(0)) =>
  encodeBech32(`age-plugin-${plugin}-`, bytes).toUpperCase();

function ringOf(env: Record<string, string>, terminal: Terminal = user(), limits = {}) {
  return createKeyring({ env: { PATH, ...env }, platform: process.platform, home: null, terminal, ...limits });
}

const openBy = (env: Record<string, string>, enc: string, terminal?: Terminal, limits = {}) =>
  ringOf(env, terminal, limits).dataKey([[{ kind: 'age', recipient: 'age1other', enc }]], 0);

describe.skipIf(!has('batchpass'))('age-plugin-batchpass (needs age)', () => {
  const env = { SOPS_AGE_KEY: identityOf('batchpass'), AGE_PASSPHRASE: 'correct horse' };

  it('opens what it wrapped, as age and sops let it', async () => {
    const wrapped = age(['--encrypt', '--armor', '-j', 'batchpass'], {
      env: { AGE_PASSPHRASE: 'correct horse', AGE_PASSPHRASE_WORK_FACTOR: '10' },
      input: dataKey,
    }).stdout.toString();
    expect(await openBy(env, wrapped)).toEqual({ dataKey });
    expect(await openBy({ ...env, AGE_PASSPHRASE: 'wrong' }, wrapped)).toMatchObject({
      dataKey: null,
      problems: ['the age plugin "batchpass" failed (it says: incorrect passphrase)'],
    });
    if (!hasSops) return;
    const data = JSON.parse(
      sops(
        [
          'encrypt',
          '--age',
          parseRecipient(await identityToRecipient(await generateHybridIdentity())).text,
          '--filename-override',
          'x.json',
        ],
        { input: '{"a": 1}' },
      ).stdout.toString(),
    );
    data.sops.age[0].enc = wrapped;
    // The MAC is of another data key; that sops gets so far shows that it opened this one.
    const opened = sops(['decrypt', '--input-type', 'json'], { input: JSON.stringify(data), env });
    expect(opened.stderr).not.toContain('identity');
  });

  it('that is not installed is named, as is one that only the current folder has', async () => {
    const enc = age(['--encrypt', '--armor', '-j', 'batchpass'], {
      env: { AGE_PASSPHRASE: 'x', AGE_PASSPHRASE_WORK_FACTOR: '10' },
      input: dataKey,
    }).stdout.toString();
    expect(await openBy({ ...env, PATH: `.${delimiter}bin` }, enc)).toMatchObject({
      problems: ['the age plugin "batchpass" is not installed (no age-plugin-batchpass in PATH)'],
    });
  });
});

describe.skipIf(!has('pq') || !has('tag') || !has('tagtest'))(
  'other plugins of age’s own (needs age-plugin-pq, -tag, -tagtest)',
  () => {
    it('open for an identity of theirs what is wrapped for the recipient', async () => {
      const hybrid = await generateHybridIdentity();
      const enc = await wrapDataKey(parseRecipient(await identityToRecipient(hybrid)), dataKey);
      const converted = spawnSync('age-plugin-pq', ['-identity'], { env: { PATH }, input: `${hybrid}\n` });
      expect(await openBy({ SOPS_AGE_KEY: converted.stdout.toString().trim() }, enc)).toEqual({ dataKey });
      const other = await wrapDataKey(
        parseRecipient(await identityToRecipient(await generateHybridIdentity())),
        dataKey,
      );
      expect(await openBy({ SOPS_AGE_KEY: converted.stdout.toString().trim() }, other)).toMatchObject({
        dataKey: null,
        problems: [],
      });
    });

    it('wrap for a recipient', async () => {
      // The fixed key of age-plugin-tagtest, which age's own tests use.
      const recipient = 'age1tag1qwe0kafsjrar4txm6heqnhpfuggzr0gvznz7fvygxrlq90u5mq2pysxtw6h';
      const { wrapByPlugin } = await import('../../src/keys/plugin/wrap-by-plugin.ts');
      const { newFileKey, writeAgeFile } = await import('../../src/keys/age/age-file-writer.ts');
      const fileKey = newFileKey();
      const stanzas = await wrapByPlugin('tag', recipient, fileKey, { ...context, env: { PATH } });
      const enc = await writeAgeFile(dataKey, fileKey, Promise.resolve(stanzas));
      expect(await openBy({ SOPS_AGE_KEY: identityOf('tagtest') }, enc)).toEqual({ dataKey });
      expect(age(['--decrypt', '-j', 'tagtest'], { env: { PATH }, input: enc }).stdout).toEqual(Buffer.from(dataKey));
      // What we wrap without the plugin it opens too.
      const own = await wrapDataKey(parseRecipient(recipient), dataKey);
      expect(await openBy({ SOPS_AGE_KEY: identityOf('tagtest') }, own)).toEqual({ dataKey });
    });
  },
);

/** A plugin of the test's own: what it says is decided by the script. */
describe.runIf(process.platform !== 'win32')('a plugin', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'git-sops-plugin-'));
    return () => rmSync(folder, { recursive: true });
  });

  function plugin(name: string, script: string): Record<string, string> {
    const file = join(folder, `age-plugin-${name}`);
    // It reads until `done` comes, as the protocol has it.
    const head =
      '#!/bin/sh\nanswer() { read -r line; read -r body; }\nwhile read -r line; do test "$line" = "-> done" && break; done; read -r blank\n';
    writeFileSync(file, head + script);
    chmodSync(file, 0o700);
    return { PATH: [folder, PATH].join(delimiter), SOPS_AGE_KEY: identityOf(name) };
  }
  const recipient = encodeBech32('age1asker', new Uint8Array(8));
  let enc: string;
  beforeAll(async () => {
    const hybrid = await generateHybridIdentity();
    enc = await wrapDataKey(parseRecipient(await identityToRecipient(hybrid)), dataKey);
  });
  const problems = async (env: Record<string, string>, terminal?: Terminal, limits = {}) => {
    const found = await openBy(env, enc, terminal, limits);
    return found.dataKey === null ? found.problems.join('; ') : 'opened';
  };

  it('may ask the user, and learns what was answered', async () => {
    const log = join(folder, 'log');
    const say = (type: string, body: string) =>
      `printf '%s\\n%s\\n' '-> ${type}' ${Buffer.from(body).toString('base64').replaceAll('=', '')}; answer; echo "$line $body" >> '${log}'\n`;
    const words = `${Buffer.from('do it').toString('base64').replaceAll('=', '')} ${Buffer.from('leave').toString('base64').replaceAll('=', '')}`;
    const env = plugin(
      'asker',
      `${say('msg', 'hello')}${say('request-secret', 'PIN')}${say('request-public', 'name')}${say(`confirm ${words}`, 'sure?')}${say('confirm eWVz', 'touch')}${say('grease-x', 'x')}printf -- '-> done\\n\\n'\n`,
    );
    const terminal = user('1234', 'ada', '2', '');
    expect(await problems(env, terminal)).toBe('');
    expect(terminal.asked).toHaveLength(5);
    expect(terminal.asked[0]).toBe('age plugin "asker": hello');
    expect(terminal.asked[3]).toBe('age plugin "asker": sure? (1: do it, 2: leave)');
    expect(
      readFileSync(log, 'utf8')
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(['-> ok', '-> ok MTIzNA', '-> ok YWRh', '-> ok no', '-> ok yes', '-> unsupported', '']);
    rmSync(log);
    expect(await problems(env)).toBe('');
    expect(
      readFileSync(log, 'utf8')
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual(['-> ok', '-> fail', '-> fail', '-> fail', '-> fail', '-> unsupported', '']);
  });

  it.each([
    ['that says nothing', 'sleep 60', 'it said nothing for 0.3 seconds'],
    ['that ends', 'exit 3', 'it ended with exit code 3'],
    ['that speaks otherwise', 'echo hello; sleep 60', 'it does not speak the protocol'],
    ['that never stops', "yes -- '-> msg'", 'it does not speak the protocol'],
    ['that says too much', "printf -- '-> msg\\n'; yes \"$(printf '%064d' 0)\"", 'it says too much'],
    [
      'that gives two file keys',
      "for i in 1 2; do printf -- '-> file-key 0\\nAAAAAAAAAAAAAAAAAAAAAA\\n'; answer; done; sleep 60",
      'it does not speak the protocol',
    ],
    [
      'that fails',
      "printf -- '-> error internal\\n%s\\n' \"$(printf 'no \\033[2J device' | base64 | tr -d =)\"; answer",
      'it says: no \\033[2J device',
    ],
  ])('%s is given up with a sentence', async (_, script, reason) => {
    const start = Date.now();
    expect(
      await problems(plugin('broken', script), context.terminal, { timeLimit: script === 'sleep 60' ? 300 : 3000 }),
    ).toContain(reason);
    expect(Date.now() - start).toBeLessThan(4000);
  });

  it('that gives a wrong file key opens nothing', async () => {
    const env = plugin(
      'wrong',
      "printf -- '-> file-key 0\\nAAAAAAAAAAAAAAAAAAAAAA\\n'; answer; printf -- '-> done\\n\\n'",
    );
    expect(await problems(env)).toContain('its header was changed');
  });

  it('is started for a recipient only where the user trusts it, or has an identity of it', async () => {
    const started = join(folder, 'started');
    const env = plugin(
      'asker',
      `touch '${started}'; printf -- '-> recipient-stanza 0 asker x\\nAAAAAAAAAAAAAAAAAAAAAA\\n'; answer; printf -- '-> done\\n\\n'`,
    );
    const wrap = (own: boolean, trusts?: boolean) => {
      const { SOPS_AGE_KEY: identity = '', ...rest } = env;
      const options = {
        env: { ...rest, ...(own && { SOPS_AGE_KEY: identity }) },
        platform: process.platform,
        home: null,
      };
      const ring = createKeyring({ ...options, ...(trusts !== undefined && { trusts: async () => trusts }) });
      return ring.wrap(parseRecipient(recipient), dataKey);
    };
    await expect(wrap(false)).rejects.toMatchObject({ code: 'plugin-not-trusted' });
    await expect(wrap(false, false)).rejects.toMatchObject({ code: 'plugin-not-trusted' });
    await expect(wrapDataKey(parseRecipient(recipient), dataKey)).rejects.toMatchObject({ code: 'plugin-not-trusted' });
    expect(existsSync(started)).toBe(false);
    for (const wrapped of [await wrap(false, true), await wrap(true, false)]) {
      expect(wrapped).toMatchObject({ kind: 'age', recipient });
    }
    expect(existsSync(started)).toBe(true);
  });
});
