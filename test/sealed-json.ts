import { computeMac, sealMac } from '../src/crypto/mac.ts';
import { nodeBackend } from '../src/crypto/node-backend.ts';
import { canonicalOf, encryptValue } from '../src/crypto/value-cipher.ts';
import { type KeyGroup, writeKeyGroup } from '../src/keys/key-group.ts';
import type { ValueType } from '../src/tree/leaf.ts';

type Plain = { type: ValueType; plaintext: string };

/** A flat sops JSON file made of our tokens, MAC and key groups alone, without the format layer: for sops to read. */
export function sealedJson(
  dataKey: Uint8Array,
  groups: readonly KeyGroup[],
  values: Record<string, Plain>,
  { onlyEncrypted = false, shamirThreshold = 0 } = {},
): string {
  const lastmodified = '2026-01-02T03:04:05Z';
  const entries = Object.entries(values);
  const tokens = entries.map(([key, plain]) => [key, encryptValue(nodeBackend, dataKey, `${key}:`, plain)]);
  const mac = computeMac(
    nodeBackend,
    entries.map(([, { type, plaintext }]) => canonicalOf(type, plaintext)),
    onlyEncrypted,
  );
  const [only] = groups;
  const keys =
    groups.length === 1 && only !== undefined
      ? writeKeyGroup(only)
      : { key_groups: groups.map((group) => ({ hc_vault: [], ...writeKeyGroup(group) })) };
  return JSON.stringify({
    ...Object.fromEntries(tokens),
    sops: {
      ...(shamirThreshold > 0 ? { shamir_threshold: shamirThreshold } : {}),
      ...keys,
      lastmodified,
      mac: sealMac(nodeBackend, dataKey, mac, lastmodified),
      ...(onlyEncrypted ? { mac_only_encrypted: true } : {}),
      unencrypted_suffix: '_unencrypted',
      version: '3.13.2',
    },
  });
}
