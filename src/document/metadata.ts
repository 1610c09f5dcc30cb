import { isToken } from '../crypto/encrypted-value.ts';
import { GitSopsError } from '../errors.ts';
import type { MetadataTree } from '../format/format.ts';
import { type KeyGroup, readKeyGroups, writeKeyGroup } from '../keys/key-group.ts';
import { FOREIGN_KINDS } from '../keys/master-key.ts';
import { formatDate, formatTime, parseTime } from '../tree/go-time.ts';
import { defaultSelector, type Selector, selectorKinds } from '../tree/selector.ts';

/** What a sops file says of itself (sops's stores/stores.go and stores/metadata.go). */
export interface Metadata {
  /** The sops version that wrote it. */
  readonly version: string;
  /** A token; its AAD is `macAad(lastModified)`. */
  readonly mac: string;
  /** RFC 3339, as it stands in the file. */
  readonly lastModified: string;
  readonly selector: Selector;
  /** False where the file names no selector and sops's default holds. */
  readonly selectorGiven: boolean;
  readonly macOnlyEncrypted: boolean;
  readonly keyGroups: readonly KeyGroup[];
  /** 0 where the file has none. */
  readonly shamirThreshold: number;
  /** The layout record's token, `git_sops_layout`. */
  readonly layout: string | null;
  /** Entries that nobody here knows; kept. */
  readonly other: MetadataTree;
}

export const layoutEntry = 'git_sops_layout';
/** The major version of the format that is read and written. */
const major = 3;

const known = new Set<string>([
  ...selectorKinds,
  ...FOREIGN_KINDS,
  'age',
  'key_groups',
  'lastmodified',
  'mac',
  'mac_only_encrypted',
  'shamir_threshold',
  'version',
  layoutEntry,
]);

/** Whether a `sops` mapping was made by sops, rather than made up or meant as a secret of that name. */
export function isMetadata(tree: MetadataTree): boolean {
  const { mac, lastmodified } = tree;
  return typeof mac === 'string' && isToken(mac) && typeof lastmodified === 'string' && readKeyGroups(tree).length > 0;
}

/** @throws GitSopsError where sops could not use the metadata either, or a later sops changed its meaning. */
export function parseMetadata(tree: MetadataTree): Metadata {
  const version = text(tree['version']);
  if (version === '') throw new GitSopsError('missing-version');
  const [, theirs] = /^v?(\d+)\.\d+/.exec(version) ?? [];
  if (theirs === undefined) throw new GitSopsError('missing-version');
  if (Number(theirs) > major) throw new GitSopsError('future-version', { detail: version.slice(0, 20) });
  const mac = text(tree['mac']);
  if (!isToken(mac)) throw new GitSopsError('missing-mac');
  const lastModified = text(tree['lastmodified']);
  if (parseTime(lastModified) === null) throw new GitSopsError('bad-lastmodified');
  const selectors = selectorKinds.filter((kind) => text(tree[kind]) !== '');
  if (selectors.length > 1) throw new GitSopsError('two-selectors', { detail: selectors.join(', ') });
  const [kind] = selectors;
  const keyGroups = readKeyGroups(tree);
  if (keyGroups.length === 0 || keyGroups.some((group) => group.length === 0)) throw new GitSopsError('no-keys');
  const layout = text(tree[layoutEntry]);
  return {
    version,
    mac,
    lastModified,
    selector: kind === undefined ? defaultSelector : { kind, value: text(tree[kind]) },
    selectorGiven: kind !== undefined,
    macOnlyEncrypted: flag(tree['mac_only_encrypted']),
    keyGroups,
    shamirThreshold: thresholdOf(tree['shamir_threshold'], keyGroups.length),
    layout: layout === '' ? null : layout,
    other: Object.fromEntries(Object.entries(tree).filter(([entry]) => !known.has(entry))),
  };
}

/** Whether the metadata of a file that cannot be read may hold something else than metadata. */
export function hasUnknownEntry(tree: MetadataTree): boolean {
  return Object.keys(tree).some((entry) => !known.has(entry));
}

/** The entries in sops's order, which is the alphabet's. */
export function writeMetadata(metadata: Metadata): MetadataTree {
  const { keyGroups, selector, shamirThreshold, layout } = metadata;
  const [first = []] = keyGroups;
  const tree: { [entry: string]: unknown } = {
    ...metadata.other,
    // In a key group sops always writes these two lists, empty or not.
    ...(keyGroups.length === 1
      ? writeKeyGroup(first)
      : { key_groups: keyGroups.map((group) => sorted({ age: [], hc_vault: [], ...writeKeyGroup(group) })) }),
    ...(metadata.selectorGiven && { [selector.kind]: selector.value }),
    ...(metadata.macOnlyEncrypted && { mac_only_encrypted: true }),
    ...(shamirThreshold > 0 && { shamir_threshold: shamirThreshold }),
    ...(layout !== null && { [layoutEntry]: layout }),
    lastmodified: metadata.lastModified,
    mac: metadata.mac,
    version: metadata.version,
  };
  return sorted(tree);
}

/** The MAC's additional data: the time as Go reads and writes it again. */
export function macAad(lastModified: string): string {
  const time = parseTime(lastModified);
  if (time === null) throw new GitSopsError('bad-lastmodified');
  return formatTime(time);
}

/** The time of a new file, whole seconds in UTC: `2026-01-02T03:04:05Z`. */
export function formatLastModified(now: Date): string {
  return formatDate(now);
}

/** sops reads metadata weakly typed: INI and dotenv give every entry as text. */
function text(value: unknown): string {
  return typeof value === 'string' ? value : typeof value === 'number' || typeof value === 'boolean' ? `${value}` : '';
}

function thresholdOf(value: unknown, groups: number): number {
  const shown = text(value);
  const threshold = Number(shown);
  if (Number.isSafeInteger(threshold) && threshold >= 0) return threshold;
  throw new GitSopsError('invalid-shamir-threshold', { detail: shown.slice(0, 20), other: `${groups}` });
}

function flag(value: unknown): boolean {
  return value === true || (typeof value === 'number' && value !== 0) || /^(1|t|true)$/i.test(text(value));
}

function sorted(tree: { [entry: string]: unknown }): MetadataTree {
  return Object.fromEntries(Object.entries(tree).sort(([a], [b]) => (a < b ? -1 : 1)));
}
