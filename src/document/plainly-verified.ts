import type { CryptoBackend } from '../crypto/backend.ts';
import { computeMac, openMac, sameMac } from '../crypto/mac.ts';
import { canonicalOf, canonicalOfChecked, decryptChecked } from '../crypto/value-cipher.ts';
import { GitSopsError } from '../errors.ts';
import type { Plaintext } from '../format/format.ts';
import { aadOf } from '../tree/key-path.ts';
import { macAad } from './metadata.ts';
import type { PlainlySealed } from './plainly-sealed.ts';

/** What a MAC covers as it stands, whether a reader takes it for a text, a number or nothing. */
const sameOfAnyType = /^(?:|0|[1-9]\d{0,14}|(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_/][\s\S]*)$/i;

/** A file whose values were selected, without a parser. */
export type Verifiable = Pick<PlainlySealed, 'metadata' | 'leaves'>;

/**
 * Whether every tag and the MAC verify, of a file that was read without parsing it. Releases no plaintext.
 * @returns false also where that way cannot tell: then `openFile` must
 */
export function plainlyVerified(file: Verifiable, dataKey: Uint8Array, backend: CryptoBackend): boolean {
  return verify(
    file,
    (aad, token) => canonicalOfChecked(backend, dataKey, aad, token)?.canonical ?? null,
    dataKey,
    backend,
  );
}

/** The same with the values, in the order of their tokens; null instead of false. */
export function plaintextsOf(file: Verifiable, dataKey: Uint8Array, backend: CryptoBackend): Plaintext[] | null {
  const values: Plaintext[] = [];
  const canonical = (aad: Uint8Array, token: string) => {
    const value = decryptChecked(backend, dataKey, aad, token);
    if (value === null) return null;
    values.push(value);
    return canonicalOf(value.type, value.plaintext);
  };
  return verify(file, canonical, dataKey, backend) ? values : null;
}

/** @param canonical of a token, what sops hashes for it; null where its tag does not verify */
function verify(
  { metadata, leaves }: Verifiable,
  canonical: (aad: Uint8Array, token: string) => string | Uint8Array | null,
  dataKey: Uint8Array,
  backend: CryptoBackend,
): boolean {
  // The record's own tag is for who knows its entries.
  if (metadata.layout !== null) return false;
  const parts: (string | Uint8Array)[] = [];
  try {
    for (const { keys, text, selected } of leaves) {
      if (!selected) {
        if (metadata.macOnlyEncrypted) continue;
        if (!sameOfAnyType.test(text)) return false;
        parts.push(text);
      } else if (text !== '') {
        const part = canonical(aadBytesOf(keys), text);
        if (part === null) return false;
        parts.push(part);
      }
    }
    const claimed = openMac(backend, dataKey, metadata.mac, macAad(metadata.lastModified));
    return claimed !== null && sameMac(claimed, computeMac(backend, parts, metadata.macOnlyEncrypted));
  } catch (error) {
    // The whole judgement says what is wrong, and where.
    if (error instanceof GitSopsError) return false;
    throw error;
  }
}

/** The keys of files that are laid out alike are the same arrays. */
const known = new WeakMap<readonly string[], Uint8Array>();
const utf8 = new TextEncoder();

export function aadBytesOf(keys: readonly string[]): Uint8Array {
  const aad = known.get(keys) ?? utf8.encode(aadOf(keys));
  known.set(keys, aad);
  return aad;
}
