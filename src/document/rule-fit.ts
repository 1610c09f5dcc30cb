import { showMasterKey } from '../keys/master-key.ts';
import { sameSelector } from '../tree/selector.ts';
import { type CreationRule, isBare, selectorFor, showRecipient } from './creation-rule.ts';
import type { SopsFile } from './sops-file.ts';

/** What a file says of itself, and its format. */
export interface Described {
  readonly metadata: SopsFile['metadata'];
  readonly format: Pick<SopsFile['format'], 'name'>;
}

/** Whether a file's own metadata is what the rule would give a new file: recipients by group, threshold, selector, MAC. */
export function meetsRule(file: SopsFile, rule: CreationRule): boolean {
  return sameSelection(file, rule) && sameGroups(file, rule);
}

/** Whether the same values are encrypted, and the same ones under the MAC. */
export function sameSelection({ metadata, format }: Described, rule: CreationRule): boolean {
  return (
    sameSelector(metadata.selector, selectorFor(rule, format.name)) &&
    metadata.macOnlyEncrypted === (format.name !== 'binary' && rule.macOnlyEncrypted)
  );
}

/** Whether recipients, groups and threshold are the rule's, if that names any. */
export function sameGroups({ metadata }: Pick<Described, 'metadata'>, rule: CreationRule): boolean {
  if (isBare(rule)) return true;
  const has = metadata.keyGroups.map((group) => group.map(showMasterKey));
  const asked = rule.groups.map((group) => group.map(showRecipient));
  const threshold = asked.length > 1 ? rule.shamirThreshold || asked.length : 0;
  return (
    (has.length > 1 ? metadata.shamirThreshold || has.length : 0) === threshold &&
    has.length === asked.length &&
    has.every((group, i) => sameSet(group, asked[i] ?? []))
  );
}

function sameSet(has: readonly string[], asked: readonly string[]): boolean {
  return (
    has.every((id) => asked.some((other) => sameRecipient(other, id))) &&
    asked.every((id) => has.some((other) => sameRecipient(id, other)))
  );
}

/** @param asked as a rule names it @param has as a file does, which knows the version of a key of Azure's */
export function sameRecipient(asked: string, has: string): boolean {
  if (asked === has) return true;
  if (asked.startsWith('azure_kv:') && asked.endsWith('/')) return has.startsWith(asked);
  if (asked.startsWith('hc_vault:')) return asked.replace(/\/+$/, '') === has;
  return false;
}
