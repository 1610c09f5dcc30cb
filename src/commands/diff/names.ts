import { recipientName } from '../../document/recipient-names.ts';
import { configName, foldersOf } from '../../document/rule-finder.ts';
import { type BlobReader, indexObject, treeObject } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { readWorkFile } from '../../git/work-file.ts';
import type { FileDiff } from './report.ts';

/**
 * Who the recipients are that came or went. Who went is often named only in an older `.sops.yaml`, so those of the compared
 * revisions are read too.
 */
export async function recipientNames(
  files: readonly FileDiff[],
  revisions: readonly string[],
  top: string,
  blobs: BlobReader,
): Promise<Map<string, string>> {
  const names = new Map<string, string>();
  const configs = new Map<GitPath, Promise<Uint8Array[]>>();
  const read = async (path: GitPath): Promise<Uint8Array[]> => {
    const objects = [indexObject(path), ...['HEAD', ...revisions].map((rev) => treeObject(rev, path))];
    const stored = await Promise.all(objects.map(async (name) => (await blobs.read(name))?.content));
    return [workFile(top, path), ...stored].filter((content) => content !== undefined);
  };
  for (const { path, content } of files) {
    const recipients = [...(content?.recipients.added ?? []), ...(content?.recipients.removed ?? [])];
    for (const folder of recipients.length === 0 ? [] : foldersOf(path)) {
      const config = `${folder}${configName}`;
      const found = configs.get(config) ?? read(config);
      configs.set(config, found);
      for (const source of await found) {
        for (const recipient of recipients) {
          const name = names.has(recipient) ? null : recipientName(source, recipient);
          if (name !== null) names.set(recipient, name);
        }
      }
    }
  }
  return names;
}

/** A `.sops.yaml` that is a link or the like names nobody. */
function workFile(top: string, path: GitPath): Uint8Array | undefined {
  try {
    return readWorkFile(top, path)?.content;
  } catch {
    return undefined;
  }
}
