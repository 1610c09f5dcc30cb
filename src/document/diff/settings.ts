import { recipientsOf } from '../../keys/key-group.ts';
import { sameSelector } from '../../tree/selector.ts';
import type { SopsFile } from '../sops-file.ts';
import { type ContentDiff, type SettingChange, showSelector } from './change.ts';

/** Who can decrypt now and could not before, and the reverse. A new file's recipients are all new. */
export function compareRecipients(before: SopsFile | null, after: SopsFile | null): ContentDiff['recipients'] {
  const had = before === null ? [] : recipientsOf(before.metadata.keyGroups);
  const has = after === null ? [] : recipientsOf(after.metadata.keyGroups);
  return {
    added: has.filter((recipient) => !had.includes(recipient)),
    removed: had.filter((recipient) => !has.includes(recipient)),
  };
}

/** What the metadata says about how the file is encrypted. */
export function compareSettings(before: SopsFile, after: SopsFile): SettingChange[] {
  const [old, now] = [before.metadata, after.metadata];
  const changes: SettingChange[] = [];
  if (!sameSelector(old.selector, now.selector)) {
    changes.push({ name: 'selector', before: showSelector(old.selector), after: showSelector(now.selector) });
  }
  if (old.shamirThreshold !== now.shamirThreshold) {
    changes.push({ name: 'shamir_threshold', before: `${old.shamirThreshold}`, after: `${now.shamirThreshold}` });
  }
  if (old.macOnlyEncrypted !== now.macOnlyEncrypted) {
    changes.push({ name: 'mac_only_encrypted', before: `${old.macOnlyEncrypted}`, after: `${now.macOnlyEncrypted}` });
  }
  return changes;
}
