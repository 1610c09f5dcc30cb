import {
  FOREIGN_KINDS,
  type MasterKey,
  type MetadataRecord,
  readAgeMasterKey,
  readForeignMasterKey,
  recordOf,
  showMasterKey,
} from './master-key.ts';

/** Master keys that all wrap the same bytes: the data key, or with several groups one Shamir part of it. */
export type KeyGroup = readonly MasterKey[];

/**
 * The key groups of sops metadata: its top-level lists as one group where any of them has an entry, else `key_groups`.
 * The master keys stand in the order in which sops tries them.
 */
export function readKeyGroups(metadata: MetadataRecord): KeyGroup[] {
  const flat = readKeyGroup(metadata);
  if (flat.length > 0) return [flat];
  return recordsIn(metadata, 'key_groups').map(readKeyGroup);
}

function readKeyGroup(lists: MetadataRecord): KeyGroup {
  return [
    ...FOREIGN_KINDS.flatMap((kind) => recordsIn(lists, kind).map((record) => readForeignMasterKey(kind, record))),
    ...recordsIn(lists, 'age').map(readAgeMasterKey),
  ];
}

/** A group as lists by kind, as they stand in the metadata; only the kinds that it has. */
export function writeKeyGroup(group: KeyGroup): { [kind: string]: MetadataRecord[] } {
  const lists: { [kind: string]: MetadataRecord[] } = {};
  for (const key of group) {
    const list = lists[key.kind] ?? [];
    list.push(recordOf(key));
    lists[key.kind] = list;
  }
  return lists;
}

/** Everyone for whom the groups are wrapped, each once, in the order of the file. */
export function recipientsOf(groups: readonly KeyGroup[]): string[] {
  return [...new Set(groups.flatMap((group) => group.map(showMasterKey)))];
}

function recordsIn(lists: MetadataRecord, name: string): MetadataRecord[] {
  const list = lists[name];
  return Array.isArray(list)
    ? list.filter((entry) => typeof entry === 'object' && entry !== null && !Array.isArray(entry))
    : [];
}
