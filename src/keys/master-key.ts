/** A record of sops metadata: what stands under `age`, `pgp`, `kms` … */
export type MetadataRecord = { readonly [entry: string]: unknown };

/** The key types that a key service wraps and opens. The order is the one in which sops lists and tries them. */
export const FOREIGN_KINDS = ['kms', 'gcp_kms', 'hckms', 'azure_kv', 'hc_vault', 'pgp'] as const;
export type ForeignKind = (typeof FOREIGN_KINDS)[number];

/** A file's data key, or its Shamir part, wrapped for one recipient. */
export type MasterKey = AgeMasterKey | ForeignMasterKey;

export interface AgeMasterKey {
  readonly kind: 'age';
  /** `age1…`, `age1pq1…`, `ssh-…`, as written in the metadata; only `enc` says for whom it truly is. */
  readonly recipient: string;
  /** An age file in ASCII armor. */
  readonly enc: string;
}

export interface ForeignMasterKey {
  readonly kind: ForeignKind;
  /** What sops shows for it: a fingerprint, an ARN, a resource name, a URL. */
  readonly id: string;
  /** RFC 3339, where there is one. */
  readonly createdAt: string | null;
  /** The whole entry, untouched. */
  readonly record: MetadataRecord;
}

/** An entry of the metadata's `age`. Missing fields become empty, so that they fail where they are used. */
export function readAgeMasterKey(record: MetadataRecord): AgeMasterKey {
  return { kind: 'age', recipient: textOf(record, 'recipient'), enc: textOf(record, 'enc') };
}

export function readForeignMasterKey(kind: ForeignKind, record: MetadataRecord): ForeignMasterKey {
  return { kind, id: showKeyFields(kind, record), createdAt: textOf(record, 'created_at') || null, record };
}

/** What the entry wraps the data key into; an age file for age, else what its key service made. */
export function wrappedOf(key: MasterKey): string {
  return key.kind === 'age' ? key.enc : textOf(key.record, 'enc');
}

/** The entry as it stands in the metadata, in sops's order of fields. */
export function recordOf(key: MasterKey): MetadataRecord {
  return key.kind === 'age' ? { enc: key.enc, recipient: key.recipient } : key.record;
}

/** What to show for a master key, and what tells two of them apart: `age1…`, or kind and id for the others. */
export function showMasterKey(key: MasterKey): string {
  return key.kind === 'age' ? key.recipient : `${key.kind}:${key.id}`;
}

/** What sops shows for a key, by the fields of its metadata. */
export function showKeyFields(kind: ForeignKind, record: MetadataRecord): string {
  const text = (field: string) => textOf(record, field);
  switch (kind) {
    case 'kms':
      return showAwsKey(record);
    case 'gcp_kms':
      return text('resource_id');
    case 'hckms':
      return text('key_id');
    case 'azure_kv':
      return `${text('vault_url')}/keys/${text('name')}/${text('version')}`;
    case 'hc_vault':
      return `${text('vault_address')}/v1/${text('engine_path')}/keys/${text('key_name')}`;
    case 'pgp':
      return text('fp');
  }
}

/** The ARN, the role that is taken on, the encryption context and the profile: the same key with another of these is another. */
function showAwsKey(record: MetadataRecord): string {
  const [role, profile] = [textOf(record, 'role'), textOf(record, 'aws_profile')];
  const key = `${textOf(record, 'arn')}${role === '' ? '' : `+${role}`}`;
  const context = Object.entries(contextOf(record))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}:${value}`)
    .join(',');
  if (profile !== '') return `${key}|${context}|${profile}`;
  return context === '' ? key : `${key}|${context}`;
}

/** AWS's encryption context of an entry. */
export function contextOf(record: MetadataRecord): Record<string, string> {
  const context = record['context'];
  if (typeof context !== 'object' || context === null || Array.isArray(context)) return {};
  return Object.fromEntries(
    Object.entries(context).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}

function textOf(record: MetadataRecord, field: string): string {
  const value = record[field];
  return typeof value === 'string' ? value : '';
}
