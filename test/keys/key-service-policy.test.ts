import { describe, expect, it } from 'vitest';
import { foreignRecipient } from '../../src/keys/foreign-recipient.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { keyServiceTarget } from '../../src/keys/service/grpc-key-service.ts';
import { policyOf, refusalOf } from '../../src/keys/service/key-service-policy.ts';

const reasonFor = (kind: 'azure_kv' | 'hc_vault' | 'kms', host: string, env: Record<string, string> = {}) =>
  refusalOf(kind, { vault_url: host, vault_address: host }, policyOf({}, 'named'), env)?.reason ?? null;

describe('a host that a file chose', () => {
  it.each([
    ['https://v.vault.azure.net', true],
    ['https://v.managedhsm.azure.net/', true],
    ['https://v.vault.usgovcloudapi.net', true],
    ['https://v.vault.azure.net.example', false],
    ['https://vault.azure.net', false],
    ['https://v.example/.vault.azure.net', false],
    ['https://user@v.vault.azure.net', false],
    ['http://v.vault.azure.net', false],
  ])('%s is one of Azure’s: %s', (url, isOne) => {
    expect(reasonFor('azure_kv', url) === null).toBe(isOne);
  });

  it.each([
    [{}, false],
    [{ VAULT_ADDR: 'https://v.example:8200' }, true],
    [{ VAULT_ADDR: 'https://v.example:8200/' }, true],
    [{ VAULT_ADDR: 'https://v.example:820' }, false],
    [{ SOPS_HC_VAULT_ALLOWLIST: 'https://x.example, https://v.example:8200' }, true],
    // sops's own default; nobody named anything by it.
    [{ SOPS_HC_VAULT_ALLOWLIST: 'all' }, false],
    [{ VAULT_ADDR: '', SOPS_HC_VAULT_ALLOWLIST: '' }, false],
  ])('is the user’s Vault by %j: %s', (env, isOne) => {
    expect(reasonFor('hc_vault', 'https://v.example:8200', env as Record<string, string>) === null).toBe(isOne);
  });
});

it.each([
  ['unix:///run/s', 'unix:///run/s'],
  ['tcp://h.example:5000', 'h.example:5000'],
  ['tcp://[::1]:5000', '[::1]:5000'],
  ['tcp://h.example', null],
  ['https://h.example:5000', null],
  ['unix://relative', null],
  ['tcp://user@h.example:5000', null],
])('a key service at %s is dialled at %s', (uri, target) => {
  expect(keyServiceTarget(uri)).toBe(target);
});

it('an engine of Vault’s may be mounted deep, and what is no key is never asked for', async () => {
  const keyring = createKeyring({ env: {}, platform: 'linux', home: null });
  const wrap = (kind: 'hc_vault' | 'pgp', id: string) => keyring.wrap(foreignRecipient(kind, id), new Uint8Array(32));
  await expect(wrap('hc_vault', 'https://v.example/v1/a/b/keys/k')).rejects.toMatchObject({
    code: 'unserved-recipient',
  });
  for (const id of ['https://v.example/v1/keys/k', 'ftp://v.example/v1/a/keys/k', 'v.example/v1/a/keys/k']) {
    await expect(wrap('hc_vault', id)).rejects.toMatchObject({ code: 'malformed-recipient' });
  }
  for (const id of ['ada@example.com', 'ABCD', '--output', '']) {
    await expect(wrap('pgp', id)).rejects.toMatchObject({ code: 'malformed-recipient' });
  }
});
