import { DATA_KEY_LENGTH } from '../crypto/data-key.ts';
import { combineShares } from '../crypto/shamir.ts';
import { GitSopsError } from '../errors.ts';
import { type KeyGroup, recipientsOf } from './key-group.ts';
import type { Keyring } from './keyring.ts';

/**
 * A keyring of identities in hand, by `age-encryption`, for programs that have no environment, no files and no `node:crypto`.
 * @param identities as in an age key file: `AGE-SECRET-KEY-1…` or `AGE-SECRET-KEY-PQ-1…`, one a line, with `#` comments
 * @throws GitSopsError `broken-identity` with the line's number, never its content
 */
export async function keyringOf(identities: string): Promise<Keyring> {
  const { armor, Decrypter, identityToRecipient } = await import('age-encryption');
  const decrypter = new Decrypter();
  const own: string[] = [];
  for (const [index, content] of identities.split('\n').entries()) {
    const line = content.trim();
    if (line === '' || line.startsWith('#')) continue;
    try {
      own.push(await identityToRecipient(line));
      decrypter.addIdentity(line);
    } catch {
      // What the package says might show the line.
      const other = 'it is no AGE-SECRET-KEY-1… or AGE-SECRET-KEY-PQ-1…';
      throw new GitSopsError('broken-identity', { detail: 'identities', line: index + 1, other });
    }
  }

  /** Null for a part that none of the identities opens, or that is broken. */
  const openGroup = async (group: KeyGroup, length: number): Promise<Uint8Array | null> => {
    for (const key of group) {
      if (key.kind !== 'age' || own.length === 0) continue;
      const { enc } = key;
      const part = await (async () => decrypter.decrypt(armor.decode(enc)))().catch(() => null);
      if (part?.length === length) return part;
    }
    return null;
  };

  return {
    async dataKey(groups, shamirThreshold) {
      const needed = groups.length > 1 ? Math.max(2, shamirThreshold || groups.length) : 1;
      const length = groups.length > 1 ? DATA_KEY_LENGTH + 1 : DATA_KEY_LENGTH;
      const opened = await Promise.all(groups.map((group) => openGroup(group, length)));
      const parts = opened.filter((part) => part !== null).slice(0, needed);
      const [only] = parts;
      const missing = (...problems: string[]) => ({
        dataKey: null,
        recipients: recipientsOf(groups),
        problems,
        broken: problems.length > 0,
      });
      if (only === undefined || parts.length < needed) return missing();
      try {
        return { dataKey: needed === 1 ? only : combineShares(parts) };
      } catch (error) {
        if (error instanceof GitSopsError) return missing(error.message);
        throw error;
      }
    },
    ownRecipients: async () => [...new Set(own)],
    async wrap() {
      throw new GitSopsError('unserved-recipient', { detail: 'of another type', other: 'nobody was given who could' });
    },
    warnings: () => [],
    concerns: () => [],
    hiddenIdentities: async () => [],
  };
}
