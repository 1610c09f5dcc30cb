import type { FormatName } from '../format/format.ts';
import { type CreationRule, isBare, type RuleRecipient, selectorFor, showRecipient } from './creation-rule.ts';
import type { Rekeying } from './rekey.ts';
import { sameRecipient } from './rule-fit.ts';
import type { SopsFile } from './sops-file.ts';
import { recipientOf } from './wrap-recipients.ts';

export interface KeyChanges {
  /** Into the first key group. */
  readonly add: readonly RuleRecipient[];
  /** From all of them. */
  readonly remove: readonly RuleRecipient[];
}

/** For whom, and by which selector, a file is encrypted anew: by its rule, else as it is now but for these changes. */
export function rotationOf(
  { metadata, format }: SopsFile,
  rule: CreationRule | null,
  { add, remove }: KeyChanges,
): Pick<Rekeying, 'groups' | 'threshold' | 'settings'> {
  const settings = rule === null ? undefined : settingsOf(rule, format.name);
  if (rule !== null && !isBare(rule)) return { groups: rule.groups, threshold: rule.shamirThreshold, settings };
  const has = (asked: RuleRecipient, group: readonly RuleRecipient[]) =>
    group.some((recipient) => sameRecipient(showRecipient(asked), showRecipient(recipient)));
  const groups = metadata.keyGroups.map((keys, i) => {
    const group = keys.map(recipientOf);
    const more = i === 0 ? add.filter((recipient) => !has(recipient, group)) : [];
    return [...group, ...more].filter((recipient) => !remove.some((asked) => has(asked, [recipient])));
  });
  return { groups, threshold: metadata.shamirThreshold, settings };
}

function settingsOf(rule: CreationRule, format: FormatName): NonNullable<Rekeying['settings']> {
  const binary = format === 'binary';
  return {
    selector: selectorFor(rule, format),
    selectorGiven: !binary,
    macOnlyEncrypted: !binary && rule.macOnlyEncrypted,
  };
}
