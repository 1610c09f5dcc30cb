import { readContent } from '../document/sops-file.ts';
import type { FormatName } from '../format/format.ts';
import { showMasterKey } from '../keys/master-key.ts';
import { showKeyPath } from '../tree/key-path.ts';
import type { Selector } from '../tree/selector.ts';
import { bytesOf, type FileOptions, formatOf, type Source, withPath } from './file-options.ts';

/** What a SOPS file says of itself without a key. None of it is verified: the MAC needs one. */
export interface FileInfo {
  readonly format: FormatName;
  /** By key group, mostly one: age recipients as they are, others as `pgp:…`, `kms:…`. */
  readonly recipients: readonly (readonly string[])[];
  /** How many key groups must come together; 0 where one is enough. */
  readonly shamirThreshold: number;
  readonly selector: Selector;
  readonly macOnlyEncrypted: boolean;
  readonly lastModified: Date;
  /** The sops version that wrote it. */
  readonly version: string;
  /** The key paths of its values, as `stringData.password`, in order; comments left out. */
  readonly values: readonly { readonly keyPath: string; readonly encrypted: boolean }[];
}

/**
 * Who can open a file, what of it is encrypted, and when it was; null for a plaintext one.
 * @throws GitSopsError where and why it does not parse, `two-selectors`, `future-version` and their kin
 */
export function inspect(file: Source, options: FileOptions): Promise<FileInfo | null> {
  return withPath(options, async () => {
    const content = await readContent(options.path ?? '', bytesOf(file), formatOf(options));
    if (content.kind === 'plaintext') return null;
    const { format, metadata, view } = content.file;
    return {
      format: format.name,
      recipients: metadata.keyGroups.map((group) => group.map(showMasterKey)),
      shamirThreshold: metadata.shamirThreshold,
      selector: metadata.selector,
      macOnlyEncrypted: metadata.macOnlyEncrypted,
      lastModified: new Date(metadata.lastModified),
      version: metadata.version,
      values: view.leaves.flatMap((leaf) =>
        leaf.kind === 'comment' ? [] : [{ keyPath: showKeyPath(leaf.path), encrypted: leaf.selected }],
      ),
    };
  });
}
