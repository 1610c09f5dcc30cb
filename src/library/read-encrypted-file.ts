import { isConflict, readContent, type SopsFile } from '../document/sops-file.ts';
import { GitSopsError } from '../errors.ts';
import { type FileOptions, formatOf } from './file-options.ts';

/** @throws GitSopsError `no-sops-metadata`, `conflict-markers` for an unresolved conflict of Git, or what is wrong with the file */
export async function readEncryptedFile(bytes: Uint8Array, options: FileOptions): Promise<SopsFile> {
  const content = await readContent(options.path ?? '', bytes, formatOf(options));
  if (content.kind === 'plaintext') throw new GitSopsError('no-sops-metadata');
  if (isConflict(content.file)) throw new GitSopsError('conflict-markers');
  return content.file;
}
