import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isSoundToken } from '../../src/crypto/encrypted-value.ts';
import { computeMac, openMac, sameMac } from '../../src/crypto/mac.ts';
import { nobleBackend } from '../../src/crypto/noble-backend.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import { canonicalOf, decryptValue } from '../../src/crypto/value-cipher.ts';
import { readKeyGroups } from '../../src/keys/key-group.ts';
import { createKeyring } from '../../src/keys/keyring.ts';

// Made by scripts/key-fixtures.mjs with the real sops 3.13.2, so that these tests need none.
const fixture = (name: string) => readFileSync(join(import.meta.dirname, '../fixtures/keys', name), 'utf8');
const identities = fixture('identities.txt').match(/^AGE-SECRET-KEY-.*$/gm) ?? [];

async function dataKeyOf(metadata: Record<string, unknown>, ...secrets: string[]): Promise<Uint8Array | null> {
  const keyring = createKeyring({ env: { SOPS_AGE_KEY: secrets.join(' ') }, platform: 'linux', home: null });
  return (await keyring.dataKey(readKeyGroups(metadata), Number(metadata['shamir_threshold'] ?? 0))).dataKey;
}

describe.each(['single.json', 'hybrid.json', 'groups.json', 'only-encrypted.json'])('sops’s %s', (name) => {
  it.each([
    ['node', nodeBackend],
    ['noble', nobleBackend],
  ] as const)('opens and verifies with the %s backend', async (_, backend) => {
    const { sops: metadata, ...values } = JSON.parse(fixture(name));
    const dataKey = await dataKeyOf(metadata, ...identities);
    if (dataKey === null) throw new Error('no data key');
    const onlyEncrypted = metadata.mac_only_encrypted === true;
    const parts = Object.entries(values).flatMap(([key, value]) => {
      if (!isSoundToken(String(value))) return onlyEncrypted ? [] : [canonicalOf('str', String(value))];
      const plain = decryptValue(backend, dataKey, `${key}:`, String(value));
      if (plain === null) throw new Error(`broken tag: ${key}`);
      if (key === 'secret') expect(plain).toEqual({ type: 'str', plaintext: 'of the fixture' });
      return [canonicalOf(plain.type, plain.plaintext)];
    });
    const mac = openMac(backend, dataKey, metadata.mac, metadata.lastmodified);
    expect(sameMac(mac ?? '', computeMac(backend, parts, onlyEncrypted))).toBe(true);
    expect(sameMac(mac ?? '', computeMac(backend, parts, !onlyEncrypted))).toBe(false);
  });
});

describe('sops’s groups.json', () => {
  it('opens with two of its three groups and no fewer', async () => {
    const { sops: metadata } = JSON.parse(fixture('groups.json'));
    const [ada = '', bob = '', pq = ''] = identities;
    for (const pair of [[ada, bob], [bob, pq], [pq]]) expect(await dataKeyOf(metadata, ...pair)).not.toBeNull();
    for (const alone of [ada, bob]) expect(await dataKeyOf(metadata, alone)).toBeNull();
  });
});
