import { describe, expect, it } from 'vitest';
import { readKeyGroups, recipientsOf, writeKeyGroup } from '../../src/keys/key-group.ts';

const age = { recipient: 'age1x', enc: 'E' };
const pgp = { created_at: '2026-01-01T00:00:00Z', enc: 'P', fp: 'FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4' };
const kms = {
  arn: 'arn:aws:kms:x',
  context: { a: 'b' },
  created_at: '2026-01-01T00:00:00Z',
  enc: 'K',
  aws_profile: '',
};
const azure = { vault_url: 'https://v', name: 'n', version: '1', created_at: '', enc: 'A' };
const vault = { vault_address: 'https://h', engine_path: 'e', key_name: 'k', created_at: '', enc: 'V' };
const gcp = { resource_id: 'projects/p', created_at: '', enc: 'G' };
const huawei = { key_id: 'tr:id', created_at: '', enc: 'H' };

describe('key groups', () => {
  it('are one where the lists stand at the top level, in the order in which sops tries them', () => {
    const lists = {
      age: [age],
      pgp: [pgp],
      hc_vault: [vault],
      azure_kv: [azure],
      hckms: [huawei],
      gcp_kms: [gcp],
      kms: [kms],
    };
    const groups = readKeyGroups({ ...lists, version: '3.13.2', key_groups: [{ age: [age] }] });
    expect(groups).toHaveLength(1);
    expect(recipientsOf(groups)).toEqual([
      'kms:arn:aws:kms:x|a:b',
      'gcp_kms:projects/p',
      'hckms:tr:id',
      'azure_kv:https://v/keys/n/1',
      'hc_vault:https://h/v1/e/keys/k',
      'pgp:FBC7B9E2A4F9289AC0C1D4843D16CEE4A27381B4',
      'age1x',
    ]);
    // Entries of other tools go back as they came.
    expect(writeKeyGroup(groups[0] ?? [])).toEqual(lists);
  });

  it('are as many as key_groups has otherwise', () => {
    const groups = readKeyGroups({
      kms: null,
      age: [],
      shamir_threshold: 2,
      key_groups: [{ hc_vault: [], age: [age] }, { pgp: [pgp] }, {}],
    });
    expect(groups.map((group) => group.length)).toEqual([1, 1, 0]);
    expect(groups[1]?.[0]).toEqual({ kind: 'pgp', id: pgp.fp, createdAt: pgp.created_at, record: pgp });
  });

  it('are none where metadata has none, or nonsense', () => {
    expect(readKeyGroups({})).toEqual([]);
    expect(readKeyGroups({ age: 'age1x', pgp: [null, 'x', []], key_groups: { age: [] } })).toEqual([]);
    expect(readKeyGroups({ age: [{ recipient: 7 }] })).toEqual([[{ kind: 'age', recipient: '', enc: '' }]]);
  });

  it('name each recipient once', () => {
    expect(recipientsOf(readKeyGroups({ key_groups: [{ age: [age, age] }, { age: [age] }] }))).toEqual(['age1x']);
  });
});
