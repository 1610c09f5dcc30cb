import type { KeyContext } from '../key-context.ts';
import type { ForeignKind, MetadataRecord } from '../master-key.ts';

/** Which key services may be asked. It is the user's to say, never a repository's. */
export interface KeyServicePolicy {
  /** URIs of key services, in the order to ask them. */
  readonly remote: readonly string[];
  /** Whether keys of this machine take part, which sops calls the local key service. */
  readonly local: boolean;
  /**
   * For which keys the local one may use the network: none; those whose host is a cloud's own or one that the user named
   * (`named`); any, for who typed a command about this very file.
   */
  readonly network: 'none' | 'named' | 'any';
}

/** As the environment has it: sops's variables. */
export function policyOf(env: KeyContext['env'], network: KeyServicePolicy['network']): KeyServicePolicy {
  const remote = (env['SOPS_KEYSERVICE'] ?? '').split(',').map((uri) => uri.trim());
  return { remote: remote.filter((uri) => uri !== ''), local: usesLocalKeys(env), network };
}

/** As sops has it, a variable without content says no. */
export function usesLocalKeys({ SOPS_ENABLE_LOCAL_KEYSERVICE: use }: KeyContext['env']): boolean {
  return use === undefined || /^(?:1|t|true)$/i.test(use);
}

/** Why the local key service is not asked for this key; null where it is. */
export function refusalOf(
  kind: ForeignKind,
  fields: MetadataRecord,
  { network }: KeyServicePolicy,
  env: KeyContext['env'],
): { reason: string; mend: string } | null {
  if (network === 'any') return null;
  if (network === 'none') {
    return {
      reason: 'it needs the network, which is not used for what Git starts unless you allow it',
      mend: 'git config --global sops.localKeyservice true',
    };
  }
  // AWS, Google and Huawei are reached at hosts of their own, whatever a file says.
  if (kind === 'hc_vault' && !isNamedVault(`${fields['vault_address']}`, env)) {
    const address = `${fields['vault_address']}`;
    return {
      reason: `the file chose ${address}, and a token would be sent there`,
      // Without that address: whoever pastes it would trust what a file names.
      mend: 'export VAULT_ADDR=ADDRESS   (of your Vault; SOPS_HC_VAULT_ALLOWLIST takes several)',
    };
  }
  if (kind === 'azure_kv' && !azureHost.test(`${fields['vault_url']}`)) {
    return {
      reason: `the file chose ${fields['vault_url']}, which is no host of Azure's`,
      mend: 'git sops decrypt FILE',
    };
  }
  return null;
}

const azureHost =
  /^https:\/\/[a-z0-9-]+\.(?:vault|managedhsm)\.(?:azure\.net|azure\.cn|usgovcloudapi\.net|microsoftazure\.de)\/?$/i;

function isNamedVault(address: string, env: KeyContext['env']): boolean {
  const asFolder = (uri: string) => (uri.trim().endsWith('/') ? uri.trim() : `${uri.trim()}/`);
  const { VAULT_ADDR: own, SOPS_HC_VAULT_ALLOWLIST: listed } = env;
  const named = [own ?? '', ...(listed === 'all' || listed === 'none' ? [] : (listed ?? '').split(','))];
  return named.some((uri) => uri.trim() !== '' && asFolder(address).startsWith(asFolder(uri)));
}
