import type { CryptoBackend } from '../crypto/backend.ts';
import { type Metadata, writeMetadata } from './metadata.ts';
import { type Opened, openFile } from './open.ts';
import { sopsFileOf } from './sops-file.ts';

/**
 * An encrypted file with other metadata under the same data key, MAC and time: not a byte of it changes but those of the
 * entries that do. Null where its format does not allow that.
 */
export async function replaceMetadata(
  { file, dataKey, bytes, tokens }: Opened,
  metadata: Metadata,
  backend: CryptoBackend,
): Promise<Uint8Array | null> {
  const { format, parsed, view } = file;
  // A binary file is all one value, which stands in an envelope: its token is put back into that.
  const isBinary = format.name === 'binary';
  const bare = format.parse(isBinary ? bytes : view.open({ plaintext: () => null, layout: [] }));
  if (bare.metadata !== null) return null;
  const token = () => tokens[0]?.token ?? '';
  const sealed = bare.view(() => isBinary).seal({ token, metadata: writeMetadata(metadata), like: parsed });
  const again = openFile(await sopsFileOf(format, format.parse(sealed)), dataKey, backend);
  const isSame =
    Buffer.compare(again.bytes, bytes) === 0 &&
    again.tokens.length === tokens.length &&
    again.tokens.every(({ token }, i) => token === tokens[i]?.token);
  return isSame ? sealed : null;
}
