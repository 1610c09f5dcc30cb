import { cleanFile } from '../document/clean.ts';
import { readSopsFile } from '../document/sops-file.ts';
import { GitSopsError } from '../errors.ts';
import { standInNames } from '../format/by-path.ts';
import {
  backendOf,
  bytesOf,
  type FileOptions,
  formatOf,
  type KeyOptions,
  keyringFor,
  type Source,
  withPath,
} from './file-options.ts';
import { readEncryptedFile } from './read-encrypted-file.ts';

export interface UpdateOptions extends FileOptions, KeyOptions {
  /** Default: the system's clock. */
  readonly now?: Date;
}

/**
 * What an encrypted file becomes when its plaintext was edited, as `git add` makes it: recipients and data key stay, and so does the
 * ciphertext of every value that did not change; where nothing did, the very bytes come back.
 * @param file the SOPS file that the plaintext comes from; it is verified first
 * @param source the plaintext as it is now
 * @throws GitSopsError as `decrypt` for the file, `empty-file`, `encrypted-already`, or where and why the source does not parse
 */
export function update(file: Source, source: Source, options: UpdateOptions): Promise<Uint8Array> {
  const { now = new Date() } = options;
  return withPath(options, async () => {
    const path = standInNames[formatOf(options)];
    const [base, content] = [bytesOf(file), bytesOf(source)];
    await readEncryptedFile(base, options);
    if (content.length === 0) throw new GitSopsError('empty-file');
    // Git's filter takes such a file as it is; here it would put another's recipients in the place of the file's.
    if ((await readSopsFile(path, content)) !== null) throw new GitSopsError('encrypted-already');
    return cleanFile({
      path,
      content,
      async *bases() {
        yield base;
      },
      rule: async () => null,
      keyring: await keyringFor(options),
      backend: backendOf(options),
      now: () => now,
    });
  });
}
