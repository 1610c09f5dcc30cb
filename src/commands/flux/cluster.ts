import { type CreationRule, showRecipient } from '../../document/creation-rule.ts';
import { recipientName } from '../../document/recipient-names.ts';
import { GitSopsError } from '../../errors.ts';
import type { KeyGroup } from '../../keys/key-group.ts';
import { showMasterKey } from '../../keys/master-key.ts';

/** The keys that a cluster opens files with; empty where nobody said. */
export interface Cluster {
  readonly recipients: readonly string[];
  /** How it came to be known, as a clause. */
  readonly from: string;
}

export interface NamedRecipient {
  readonly recipient: string;
  /** As the author of the rules calls it, or null. */
  readonly name: string | null;
}

/** Everybody whom rules name. */
export function namedRecipients(rules: readonly CreationRule[], source: Uint8Array): NamedRecipient[] {
  const all = new Set(rules.flatMap(({ groups }) => groups.flat().map(showRecipient)));
  return [...all].map((recipient) => ({ recipient, name: recipientName(source, recipient) }));
}

/**
 * @param given recipients, or names that stand beside them in `.sops.yaml`; none to look for a name that says cluster or Flux
 * @throws GitSopsError `wrong-use` for a name that is not there
 */
export function findCluster(given: readonly string[], known: readonly NamedRecipient[]): Cluster {
  if (given.length === 0) {
    const found = known.filter(({ name }) => name !== null && /\b(?:cluster|flux|sops-age)\b/i.test(name));
    const names = [...new Set(found.map(({ name }) => name))].join(', ');
    return { recipients: found.map(({ recipient }) => recipient), from: `named "${names}" in .sops.yaml` };
  }
  const recipients = given.flatMap((word) => {
    if (/^(?:age1|ssh-|(?:pgp|kms|gcp_kms|azure_kv|hc_vault|hckms):)/.test(word)) return [word];
    const found = known.filter(({ name }) => name?.toLowerCase().includes(word.toLowerCase()));
    if (found.length > 0) return found.map(({ recipient }) => recipient);
    const names = known.flatMap(({ name }) => (name === null ? [] : [name]));
    throw new GitSopsError('wrong-use', {
      detail: `"${word}" is no recipient, and no comment in .sops.yaml names one so${names.length === 0 ? '' : ` (there are: ${names.join(', ')})`}`,
      other: 'git sops flux check --recipient age1…',
    });
  });
  return { recipients: [...new Set(recipients)], from: 'as given' };
}

/** Whether the cluster's keys alone open what is wrapped for these groups: one is enough, but for Shamir's secret sharing. */
export function opens({ recipients }: Cluster, groups: readonly (readonly string[])[], threshold: number): boolean {
  const needed = groups.length > 1 ? threshold || groups.length : 1;
  return groups.filter((group) => group.some((recipient) => recipients.includes(recipient))).length >= needed;
}

export const shownGroups = (groups: readonly KeyGroup[]) => groups.map((group) => group.map(showMasterKey));
