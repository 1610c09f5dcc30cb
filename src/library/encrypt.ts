import { encryptFile } from '../document/encrypt-file.ts';
import type { FormatName } from '../format/format.ts';
import type { Keyring } from '../keys/keyring.ts';
import { backendOf, bytesOf, type FileOptions, formatOf, knownFormat, type Source, withPath } from './file-options.ts';
import { type Protection, ruleOf } from './rule-of.ts';

export type EncryptOptions = FileOptions &
  Protection & {
    /** Another format than the source's gives the same values in sops's own layout. */
    readonly output?: FormatName;
    /** For recipients that rules name beside age's (PGP, KMS …): Node's `createKeyring`. */
    readonly keyring?: Keyring;
    /** Default: the system's clock. */
    readonly now?: Date;
  };

/**
 * A new SOPS file in the source's own layout, under a data key of its own.
 * @throws GitSopsError `encrypted-already`, `no-recipients`, `no-matching-rule`, `invalid-recipient`, `unsupported-recipient`, `bad-regex`,
 *   or where and why the source does not parse
 */
export function encrypt(source: Source, options: EncryptOptions): Promise<Uint8Array> {
  const { keyring, now = new Date() } = options;
  return withPath(options, async () => {
    const input = formatOf(options);
    const output = knownFormat(options.output ?? input);
    return encryptFile({
      source: bytesOf(source),
      input,
      output,
      indent: null,
      rule: await ruleOf(options),
      backend: backendOf(options),
      keyring,
      now: () => now,
    });
  });
}
