import type { CryptoBackend } from '../crypto/backend.ts';
import type { Recipient } from '../keys/any-recipient.ts';
import { recipientOfKey } from '../keys/foreign-recipient.ts';
import type { KeyGroup } from '../keys/key-group.ts';
import { type MasterKey, showMasterKey } from '../keys/master-key.ts';
import { parseRecipient } from '../keys/recipient.ts';
import { type Wrapper, wrapFor, wrapForGroups } from '../keys/wrap-key-groups.ts';
import { type RuleRecipient, showRecipient } from './creation-rule.ts';
import { sameRecipient } from './rule-fit.ts';

export interface WrapRequest {
  readonly dataKey: Uint8Array;
  readonly groups: readonly (readonly RuleRecipient[])[];
  /** How many groups must come together; 0 for all of them. */
  readonly threshold: number;
  /** Master keys that wrap this data key already, as a whole: whom they are for keeps them as they are. */
  readonly keep?: KeyGroup | undefined;
  readonly backend: CryptoBackend;
  /** For recipients other than age's. */
  readonly keyring?: Wrapper | undefined;
}

/**
 * A data key, wrapped for the recipients that a rule or a command line names.
 * @throws GitSopsError `unsupported-recipient` for a key of age's that cannot be written, `invalid-recipient`, `no-recipients`,
 *   `invalid-shamir-threshold`, and what `Keyring.wrap` throws
 */
export async function wrapRecipients(request: WrapRequest): Promise<KeyGroup[]> {
  const { dataKey, groups, threshold, keep, backend, keyring } = request;
  const [only] = groups;
  if (groups.length === 1 && only !== undefined && only.length > 0 && keep !== undefined) {
    return [await Promise.all(only.map(async (one) => kept(one, keep) ?? wrapFor(parsed(one), dataKey, keyring)))];
  }
  return wrapForGroups(
    dataKey,
    groups.map((group) => group.map(parsed)),
    threshold,
    backend,
    keyring,
  );
}

/** Whom a master key is for. */
export function recipientOf(key: MasterKey): RuleRecipient {
  return key.kind === 'age' ? { kind: 'age', id: key.recipient } : recipientOfKey(key);
}

/** The master key among these that is for this recipient. */
export function kept(recipient: RuleRecipient, keys: KeyGroup): MasterKey | undefined {
  return keys.find((key) => sameRecipient(showRecipient(recipient), showMasterKey(key)));
}

function parsed(recipient: RuleRecipient): Recipient {
  return recipient.kind === 'age' ? parseRecipient(recipient.id) : recipient;
}
