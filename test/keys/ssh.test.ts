import { execFileSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createKeyring } from '../../src/keys/keyring.ts';
import { parseRecipient, wrapDataKey } from '../../src/keys/recipient.ts';
import { parseSshKeyFile } from '../../src/keys/ssh/private-key.ts';
import { showSshPublicKey } from '../../src/keys/ssh/public-key.ts';
import { sshStrings } from '../../src/keys/ssh/wire.ts';
import type { Terminal } from '../../src/keys/terminal/terminal.ts';
import { age, hasAge, hasSops, sops } from '../sops.ts';
import { user } from './context.ts';

const dataKey = Uint8Array.from({ length: 32 }, (_, i) => i);
const passphrase = 'correct horse';

let folder: string;
/** By name, in the folder. Throw-away keys of this run. */
const keys = {
  ed25519: ['-t', 'ed25519', '-N', ''],
  rsa: ['-t', 'rsa', '-b', '2048', '-N', ''],
  'ed25519-locked': ['-t', 'ed25519', '-N', passphrase, '-a', '2'],
  'rsa-locked': ['-t', 'rsa', '-b', '2048', '-N', passphrase, '-a', '2', '-Z', 'aes256-cbc'],
  'pem-rsa': ['-t', 'rsa', '-b', '2048', '-N', '', '-m', 'PEM'],
  'pem-rsa-locked': ['-t', 'rsa', '-b', '2048', '-N', passphrase, '-m', 'PEM'],
  'pkcs8-rsa': ['-t', 'rsa', '-b', '2048', '-N', '', '-m', 'PKCS8'],
} as const;
type Name = keyof typeof keys;
const names = Object.keys(keys) as Name[];
const path = (name: Name) => join(folder, name);
const publicKey = (name: Name) => readFileSync(`${path(name)}.pub`, 'utf8').trim();

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'git-sops-ssh-'));
  for (const name of names) {
    execFileSync('ssh-keygen', ['-q', ...keys[name], '-C', 'bob@example.com', '-f', path(name)]);
  }
  return () => rmSync(folder, { recursive: true });
});

/** What a keyring with that key opens. */
async function openBy(name: Name, enc: string, terminal: Terminal = user(), recipient = 'age1other') {
  const env = { SOPS_AGE_SSH_PRIVATE_KEY_FILE: path(name) };
  const ring = createKeyring({ env, platform: process.platform, home: null, terminal });
  return ring.dataKey([[{ kind: 'age', recipient, enc }]], 0);
}

