import type { CryptoBackend } from '../crypto/backend.ts';
import { GitSopsError } from '../errors.ts';
import type { FormatName } from '../format/format.ts';
import { type AgeRecipient, parseRecipient } from '../keys/recipient.ts';
import { wrapForGroups } from '../keys/wrap-key-groups.ts';
import { type CreationRule, selectorFor } from './creation-rule.ts';
import type { Metadata } from './metadata.ts';

/** The sops version whose format is written, and which readers compare with their own. */
export const SOPS_VERSION = '3.13.2';

/**
 * The metadata of a file that did not exist before: its rule's selector, and the data key wrapped for its rule's recipients.
 * @throws GitSopsError `unsupported-recipient` where the rule asks for a key type that cannot be written yet.
 */
export async function newFileMetadata(
  rule: CreationRule,
  dataKey: Uint8Array,
  format: FormatName,
  backend: CryptoBackend,
): Promise<Omit<Metadata, 'mac' | 'lastModified' | 'layout'>> {
  const groups: AgeRecipient[][] = rule.groups.map((group) =>
    group.map(({ kind, id }) => {
      if (kind !== 'age') throw new GitSopsError('unsupported-recipient', { detail: kind });
      return parseRecipient(id);
    }),
  );
  const binary = format === 'binary';
  return {
    version: SOPS_VERSION,
    selector: selectorFor(rule, format),
    // sops takes neither selector nor this switch for a file that is one value.
    // A binary envelope of sops names no selector; its one value is always encrypted.
    selectorGiven: !binary,
    macOnlyEncrypted: !binary && rule.macOnlyEncrypted,
    keyGroups: await wrapForGroups(dataKey, groups, rule.shamirThreshold, backend),
    shamirThreshold: rule.groups.length > 1 ? rule.shamirThreshold || rule.groups.length : 0,
    other: {},
  };
}
