import { type RuleRecipient, showRecipient } from '../../document/creation-rule.ts';
import { sameRecipient } from '../../document/rule-fit.ts';
import type { KeyGroup } from '../../keys/key-group.ts';
import { showMasterKey } from '../../keys/master-key.ts';

export interface KeyDiff {
  readonly changes: boolean;
  /** As people read it: who stays, `+++` who comes, `---` who goes. */
  readonly lines: readonly string[];
}

interface Keys {
  readonly groups: readonly (readonly string[])[];
  readonly threshold: number;
}

export function keysOfFile(groups: readonly KeyGroup[], threshold: number): Keys {
  return { groups: groups.map((group) => group.map(showMasterKey)), threshold };
}

export function keysOfRule(groups: readonly (readonly RuleRecipient[])[], threshold: number): Keys {
  return { groups: groups.map((group) => group.map(showRecipient)), threshold };
}

export function diffKeys(before: Keys, after: Keys): KeyDiff {
  const lines: string[] = [];
  let changes = before.threshold !== after.threshold;
  if (changes && after.threshold > 0) lines.push(`+++ shamir_threshold: ${after.threshold}`);
  if (changes && before.threshold > 0) lines.push(`--- shamir_threshold: ${before.threshold}`);
  for (let i = 0; i < Math.max(before.groups.length, after.groups.length); i++) {
    const [had, has] = [before.groups[i] ?? [], after.groups[i] ?? []];
    const isOld = (key: string) => had.some((old) => sameRecipient(key, old));
    const added = has.filter((key) => !isOld(key));
    const removed = had.filter((old) => !has.some((key) => sameRecipient(key, old)));
    changes ||= added.length + removed.length > 0;
    lines.push(
      `Group ${i + 1}`,
      ...has.filter(isOld).map((key) => `    ${key}`),
      ...added.map((key) => `+++ ${key}`),
      ...removed.map((key) => `--- ${key}`),
    );
  }
  return { changes, lines };
}
