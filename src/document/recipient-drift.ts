import { recipientsOf } from '../keys/key-group.ts';
import { type CreationRule, isBare, showRecipient } from './creation-rule.ts';
import { type Described, sameGroups, sameRecipient } from './rule-fit.ts';

/** How those who can decrypt a file differ from those who should. */
export interface RecipientDrift {
  /** In the rule, not in the file. */
  readonly missing: readonly string[];
  /** In the file, not in the rule. */
  readonly extra: readonly string[];
  /** The same people, but in other key groups or with another threshold. */
  readonly regrouped: boolean;
}

/** Null where the file has just the recipients of its rule, and where that names nobody. */
export function recipientDrift(file: Pick<Described, 'metadata'>, rule: CreationRule): RecipientDrift | null {
  if (isBare(rule)) return null;
  const has = recipientsOf(file.metadata.keyGroups);
  const asked = [...new Set(rule.groups.flat().map(showRecipient))];
  const missing = asked.filter((id) => !has.some((other) => sameRecipient(id, other)));
  const extra = has.filter((id) => !asked.some((other) => sameRecipient(other, id)));
  const regrouped = missing.length === 0 && extra.length === 0 && !sameGroups(file, rule);
  return missing.length > 0 || extra.length > 0 || regrouped ? { missing, extra, regrouped } : null;
}
