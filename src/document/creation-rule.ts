import type { FormatName } from '../format/format.ts';
import type { ForeignRecipient } from '../keys/foreign-recipient.ts';
import { defaultSelector, type Selector } from '../tree/selector.ts';

/** One recipient that a rule names: an age key, or one of a key type that sops knows. */
export type RuleRecipient = AgeRuleRecipient | ForeignRecipient;

export interface AgeRuleRecipient {
  readonly kind: 'age';
  readonly id: string;
}

/** An entry of `.sops.yaml`'s `creation_rules`. */
export interface CreationRule {
  /** From 0. */
  readonly index: number;
  /** The `.sops.yaml` that it stands in, inside the repository, where it was found by a path. */
  readonly file?: string;
  /** In `.sops.yaml`, from 1. */
  readonly line: number;
  /** RE2, matched anywhere in the path from the folder of `.sops.yaml`; null covers everything below. */
  readonly pathRegex: string | null;
  readonly groups: readonly (readonly RuleRecipient[])[];
  /** 0 where the rule has none. */
  readonly shamirThreshold: number;
  readonly selector: Selector;
  readonly macOnlyEncrypted: boolean;
}

/** As `showMasterKey` shows the master key that is made of it, so that the two can be compared. */
export function showRecipient({ kind, id }: RuleRecipient): string {
  return kind === 'age' ? id : `${kind}:${id}`;
}

/** Whether the rule, or one of its key groups, names nobody: sops takes one whose recipients are named elsewhere (`--age`). */
export function isBare({ groups }: CreationRule): boolean {
  return groups.length === 0 || groups.some((group) => group.length === 0);
}

/** sops takes no selector for a file that is one value. */
export function selectorFor(rule: CreationRule, format: FormatName): Selector {
  return format === 'binary' ? defaultSelector : rule.selector;
}
