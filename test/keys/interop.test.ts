import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generateHybridIdentity, identityToRecipient } from 'age-encryption';
import { beforeAll, describe, expect, it } from 'vitest';
import { newDataKey } from '../../src/crypto/data-key.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import { decryptValue } from '../../src/crypto/value-cipher.ts';
import { readKeyGroups } from '../../src/keys/key-group.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { parseRecipient } from '../../src/keys/recipient.ts';
import { wrapForGroups } from '../../src/keys/wrap-key-groups.ts';
import { sealedJson } from '../sealed-json.ts';
import { hasSops, sops } from '../sops.ts';

// Identities for this run only.
const [ada, bob, eve] = [generateKeyFile(), generateKeyFile(), generateKeyFile()];
const hybrid = await generateHybridIdentity();
const pq = { text: `${hybrid}\n`, recipient: await identityToRecipient(hybrid) };
type Person = { text: string; recipient: string };

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'git-sops-interop-'));
  return () => rmSync(folder, { recursive: true });
});

/** What real sops wraps, from a configuration with key groups. */
function encryptedBySops(groups: Person[][], threshold: number) {
  const config = {
    creation_rules: [
      {
        shamir_threshold: threshold,
        key_groups: groups.map((group) => ({ age: group.map(({ recipient }) => recipient) })),
      },
    ],
  };
  writeFileSync(join(folder, '.sops.yaml'), JSON.stringify(config));
  const done = sops(['encrypt', '--filename-override', 'x.json'], { cwd: folder, input: '{"a": "secret"}' });
  expect(done.stderr).toBe('');
  return JSON.parse(done.stdout.toString());
}

async function openedByUs(file: { a: string; sops: Record<string, unknown> }, ...people: Person[]) {
  const SOPS_AGE_KEY = people.map(({ text }) => text.replace(/^#.*\n/gm, '')).join('');
  const keyring = createKeyring({ env: { SOPS_AGE_KEY }, platform: 'linux', home: null });
  const found = await keyring.dataKey(readKeyGroups(file.sops), Number(file.sops['shamir_threshold'] ?? 0));
  return found.dataKey === null ? null : decryptValue(nodeBackend, found.dataKey, 'a:', file.a)?.plaintext;
}

async function encryptedByUs(groups: Person[][], threshold: number): Promise<string> {
  const dataKey = newDataKey(nodeBackend);
  const recipients = groups.map((group) => group.map(({ recipient }) => parseRecipient(recipient)));
  const wrapped = await wrapForGroups(dataKey, recipients, threshold, nodeBackend);
  return sealedJson(dataKey, wrapped, { a: { type: 'str', plaintext: 'secret' } }, { shamirThreshold: threshold });
}

function openedBySops(sealed: string, env: Record<string, string>): string | null {
  const done = sops(['decrypt', '--input-type', 'json', '--output-type', 'json'], { input: sealed, env });
  return done.code === 0 ? JSON.parse(done.stdout.toString()).a : null;
}

const keyOf = (...people: Person[]) => ({ SOPS_AGE_KEY: people.map(({ text }) => text).join('') });

describe.skipIf(!hasSops)('key groups with the real sops (needs sops)', () => {
  it('we open what sops split, with enough groups only', async () => {
    const file = encryptedBySops([[ada], [bob], [eve]], 2);
    expect(await openedByUs(file, ada, bob)).toBe('secret');
    expect(await openedByUs(file, eve, ada)).toBe('secret');
    expect(await openedByUs(file, ada, bob, eve)).toBe('secret');
    expect(await openedByUs(file, bob)).toBeNull();
  });

  it('sops opens what we split, with enough groups only', async () => {
    const sealed = await encryptedByUs([[ada], [bob], [eve]], 2);
    expect(openedBySops(sealed, keyOf(ada, bob))).toBe('secret');
    expect(openedBySops(sealed, keyOf(bob, eve))).toBe('secret');
    expect(openedBySops(sealed, keyOf(ada, bob, eve))).toBe('secret');
    expect(openedBySops(sealed, keyOf(eve))).toBeNull();
  });

  it('each opens the other’s post-quantum file', async () => {
    const file = encryptedBySops([[ada, pq]], 0);
    expect(await openedByUs(file, pq)).toBe('secret');
    expect(await openedByUs(file, ada)).toBe('secret');
    expect(openedBySops(await encryptedByUs([[pq]], 0), keyOf(pq))).toBe('secret');
  });

  it('our wrapped key has the shape of that of sops', async () => {
    const shape = (file: { sops: { age: { recipient: string; enc: string }[] } }) =>
      file.sops.age.map(({ recipient, enc }) => [recipient, enc.split('\n').map((line) => line.length)]);
    expect(shape(JSON.parse(await encryptedByUs([[ada]], 0)))).toEqual(shape(encryptedBySops([[ada]], 0)));
  });

  it('sops finds a key that we made where we put it, and in our words for it', async () => {
    const sealed = await encryptedByUs([[ada]], 0);
    const config = join(folder, 'config');
    mkdirSync(join(config, 'sops/age'), { recursive: true });
    writeFileSync(join(config, 'sops/age/keys.txt'), `${bob.text}${ada.text}`);
    expect(openedBySops(sealed, { XDG_CONFIG_HOME: config })).toBe('secret');
    expect(openedBySops(sealed, { SOPS_AGE_KEY_CMD: `cat "${config}/sops/age/keys.txt" # a comment` })).toBe('secret');
  });
});