describe('an SSH key', () => {
  it.each(names)('opens what is wrapped for its public key: %s', async (name) => {
    const enc = await wrapDataKey(parseRecipient(publicKey(name)), dataKey);
    const terminal = user(passphrase);
    expect(await openBy(name, enc, terminal)).toEqual({ dataKey });
    expect(terminal.asked).toEqual(name.endsWith('-locked') ? [`passphrase for the SSH key ${path(name)}`] : []);
    const other = name === 'rsa' ? 'ed25519' : 'rsa';
    expect((await openBy(other, enc)).dataKey).toBeNull();
  });

  it('of PKCS #8 with Ed25519 works too, as does an encrypted one with its .pub beside it', async () => {
    const { privateKey } = generateKeyPairSync('ed25519');
    const clear = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
    const key = parseSshKeyFile(clear);
    if (key.publicKey === null) throw new Error('no public key');
    const enc = await wrapDataKey(parseRecipient(showSshPublicKey(key.publicKey)), dataKey);
    writeFileSync(join(folder, 'pkcs8'), clear, { mode: 0o600 });
    expect(await openBy('pkcs8' as Name, enc)).toEqual({ dataKey });
    const cipher = { cipher: 'aes-256-cbc', passphrase };
    writeFileSync(join(folder, 'sealed'), privateKey.export({ format: 'pem', type: 'pkcs8', ...cipher }), {
      mode: 0o600,
    });
    expect(await openBy('sealed' as Name, enc, user(passphrase))).toMatchObject({
      problems: [expect.stringContaining(`${join(folder, 'sealed')}.pub, which would say whose it is, cannot be read`)],
    });
    writeFileSync(join(folder, 'sealed.pub'), showSshPublicKey(key.publicKey));
    expect(await openBy('sealed' as Name, enc, user('wrong', passphrase))).toEqual({ dataKey });
    writeFileSync(join(folder, 'sealed.pub'), publicKey('ed25519'));
    const foreign = await wrapDataKey(parseRecipient(publicKey('ed25519')), dataKey);
    expect(await openBy('sealed' as Name, foreign, user(passphrase))).toMatchObject({
      dataKey: null,
      problems: [expect.stringContaining('does not belong to the .pub file')],
    });
  });

  it('asks for its passphrase only for a file that is for it, three times at most, and once for all files', async () => {
    const enc = await wrapDataKey(parseRecipient(publicKey('ed25519-locked')), dataKey);
    const asked = user('wrong', '', passphrase);
    const env = { SOPS_AGE_SSH_PRIVATE_KEY_FILE: path('ed25519-locked') };
    const ring = createKeyring({ env, platform: process.platform, home: null, terminal: asked });
    const other = await wrapDataKey(parseRecipient(publicKey('ed25519')), dataKey);
    expect((await ring.dataKey([[{ kind: 'age', recipient: 'age1other', enc: other }]], 0)).dataKey).toBeNull();
    expect(asked.asked).toEqual([]);
    for (const part of [dataKey, dataKey.toReversed()]) {
      const wrapped = await wrapDataKey(parseRecipient(publicKey('ed25519-locked')), part);
      expect(await ring.dataKey([[{ kind: 'age', recipient: 'x', enc: wrapped }]], 0)).toEqual({ dataKey: part });
    }
    expect(asked.asked).toHaveLength(3);
    expect(await openBy('ed25519-locked', enc, user('a', 'b', 'c', passphrase))).toMatchObject({
      dataKey: null,
      problems: [`the passphrase for the SSH key ${path('ed25519-locked')} was wrong three times`],
    });
    expect(await openBy('ed25519-locked', enc)).toMatchObject({
      problems: [expect.stringContaining('there is nobody to ask for the passphrase for the SSH key')],
    });
  });

  it('that age would not take is named with the reason', async () => {
    execFileSync('ssh-keygen', ['-q', '-t', 'ecdsa', '-N', '', '-f', path('ecdsa' as Name)]);
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'x', '-Z', 'aes128-ctr', '-f', path('aes128' as Name)]);
    const enc = await wrapDataKey(parseRecipient(publicKey('rsa')), dataKey);
    const problem = async (name: string) => {
      const found = await openBy(name as Name, enc);
      return found.dataKey === null ? found.problems.join() : 'opened';
    };
    expect(await problem('ecdsa')).toContain('it is of type ecdsa-sha2-nistp256, which age does not encrypt for');
    expect(await problem('aes128')).toContain(
      'it is encrypted with aes128-ctr, which age does not read; ssh-keygen -p',
    );
    writeFileSync(path('text' as Name), 'no key');
    expect(await problem('text')).toContain('it is not a private key in PEM');
  });

  it('of RSA with an exponent that encrypts nothing is none', () => {
    const modulus = new Uint8Array(257).fill(0xc1).fill(0, 0, 1);
    const even = Uint8Array.from(modulus).fill(2, 256);
    const line = (exponent: number[], n = modulus) =>
      showSshPublicKey({ type: 'ssh-rsa', blob: sshStrings('ssh-rsa', Uint8Array.from(exponent), n) });
    expect(parseRecipient(line([3])).kind).toBe('ssh');
    expect(parseRecipient(line([1, 0, 1])).kind).toBe('ssh');
    for (const exponent of [[], [0], [1], [0, 1], [2], [4], [1, 0, 0]]) {
      expect(() => parseRecipient(line(exponent))).toThrow('its exponent is not one of RSA');
    }
    expect(() => parseRecipient(line([3], even))).toThrow('its modulus is not one of RSA');
    expect(() => parseRecipient(line([3], modulus.subarray(0, 255)))).toThrow('where 2048 are the least');
  });

  it('that was cut off or changed anywhere opens nothing, and is never half read', async () => {
    const whole = readFileSync(path('ed25519'), 'utf8').replace(/-----.*-----|\n/g, '');
    const bytes = Buffer.from(whole, 'base64');
    const pem = (content: Buffer) =>
      `-----BEGIN OPENSSH PRIVATE KEY-----\n${content.toString('base64')}\n-----END OPENSSH PRIVATE KEY-----\n`;
    for (let length = 0; length < bytes.length - 40; length += 7) {
      await expect((async () => parseSshKeyFile(pem(bytes.subarray(0, length))).open(null))()).rejects.toThrow(/^it /);
    }
    // The last four bytes before the padding are the comment's, which nothing depends on.
    const { publicKey: own } = parseSshKeyFile(pem(bytes));
    for (let at = 0; at < bytes.length - 30; at++) {
      const changed = Buffer.from(bytes);
      changed[at] = (changed[at] ?? 0) ^ 1;
      const read = (async () => {
        const pair = await parseSshKeyFile(pem(changed)).open(null);
        return Buffer.compare(pair.publicKey.blob, own?.blob ?? Buffer.alloc(0)) === 0 ? pair.secret : null;
      })();
      const secret = await read.catch((error: Error) => error.message);
      // Only the seed itself can change unseen; what is sealed for the public key does not open with it.
      if (typeof secret !== 'string' && secret !== null) expect(secret.type).toBe('ssh-ed25519');
      else if (typeof secret === 'string') expect(secret).toMatch(/^it/);
    }
  });

  it("stands in the user's ~/.ssh, which is looked at for files that need it only", async () => {
    const home = join(folder, 'home');
    mkdirSync(join(home, '.ssh'), { recursive: true });
    writeFileSync(join(home, '.ssh/id_ed25519'), readFileSync(path('ed25519')), { mode: 0o600 });
    writeFileSync(join(home, '.ssh/id_rsa'), 'broken', { mode: 0o600 });
    const ring = createKeyring({ env: {}, platform: 'linux', home, terminal: user() });
    const enc = await wrapDataKey(parseRecipient(publicKey('ed25519')), dataKey);
    const found = await ring.dataKey([[{ kind: 'age', recipient: publicKey('ed25519'), enc }]], 0);
    expect(found).toEqual({ dataKey });
    const own = publicKey('ed25519').split(' ').slice(0, 2).join(' ');
    // Who has an SSH key for other things shall not become a recipient by it.
    expect(await ring.ownRecipients()).toEqual([]);
    expect(await ring.ownRecipients([], true)).toEqual([own]);
    // Metadata may name it with a comment behind it.
    expect(await ring.ownRecipients([publicKey('ed25519'), 'age1other'])).toEqual([own, publicKey('ed25519')]);
    const fresh = createKeyring({ env: {}, platform: 'linux', home, terminal: user() });
    const x25519 = await wrapDataKey(
      parseRecipient('age1lggyhqrw2nlhcxprm67z43rta597azn8gknawjehu9d9dl0jq3yqqvfafg'),
      dataKey,
    );
    expect((await fresh.dataKey([[{ kind: 'age', recipient: 'age1x', enc: x25519 }]], 0)).dataKey).toBeNull();
    expect(fresh.warnings()).toEqual([]);
  });

  it('may come from a command, which learns for whom', async () => {
    const script = join(folder, 'key-command');
    writeFileSync(script, `#!/bin/sh\ntest "$SOPS_AGE_RECIPIENT" = "${publicKey('rsa')}" && cat "${path('rsa')}"\n`);
    chmodSync(script, 0o700);
    const { PATH } = process.env;
    const env = { SOPS_AGE_SSH_PRIVATE_KEY_CMD: script, PATH };
    const ring = createKeyring({ env, platform: 'linux', home: null, terminal: user() });
    const enc = await wrapDataKey(parseRecipient(publicKey('rsa')), dataKey);
    expect(await ring.dataKey([[{ kind: 'age', recipient: publicKey('rsa'), enc }]], 0)).toEqual({ dataKey });
  });
});

