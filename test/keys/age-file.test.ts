import { armor, Decrypter, Encrypter, generateX25519Identity, identityToRecipient } from 'age-encryption';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AgeFileError, parseAgeFile } from '../../src/keys/age/age-file.ts';
import { parseIdentities } from '../../src/keys/parse-identities.ts';
import { context } from './context.ts';

// An identity for this run only.
const secret = await generateX25519Identity();
const [identity] = parseIdentities(secret, 'test', context).identities;
const dataKey = new Uint8Array(32).fill(9);

async function wrap(plaintext: Uint8Array, ...more: string[]): Promise<string> {
  const encrypter = new Encrypter();
  for (const recipient of [...more, await identityToRecipient(secret)]) encrypter.addRecipient(recipient);
  return armor.encode(await encrypter.encrypt(plaintext));
}

async function openHere(armored: string): Promise<string> {
  try {
    const opened = await identity?.open(parseAgeFile(armored));
    return opened != null ? Buffer.from(opened).toString('hex') : 'not for us';
  } catch (error) {
    return error instanceof AgeFileError ? 'broken' : String(error);
  }
}

async function openWithPackage(armored: string): Promise<string> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(secret);
  try {
    return Buffer.from(await decrypter.decrypt(armor.decode(armored))).toString('hex');
  } catch (error) {
    return error instanceof Error && /no identity matched/.test(error.message) ? 'not for us' : 'broken';
  }
}

describe('our age reader', () => {
  it('opens as age-encryption does, whatever the length', async () => {
    for (const length of [0, 1, 31, 32, 33, 47, 48, 49, 65_535, 65_536]) {
      const armored = await wrap(new Uint8Array(length).fill(length));
      expect(await openHere(armored)).toBe(await openWithPackage(armored));
    }
  });

  it('refuses a payload that is longer than any data key', async () => {
    expect(await openHere(await wrap(new Uint8Array(65_537)))).toBe('broken');
  });

  it('agrees with age-encryption on every file with one changed byte', async () => {
    const other = await identityToRecipient(await generateX25519Identity());
    const file = armor.decode(await wrap(dataKey, other));
    const changes = fc.record({ at: fc.nat(file.length - 1), to: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(changes, async ({ at, to }) => {
        const changed = armor.encode(file.map((byte, i) => (i === at ? to : byte)));
        const here = await openHere(changed);
        expect(here).toBe(await openWithPackage(changed));
        if (file[at] !== to) expect(here).not.toBe(Buffer.from(dataKey).toString('hex'));
      }),
      { seed: 8, numRuns: 150 },
    );
  });

  it('tolerates what metadata may do to the armor: CRLF, blanks around it, no newline at the end', async () => {
    const armored = await wrap(dataKey);
    const expected = Buffer.from(dataKey).toString('hex');
    expect(await openHere(armored.replaceAll('\n', '\r\n'))).toBe(expected);
    expect(await openHere(`\n  ${armored.trimEnd()}`)).toBe(expected);
  });

  it.each<[string, (armored: string) => string]>([
    ['no armor', () => 'AGE'],
    ['nothing', () => ''],
    ['an empty body', (armored) => armored.replace(/\n[\s\S]*\n-----END/, '\n-----END')],
    ['no last line', (armored) => armored.replace(/-----END[\s\S]*/, '')],
    ['a line cut off', (armored) => armored.replace(/(\n.{64}){2}/, '')],
    ['lines of another width', (armored) => armored.replace(/(\n.{32})(.{32})/, '$1\n$2')],
    ['a blank in a line', (armored) => armored.replace(/\n(.{10})./, '\n$1 ')],
    ['text behind it', (armored) => `${armored}more`],
    ['another version', (armored) => armored.replace('YWdlLWVuY3J5cHRpb24ub3JnL3Yx', 'YWdlLWVuY3J5cHRpb24ub3JnL3Yy')],
  ])('names a broken file: %s', async (_, change) => {
    expect(await openHere(change(await wrap(dataKey)))).toBe('broken');
  });
});
