import { GitSopsError } from '../errors.ts';
import { type ForeignKind, type ForeignMasterKey, type MetadataRecord, showKeyFields } from './master-key.ts';

/** Someone for whom a key service wraps a data key: a key that is none of age's. */
export interface ForeignRecipient {
  readonly kind: ForeignKind;
  /** What sops shows for it. */
  readonly id: string;
  /** What identifies it, by the names that sops's metadata has; null where the id alone says it. */
  readonly fields: MetadataRecord | null;
}

/** AWS's own parameters of a key; empty where they are not given. */
export interface AwsSettings {
  readonly context: Readonly<Record<string, string>>;
  readonly profile: string;
}

/** A role may follow the key: `arn:…+arn:…`, as sops takes it in flags and in a rule's own list. */
export function awsRecipient(text: string, { context, profile }: AwsSettings): ForeignRecipient {
  const arn = text.replaceAll(' ', '');
  const role = arn.indexOf('+arn:');
  return awsKey(role > 0 ? arn.slice(0, role) : arn, role > 0 ? arn.slice(role + 1) : '', { context, profile });
}

export function awsKey(arn: string, role: string, { context, profile }: AwsSettings): ForeignRecipient {
  const given = Object.keys(context).length > 0;
  const fields = { arn, aws_profile: profile, ...(given && { context }), ...(role !== '' && { role }) };
  return { kind: 'kms', id: showKeyFields('kms', fields), fields };
}

/** A key of another type than AWS's, as rules and flags name it. What is wrong with it shows when it is used. */
export function foreignRecipient(kind: Exclude<ForeignKind, 'kms'>, text: string): ForeignRecipient {
  const id = kind === 'pgp' || kind === 'gcp_kms' ? text.replaceAll(' ', '') : text.trim();
  return { kind, id, fields: null };
}

export function recipientOfKey({ kind, id, record }: ForeignMasterKey): ForeignRecipient {
  const { created_at: _time, enc: _wrapped, ...fields } = record;
  // Old files have entries of AWS's without a profile, and sops writes one into each.
  return { kind, id, fields: kind === 'kms' ? { aws_profile: '', ...fields } : fields };
}

/**
 * What identifies the key, checked as far as sops checks it.
 * @throws GitSopsError `malformed-recipient`
 */
export function fieldsOf({ kind, id, fields }: ForeignRecipient): MetadataRecord {
  const known = fields ?? parseId(kind, id);
  if (known === null || !isComplete(kind, known)) {
    throw new GitSopsError('malformed-recipient', { detail: kind, other: id });
  }
  return known;
}

function parseId(kind: ForeignKind, id: string): MetadataRecord | null {
  switch (kind) {
    case 'kms':
      return { arn: id, aws_profile: '' };
    case 'pgp':
      return { fp: id };
    case 'gcp_kms':
      return { resource_id: id };
    case 'hckms':
      return { key_id: id };
    case 'azure_kv': {
      const [, url, name, version] = /^(https:\/\/.+)\/keys\/([^/]+)(?:\/([^/]*))?$/.exec(id) ?? [];
      return url === undefined ? null : { name, vault_url: url, version: version ?? '' };
    }
    case 'hc_vault': {
      // An engine may be mounted deeper than one level.
      const [, address, engine, name] = /^(https?:\/\/[^/]+)\/v\d+\/+(.+)\/[^/]+\/([^/]+)\/*$/.exec(id) ?? [];
      return address === undefined ? null : { engine_path: engine, key_name: name, vault_address: address };
    }
  }
}

/** What the services would refuse anyway; a malformed one must not choose a host. */
function isComplete(kind: ForeignKind, fields: MetadataRecord): boolean {
  const text = (name: string) => (typeof fields[name] === 'string' ? fields[name] : '');
  switch (kind) {
    case 'kms':
      return /^arn:aws[\w-]*:kms:[a-z0-9-]+:\d+:(?:key|alias)\/.+$/.test(text('arn'));
    case 'pgp':
      // A name or an address in its place would be whoever calls himself so.
      return /^(?:0x)?[0-9A-Fa-f]{16,64}!?$/.test(text('fp'));
    case 'gcp_kms':
      return /^projects\/[^/]+\/locations\/[^/]+\/keyRings\/[^/]+\/cryptoKeys\/[^/]+$/.test(text('resource_id'));
    case 'hckms':
      return /^[a-z0-9-]+:[\w-]+$/i.test(text('key_id'));
    case 'azure_kv':
      return /^https:\/\/[^/]+\/?$/.test(text('vault_url')) && text('name') !== '';
    case 'hc_vault':
      return /^https?:\/\//.test(text('vault_address')) && text('engine_path') !== '' && text('key_name') !== '';
  }
}
