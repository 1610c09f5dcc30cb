import type { CryptoBackend } from '../crypto/backend.ts';
import { splitSecret } from '../crypto/shamir.ts';
import { GitSopsError } from '../errors.ts';
import { isForeign, type Recipient } from './any-recipient.ts';
import type { KeyGroup } from './key-group.ts';
import type { Keyring } from './keyring.ts';
import type { MasterKey } from './master-key.ts';
import { wrapDataKey } from './recipient.ts';

/** Wraps for keys that need more than what is public: those of GnuPG, of clouds, and of age's plugins. */
export type Wrapper = Pick<Keyring, 'wrap'>;

/**
 * Wraps a data key for every recipient of every group, as sops does: whole for a single group, else one Shamir part a group.
 * @param threshold how many groups must come together; 0 for all of them. Without meaning for one group.
 * @param wrapper for recipients that need one
 * @throws GitSopsError `no-recipients`, `invalid-shamir-threshold`, `invalid-recipient`, and what `Keyring.wrap` throws
 */
export async function wrapForGroups(
  dataKey: Uint8Array,
  groups: readonly (readonly Recipient[])[],
  threshold: number,
  backend: CryptoBackend,
  wrapper?: Wrapper,
): Promise<KeyGroup[]> {
  if (groups.length === 0 || groups.some((group) => group.length === 0)) throw new GitSopsError('no-recipients');
  const parts =
    groups.length === 1 ? [dataKey] : splitSecret(backend, dataKey, groups.length, threshold || groups.length);
  return Promise.all(
    parts.map((part, i) => Promise.all((groups[i] ?? []).map((recipient) => wrapFor(recipient, part, wrapper)))),
  );
}

/** @param part a data key, or a Shamir part of one */
export async function wrapFor(recipient: Recipient, part: Uint8Array, wrapper?: Wrapper): Promise<MasterKey> {
  if (isForeign(recipient) || recipient.kind === 'plugin') {
    if (wrapper !== undefined) return wrapper.wrap(recipient, part);
    throw new GitSopsError('unserved-recipient', {
      detail: isForeign(recipient) ? `${recipient.kind}:${recipient.id}` : recipient.text,
      other: 'nobody was given who could',
    });
  }
  return { kind: 'age', recipient: recipient.text, enc: await wrapDataKey(recipient, part) };
}
