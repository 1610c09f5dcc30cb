import type { CryptoBackend } from '../crypto/backend.ts';
import { newDataKey } from '../crypto/data-key.ts';
import { loadFormat } from '../format/by-path.ts';
import type { FormatName } from '../format/format.ts';
import type { Wrapper } from '../keys/wrap-key-groups.ts';
import type { RuleRecipient } from './creation-rule.ts';
import { convert, sealedAs } from './edit/convert.ts';
import type { Metadata } from './metadata.ts';
import { SOPS_VERSION } from './new-file.ts';
import type { Opened } from './open.ts';
import { replaceMetadata } from './replace-metadata.ts';
import { sealFile } from './seal.ts';
import { kept, recipientOf, wrapRecipients } from './wrap-recipients.ts';

export interface Rekeying {
  readonly groups: readonly (readonly RuleRecipient[])[];
  /** 0 for all groups; without meaning for a single one. */
  readonly threshold: number;
  /** Further metadata to change: a rule's selector. */
  readonly settings?: Partial<Pick<Metadata, 'selector' | 'selectorGiven' | 'macOnlyEncrypted'>> | undefined;
  /** Of the file to be written, where that is not the one that it has. */
  readonly output?: FormatName;
  readonly backend: CryptoBackend;
  /** For recipients other than age's. */
  readonly keyring: Wrapper;
  readonly now: () => Date;
}

/**
 * The same file for other recipients, under the data key that it has: nothing else in it changes, and who keeps access keeps the
 * very entry. Whoever had access once may have kept the data key; `rotated` is for that.
 */
export async function withRecipients(opened: Opened, request: Rekeying): Promise<Uint8Array> {
  const { threshold, backend, keyring } = request;
  const groups = known(request.groups, opened);
  const { metadata } = opened.file;
  const keep = metadata.keyGroups.length === 1 ? metadata.keyGroups[0] : undefined;
  const keyGroups = await wrapRecipients({ dataKey: opened.dataKey, groups, threshold, keep, backend, keyring });
  const changed = { ...metadata, keyGroups, ...thresholdOf(request) };
  return (
    (opened.mac === '' ? null : await replaceMetadata(opened, changed, backend)) ??
    (await sealed(opened, opened.dataKey, changed, request))
  );
}

/** The same file with a new data key: every value is encrypted anew, and every entry wrapped anew. */
export async function rotated(opened: Opened, request: Rekeying): Promise<Uint8Array> {
  const { threshold, settings, backend, keyring } = request;
  const groups = known(request.groups, opened);
  const dataKey = newDataKey(backend);
  const keyGroups = await wrapRecipients({ dataKey, groups, threshold, backend, keyring });
  const { metadata } = opened.file;
  const changed = { ...metadata, version: SOPS_VERSION, keyGroups, ...thresholdOf(request), ...settings };
  return sealed(opened, dataKey, changed, request);
}

/** What a rule leaves open, such as the version of a key of Azure's, the file has. */
function known(groups: Rekeying['groups'], { file }: Opened): Rekeying['groups'] {
  const has = file.metadata.keyGroups.flat();
  return groups.map((group) =>
    group.map((recipient) => {
      const key = kept(recipient, has);
      return key === undefined ? recipient : recipientOf(key);
    }),
  );
}

function thresholdOf({ groups, threshold }: Rekeying): Pick<Metadata, 'shamirThreshold'> {
  return { shamirThreshold: groups.length > 1 ? threshold || groups.length : 0 };
}

async function sealed(
  opened: Opened,
  dataKey: Uint8Array,
  metadata: Metadata,
  { output, backend, now }: Rekeying,
): Promise<Uint8Array> {
  const own = opened.file.format.name;
  const format = await loadFormat(sealedAs(own, output ?? own));
  const parsed = format.parse(await convert(opened.bytes, own, output ?? own, null, 'json'));
  const base = dataKey === opened.dataKey ? opened : null;
  return sealFile({ format, parsed, metadata, dataKey, base, backend, now });
}
