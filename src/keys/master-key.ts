/** A record of sops metadata: what stands under `age`, `pgp`, `kms` … */
export type MetadataRecord = { readonly [entry: string]: unknown };

/** The key types that git-sops keeps as they are. The order is the one in which sops lists and tries them. */
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
  return { kind, id: displayId(kind, record), createdAt: textOf(record, 'created_at') || null, record };
}

/** The entry as it stands in the metadata, in sops's order of fields. */
export function recordOf(key: MasterKey): MetadataRecord {
  return key.kind === 'age' ? { recipient: key.recipient, enc: key.enc } : key.record;
}

/** What to show for a master key, and what tells two of them apart: `age1…`, or kind and id for the others. */
export function showMasterKey(key: MasterKey): string {
  return key.kind === 'age' ? key.recipient : `${key.kind}:${key.id}`;
}

function displayId(kind: ForeignKind, record: MetadataRecord): string {
  const text = (field: string) => textOf(record, field);
  switch (kind) {
    case 'kms':
      return text('arn');
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

function textOf(record: MetadataRecord, field: string): string {
  const value = record[field];
  return typeof value === 'string' ? value : '';
}
