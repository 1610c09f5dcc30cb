import { convert } from '../document/edit/convert.ts';
import { openFile } from '../document/open.ts';
import { unlock } from '../document/unlock.ts';
import type { FormatName } from '../format/format.ts';
import {
  backendOf,
  bytesOf,
  type FileOptions,
  type KeyOptions,
  keyringFor,
  knownFormat,
  type Source,
  withPath,
} from './file-options.ts';
import { readEncryptedFile } from './read-encrypted-file.ts';

export interface DecryptOptions extends FileOptions, KeyOptions {
  /** The same values in another format, in sops's own layout. Default: the file's own format and layout. */
  readonly output?: FormatName;
  /** Release the values although the MAC of the whole does not verify; each value's own tag must all the same. */
  readonly ignoreMac?: boolean;
}

/**
 * The plaintext of a SOPS file, once every tag and the MAC are verified. Nothing of it is released before.
 * @throws GitSopsError `no-sops-metadata` for what is not encrypted, `no-identity` (with the recipients that could), `broken-tag`,
 *   `broken-mac`, `broken-identity`, `cannot-emit`, or what is wrong with the file
 */
export function decrypt(file: Source, options: DecryptOptions): Promise<Uint8Array> {
  return withPath(options, async () => {
    const read = await readEncryptedFile(bytesOf(file), options);
    const dataKey = await unlock(read, await keyringFor(options));
    const { bytes } = openFile(read, dataKey, backendOf(options), { ignoreMac: options.ignoreMac === true });
    return convert(bytes, read.format.name, knownFormat(options.output ?? read.format.name), null, 'binary');
  });
}
