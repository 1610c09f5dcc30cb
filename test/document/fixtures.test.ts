import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { nobleBackend } from '../../src/crypto/noble-backend.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import { cleanFile } from '../../src/document/clean.ts';
import { openFile } from '../../src/document/open.ts';
import { smudgeFile } from '../../src/document/smudge.ts';
import { readSopsFile, type SopsFile } from '../../src/document/sops-file.ts';
import { unlock } from '../../src/document/unlock.ts';
import { formatNameOf } from '../../src/format/by-path.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { meaningOf } from './meaning.ts';

// Made by scripts/fixtures.mjs with the real sops 3.13.2, so that these tests need none.
const folder = join(import.meta.dirname, '../fixtures/sops');
const identities = readFileSync(join(folder, 'identities.txt'), 'utf8').match(/^AGE-SECRET-KEY-.*$/gm) ?? [];
const [ada = '', bob = '', eve = ''] = identities;
const names = readdirSync(join(folder, 'encrypted'));
const encrypted = (name: string) => readFileSync(join(folder, 'encrypted', name));
const decrypted = (name: string) => readFileSync(join(folder, 'decrypted', name));

const keyringOf = (...keys: string[]) =>
  createKeyring({ env: { SOPS_AGE_KEY: keys.join(' ') }, platform: 'linux', home: null });

async function fileOf(name: string, blob: Uint8Array = encrypted(name)): Promise<SopsFile> {
  const file = await readSopsFile(name, blob);
  if (file === null) throw new Error(`${name} is no sops file`);
  return file;
}

it('all five formats are there', () => {
  expect(new Set(names.map(formatNameOf))).toEqual(new Set(['yaml', 'json', 'dotenv', 'ini', 'binary']));
});

describe.each(names)('sops’s %s', (name) => {
  it.each([
    ['node', nodeBackend],
    ['noble', nobleBackend],
  ] as const)('P4: opens, verifies and says what sops decrypts (%s)', async (_, backend) => {
    const file = await fileOf(name);
    const { bytes } = openFile(file, await unlock(file, keyringOf(...identities)), backend);
    expect(Buffer.from(bytes).includes('ENC[')).toBe(false);
    expect(meaningOf(name, bytes)).toEqual(meaningOf(name, decrypted(name)));
  });

  it('P2: comes back to the identical blob, and an edit keeps every other ciphertext', async () => {
    const blob = encrypted(name);
    const keyring = keyringOf(...identities);
    const { bytes } = await smudgeFile(name, blob, keyring, nodeBackend);
    const clean = (content: Uint8Array) =>
      cleanFile({
        path: name,
        content,
        bases: async function* () {
          yield blob;
        },
        rule: async () => null,
        keyring,
        backend: nodeBackend,
        now: () => new Date('2027-01-02T03:04:05Z'),
      });
    expect(Buffer.from(await clean(bytes)).equals(blob)).toBe(true);

    const text = Buffer.from(bytes).toString('latin1');
    const secret = text.match(/hunter\d/g)?.find((word) => !blob.includes(word));
    const edited = Buffer.from(secret === undefined ? `${text}x` : text.replaceAll(secret, 'hunter7'), 'latin1');
    const sealed = Buffer.from(await clean(edited));
    expect(sealed.includes('hunter7')).toBe(false);
    const again = await smudgeFile(name, sealed, keyring, nodeBackend);
    expect(again.state).toBe('plaintext');
    expect(Buffer.from(again.bytes).equals(edited)).toBe(true);
    const tokens = (source: Buffer) => new Set(source.toString('latin1').match(/ENC\[[^\]]*\]/g));
    const kept = [...tokens(blob)].filter((token) => tokens(sealed).has(token));
    const changed = text.split(secret ?? text).length - 1;
    expect(kept.length).toBe(tokens(blob).size - changed - 1);
  });

  it('P5: stays closed with a changed MAC or tag', async () => {
    const blob = encrypted(name).toString('latin1');
    const swap = (first: string) => (first === 'A' ? 'B' : 'A');
    for (const broken of [
      blob.replace(/(mac"?\s*[:=]\s*"?ENC\[AES256_GCM,data:)(.)/, (_, head, first) => head + swap(first)),
      blob.replace(/((?<![#;] ?)ENC\[AES256_GCM,data:[^,]*,iv:[^,]*,tag:)(.)/, (_, head, first) => head + swap(first)),
    ]) {
      expect(broken).not.toBe(blob);
      const smudged = await smudgeFile(name, Buffer.from(broken, 'latin1'), keyringOf(...identities), nodeBackend);
      expect(smudged.state).toBe('broken');
      expect(Buffer.from(smudged.bytes).toString('latin1')).toBe(broken);
    }
  });

  it('P6: stays as it is without an identity, and names who could open it', async () => {
    const smudged = await smudgeFile(name, encrypted(name), keyringOf(), nodeBackend);
    expect(smudged).toMatchObject({ state: 'locked', why: { code: 'no-identity' } });
    expect(Buffer.from(smudged.bytes).equals(encrypted(name))).toBe(true);
    expect(smudged.state === 'locked' && smudged.why?.message).toContain('age1');
  });
});

describe.each([
  [
    'key-groups.yaml',
    [
      [ada, bob],
      [bob, eve],
      [ada, eve],
    ],
    [[ada], [bob], [eve]],
  ],
  [
    'key-groups.env',
    [
      [ada, bob],
      [ada, eve],
    ],
    [[ada], [bob, eve]],
  ],
  ['two.json', [[ada], [bob]], [[eve]]],
] as const)('sops’s %s', (name, enough, tooFew) => {
  it('opens for those it is meant for, and for no fewer', async () => {
    for (const keys of enough) await unlock(await fileOf(name), keyringOf(...keys));
    for (const keys of tooFew)
      await expect(unlock(await fileOf(name), keyringOf(...keys))).rejects.toMatchObject({ code: 'no-identity' });
  });
});