describe.skipIf(!hasAge || !hasSops)('with the real age and sops (needs age, sops)', () => {
  it('age opens what we wrap, and we open what age wraps', async () => {
    for (const name of ['ed25519', 'rsa', 'pem-rsa', 'pkcs8-rsa'] as const) {
      const enc = await wrapDataKey(parseRecipient(publicKey(name)), dataKey);
      const opened = age(['--decrypt', '--identity', path(name)], { input: enc });
      expect([opened.stderr, opened.stdout.toString('hex')]).toEqual(['', Buffer.from(dataKey).toString('hex')]);
      const others = ['-r', publicKey('ed25519-locked'), '-r', publicKey('rsa-locked')];
      const wrapped = age(['--armor', ...others, '-r', publicKey(name)], { input: dataKey });
      expect(await openBy(name, wrapped.stdout.toString())).toEqual({ dataKey });
    }
    const locked = age(['--armor', '-r', publicKey('rsa-locked')], { input: dataKey });
    expect(await openBy('rsa-locked', locked.stdout.toString(), user(passphrase))).toEqual({ dataKey });
  });

  it('sops opens a file that we wrapped the key of, by each of its sources', async () => {
    const plain = '{"a": "secret"}';
    for (const name of ['ed25519', 'rsa'] as const) {
      const made = sops(['encrypt', '--age', publicKey(name), '--filename-override', 'x.json'], { input: plain });
      const file = JSON.parse(made.stdout.toString());
      const found = await openBy(name, file.sops.age[0].enc, user(), file.sops.age[0].recipient);
      if (found.dataKey === null) throw new Error(found.problems.join());
      file.sops.age[0].enc = await wrapDataKey(parseRecipient(publicKey(name)), found.dataKey);
      const sources = [
        { SOPS_AGE_SSH_PRIVATE_KEY_FILE: path(name) },
        { SOPS_AGE_SSH_PRIVATE_KEY_CMD: `cat ${path(name)}` },
      ];
      for (const env of sources) {
        const opened = sops(['decrypt', '--input-type', 'json', '--output-type', 'json'], {
          input: JSON.stringify(file),
          env,
        });
        expect([opened.stderr, JSON.parse(opened.stdout.toString() || 'null')]).toEqual(['', { a: 'secret' }]);
      }
    }
  });
});
