import type { CryptoBackend } from '../crypto/backend.ts';
import { GitSopsError } from '../errors.ts';
import type { FormatName } from '../format/format.ts';
import type { KeyGroup } from '../keys/key-group.ts';
import type { Wrapper } from '../keys/wrap-key-groups.ts';
import { type CreationRule, selectorFor } from './creation-rule.ts';
import type { Metadata } from './metadata.ts';
import { wrapRecipients } from './wrap-recipients.ts';

/** The sops version whose format is written, and which readers compare with their own. */
export const SOPS_VERSION = '3.13.2';

/** All but what sealing adds. */
export type NewMetadata = Omit<Metadata, 'mac' | 'lastModified' | 'layout'>;

/**
 * The metadata of a file that did not exist before: its rule's selector, and the data key wrapped for its rule's recipients.
 * @throws GitSopsError what `wrapRecipients` throws, with the place of the rule
 */
export async function newFileMetadata(
  rule: CreationRule,
  dataKey: Uint8Array,
  format: FormatName,
  backend: CryptoBackend,
  keyring?: Wrapper,
): Promise<NewMetadata> {
  const binary = format === 'binary';
  return {
    version: SOPS_VERSION,
    selector: selectorFor(rule, format),
    // sops takes neither selector nor this switch for a file that is one value.
    // A binary envelope of sops names no selector; its one value is always encrypted.
    selectorGiven: !binary,
    macOnlyEncrypted: !binary && rule.macOnlyEncrypted,
    keyGroups: await wrapped(rule, dataKey, backend, keyring),
    shamirThreshold: rule.groups.length > 1 ? rule.shamirThreshold || rule.groups.length : 0,
    other: {},
  };
}

/** What is wrong with a recipient is wrong in the rule, not in the file. */
async function wrapped(
  { groups, shamirThreshold: threshold, file, line }: CreationRule,
  dataKey: Uint8Array,
  backend: CryptoBackend,
  keyring: Wrapper | undefined,
): Promise<KeyGroup[]> {
  try {
    return await wrapRecipients({ dataKey, groups, threshold, backend, keyring });
  } catch (error) {
    const ofRule = error instanceof GitSopsError && file !== undefined && /-recipients?$/.test(error.code);
    throw ofRule ? error.with({ file, line }) : error;
  }
}
