import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { armor, Decrypter, generateHybridIdentity, generateX25519Identity, identityToRecipient } from 'age-encryption';
import { describe, expect, it, onTestFinished } from 'vitest';
import { parseAgeFile } from '../../src/keys/age/age-file.ts';
import { encodeBech32 } from '../../src/keys/age/bech32.ts';
import { keyPairOf, sharedSecret } from '../../src/keys/age/x25519.ts';
import { parseIdentities } from '../../src/keys/parse-identities.ts';
import { parseRecipient, plainRecipient, wrapDataKey } from '../../src/keys/recipient.ts';
import { age, ageKeygen, hasAge } from '../sops.ts';
import { context } from './context.ts';

// Identities for this run only.
const identity = await generateX25519Identity();
const recipient = await identityToRecipient(identity);
const hybridIdentity = await generateHybridIdentity();
const hybridRecipient = await identityToRecipient(hybridIdentity);
const dataKey = Uint8Array.from({ length: 32 }, (_, i) => i);

async function open(secret: string, enc: string) {
  const [own] = parseIdentities(secret, 'test', context).identities;
  return own?.open(parseAgeFile(enc));
}

describe('a recipient', () => {
  it('is known by its kind', () => {
    expect(parseRecipient(` ${recipient}\n`)).toMatchObject({ kind: 'x25519', text: recipient });
    expect(parseRecipient(hybridRecipient)).toMatchObject({ kind: 'hybrid', text: hybridRecipient });
  });

  it("may be an SSH key, with a comment or without, or a plugin's", () => {
    const ssh = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKJTsAhY5pTe0aRsfZVr7ICk2ZxVZ5LCRUm6QHL6VQsZ';
    expect(parseRecipient(`${ssh} me@example.com`)).toMatchObject({ kind: 'ssh', text: `${ssh} me@example.com` });
    expect(plainRecipient(`${ssh} me@example.com`)).toBe(ssh);
    expect(parseRecipient(encodeBech32('age1yubikey', new Uint8Array(33)))).toMatchObject({
      kind: 'plugin',
      plugin: 'yubikey',
    });
  });

  it.each([
    ['half an SSH key', 'ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABAQC7 me@example.com', 'cut off'],
    ['an SSH key of another type', `ecdsa-sha2-nistp256 ${Buffer.alloc(40).toString('base64')}`, 'start with age1'],
    ['a name that no plugin can have', encodeBech32('age1../../x', new Uint8Array(33)), 'prefix'],
    ['nothing', '', 'start with age1'],
    ['a name', 'alice@example.com', 'start with age1'],
    ['a typing error', recipient.replace(/.$/, (last) => (last === 'q' ? 'p' : 'q')), 'checksum'],
    ['a strange character', `${recipient.slice(0, 9)}b${recipient.slice(10)}`, 'character 10 '],
    ['half of it', recipient.slice(0, 30), 'checksum'],
    ['31 bytes', encodeBech32('age', new Uint8Array(31)), '31 bytes'],
    ['mixed case', `age1${recipient.slice(4).toUpperCase()}`, 'mixes'],
  ])('is refused with the reason: %s', (_, text, reason) => {
    expect(() => parseRecipient(text)).toThrow(
      expect.objectContaining({ code: 'invalid-recipient', message: expect.stringContaining(reason) }),
    );
  });

  it('that is a secret key is refused without showing it', () => {
    const shown = (text: string) => {
      try {
        parseRecipient(text);
        return 'accepted';
      } catch (error) {
        return String(error);
      }
    };
    expect(shown(identity)).toContain('secret key');
    expect(shown(identity)).not.toContain(identity.slice(20, 40));
    expect(shown(identity.toLowerCase())).not.toContain(identity.toLowerCase().slice(20, 40));
  });
});

describe('a wrapped data key', () => {
  it('opens with age-encryption and with us, both ways', async () => {
    const enc = await wrapDataKey(parseRecipient(recipient), dataKey);
    const decrypter = new Decrypter();
    decrypter.addIdentity(identity);
    expect(await decrypter.decrypt(armor.decode(enc))).toEqual(dataKey);
    expect(await open(identity, enc)).toEqual(dataKey);
    expect(await open(await generateX25519Identity(), enc)).toBeNull();
  });

  it('opens for hybrid recipients', async () => {
    const enc = await wrapDataKey(parseRecipient(hybridRecipient), dataKey);
    expect(await open(hybridIdentity, enc)).toEqual(dataKey);
    expect(await open(await generateHybridIdentity(), enc)).toBeNull();
    expect(await open(identity, enc)).toBeNull();
  });

  it('is a PEM of 64 columns that ends in a newline, as sops stores it', async () => {
    const enc = await wrapDataKey(parseRecipient(recipient), dataKey);
    expect(enc).toMatch(
      /^-----BEGIN AGE ENCRYPTED FILE-----\n(?:[\w+/]{64}\n)+(?:[\w+/]{1,63}={0,2}\n)?-----END AGE ENCRYPTED FILE-----\n$/,
    );
    expect(enc.split('\n')).toHaveLength(8);
  });

  // RFC 7748 §6.1 warns of them; the list is that of Bernstein's "Curve25519", small-order points.
  const lowOrder = [
    '0000000000000000000000000000000000000000000000000000000000000000',
    '0100000000000000000000000000000000000000000000000000000000000000',
    'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
    '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
    'eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  ];

  it.each(lowOrder)('is never made for a point of low order: %s', async (point) => {
    const bytes = new Uint8Array(Buffer.from(point, 'hex'));
    expect(sharedSecret(keyPairOf(dataKey).privateKey, bytes)).toBeNull();
    await expect(wrapDataKey(parseRecipient(encodeBech32('age', bytes)), dataKey)).rejects.toThrow(
      expect.objectContaining({ code: 'invalid-recipient' }),
    );
  });
});

describe.skipIf(!hasAge)('with the real age (needs age)', () => {
  it('age opens what we wrap', async () => {
    for (const [secret, to] of [
      [identity, recipient],
      [hybridIdentity, hybridRecipient],
    ] as const) {
      const enc = await wrapDataKey(parseRecipient(to), dataKey);
      const done = age(['--decrypt', '--identity', '-', writeTemporarily(enc)], { input: `${secret}\n` });
      expect([done.stderr, done.stdout.toString('hex')]).toEqual(['', Buffer.from(dataKey).toString('hex')]);
    }
  });

  it('we open what age wraps, for one recipient among many', async () => {
    const others = Array.from({ length: 3 }, () => /age1\w+/.exec(ageKeygen([]).stderr)?.[0] ?? '');
    const recipients = [...others, recipient, ...others].flatMap((to) => ['--recipient', to]);
    const wrapped = age(['--armor', ...recipients], { input: dataKey });
    expect(await open(identity, wrapped.stdout.toString())).toEqual(dataKey);
    const hybrid = age(['--armor', '--recipient', hybridRecipient], { input: dataKey });
    expect(await open(hybridIdentity, hybrid.stdout.toString())).toEqual(dataKey);
  });

  it('age-keygen knows the same recipients of an identity', async () => {
    const derived = ageKeygen(['-y'], { input: `${identity}\n${hybridIdentity}\n` });
    const own = parseIdentities(`${identity}\n${hybridIdentity}`, 'test', context).identities;
    expect(derived.stdout.toString().trim().split('\n')).toEqual(await Promise.all(own.map((one) => one.recipient())));
  });
});

function writeTemporarily(text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'git-sops-age-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'enc.age'), text);
  return join(folder, 'enc.age');
}
