import type { CryptoBackend } from '../crypto/backend.ts';
import { splitSecret } from '../crypto/shamir.ts';
import { GitSopsError } from '../errors.ts';
import type { KeyGroup } from './key-group.ts';
import type { AgeMasterKey } from './master-key.ts';
import { type AgeRecipient, wrapDataKey } from './recipient.ts';

/**
 * Wraps a data key for every recipient of every group, as sops does: whole for a single group, else one Shamir part a group.
 * @param threshold how many groups must come together; 0 for all of them. Without meaning for one group.
 * @throws GitSopsError `no-recipients`, `invalid-shamir-threshold`, `invalid-recipient`
 */
export async function wrapForGroups(
  dataKey: Uint8Array,
  groups: readonly (readonly AgeRecipient[])[],
  threshold: number,
  backend: CryptoBackend,
): Promise<KeyGroup[]> {
  if (groups.length === 0 || groups.some((group) => group.length === 0)) throw new GitSopsError('no-recipients');
  const parts =
    groups.length === 1 ? [dataKey] : splitSecret(backend, dataKey, groups.length, threshold || groups.length);
  return Promise.all(parts.map((part, i) => wrapForGroup(groups[i] ?? [], part)));
}

function wrapForGroup(group: readonly AgeRecipient[], part: Uint8Array): Promise<AgeMasterKey[]> {
  return Promise.all(
    group.map(async (recipient) => ({
      kind: 'age' as const,
      recipient: recipient.text,
      enc: await wrapDataKey(recipient, part),
    })),
  );
}
