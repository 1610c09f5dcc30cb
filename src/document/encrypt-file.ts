import type { CryptoBackend } from '../crypto/backend.ts';
import { newDataKey } from '../crypto/data-key.ts';
import { GitSopsError } from '../errors.ts';
import { loadFormat } from '../format/by-path.ts';
import type { FormatName } from '../format/format.ts';
import type { Wrapper } from '../keys/wrap-key-groups.ts';
import type { CreationRule } from './creation-rule.ts';
import { convert, sealedAs } from './edit/convert.ts';
import { newFileMetadata } from './new-file.ts';
import { sealFile } from './seal.ts';

export interface EncryptRequest {
  readonly source: Uint8Array;
  readonly input: FormatName;
  /** Another one than `input` gives the same values in sops's own layout. */
  readonly output: FormatName;
  /** Columns for a level of that layout; null for sops's. */
  readonly indent: number | null;
  readonly rule: CreationRule;
  readonly backend: CryptoBackend;
  /** For recipients other than age's. */
  readonly keyring?: Wrapper | undefined;
  readonly now: () => Date;
}

/**
 * A plaintext file, encrypted with a data key of its own for the recipients of a rule.
 * @throws GitSopsError for what sops does not read or take, `encrypted-already` for what has sops metadata
 */
export async function encryptFile(request: EncryptRequest): Promise<Uint8Array> {
  const { source, input, output, indent, rule, backend, keyring, now } = request;
  const format = await loadFormat(sealedAs(input, output));
  const parsed = format.parse(await convert(source, input, output, indent, 'json'));
  if (parsed.metadata !== null) throw new GitSopsError('encrypted-already');
  const dataKey = newDataKey(backend);
  const metadata = await newFileMetadata(rule, dataKey, input === 'binary' ? input : format.name, backend, keyring);
  return sealFile({ format, parsed, metadata, dataKey, base: null, backend, now });
}
