import type { CryptoBackend } from '../crypto/backend.ts';
import { computeMac, openMac, sameMac } from '../crypto/mac.ts';
import { canonicalOfChecked } from '../crypto/value-cipher.ts';
import { GitSopsError } from '../errors.ts';
import { aadOf } from '../tree/key-path.ts';
import { macAad } from './metadata.ts';
import type { PlainlySealed } from './plainly-sealed.ts';

/** What a MAC covers as it stands, whether a reader takes it for a text, a number or nothing. */
const sameOfAnyType = /^(?:|0|[1-9]\d{0,14}|(?!(?:y|n|yes|no|on|off|true|false|null)$)[A-Za-z_/][\s\S]*)$/i;

/**
 * Whether every tag and the MAC verify, of a file that was read without parsing it. Releases no plaintext.
 * @returns false also where that way cannot tell: then `openFile` must
 */
export function plainlyVerified(
  { metadata, leaves }: PlainlySealed,
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
        const value = canonicalOfChecked(backend, dataKey, aadBytesOf(keys), text);
        if (value === null) return false;
        parts.push(value.canonical);
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

function aadBytesOf(keys: readonly string[]): Uint8Array {
  const aad = known.get(keys) ?? utf8.encode(aadOf(keys));
  known.set(keys, aad);
  return aad;
}
