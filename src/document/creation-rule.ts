import type { FormatName } from '../format/format.ts';
import { defaultSelector, type Selector } from '../tree/selector.ts';

/** One recipient that a rule names: an age key, or one of a key type that sops knows. */
export interface RuleRecipient {
  readonly kind: 'age' | 'pgp' | 'kms' | 'gcp_kms' | 'azure_kv' | 'hc_vault' | 'hckms';
  /** As metadata shows it: the age recipient, a fingerprint, an ARN. */
  readonly id: string;
}

/** An entry of `.sops.yaml`'s `creation_rules`. */
export interface CreationRule {
  /** From 0. */
  readonly index: number;
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

/** sops takes no selector for a file that is one value. */
export function selectorFor(rule: CreationRule, format: FormatName): Selector {
  return format === 'binary' ? defaultSelector : rule.selector;
}
