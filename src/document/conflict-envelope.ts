import type { CryptoBackend } from '../crypto/backend.ts';
import { binary } from '../format/binary.ts';
import { defaultSelector } from '../tree/selector.ts';
import type { Metadata } from './metadata.ts';
import { sealFile } from './seal.ts';
import { conflictEntry } from './sops-file.ts';

export interface ConflictRequest {
  /** The plaintext with its markers. */
  readonly text: Uint8Array;
  readonly metadata: Omit<Metadata, 'mac' | 'lastModified' | 'layout'>;
  readonly dataKey: Uint8Array;
  readonly backend: CryptoBackend;
  readonly now: () => Date;
}

/**
 * An unresolved conflict as it may stand in the object database: Git stores what a merge driver leaves before anybody has
 * seen it. A binary file of sops, whatever the format of the path, and named as what it is in its metadata: smudge opens it,
 * clean, hook and check refuse it.
 */
export function sealConflict({ text, metadata, dataKey, backend, now }: ConflictRequest): Promise<Uint8Array> {
  return sealFile({
    format: binary,
    parsed: binary.parse(text),
    metadata: {
      ...metadata,
      selector: defaultSelector,
      selectorGiven: false,
      macOnlyEncrypted: false,
      other: { ...metadata.other, [conflictEntry]: 'unresolved' },
    },
    dataKey,
    base: null,
    backend,
    now,
  });
}
