import type { CryptoBackend } from '../crypto/backend.ts';
import { openMac } from '../crypto/mac.ts';
import { decryptChecked } from '../crypto/value-cipher.ts';
import { GitSopsError } from '../errors.ts';
import type { Parsed, Plaintext, View } from '../format/format.ts';
import { readPlainFrame } from '../format/yaml/plain-frame.ts';
import { restorePlain } from '../format/yaml/plain-restore.ts';
import { mostPlainLength } from '../format/yaml/plain-source.ts';
import type { MasterKey } from '../keys/master-key.ts';
import { aadOf, keysOf } from '../tree/key-path.ts';
import { sameSelector } from '../tree/selector.ts';
import { type Metadata, macAad } from './metadata.ts';
import { plainMetadataOf } from './plain-metadata.ts';
import { aadBytesOf } from './plainly-verified.ts';
import type { VerifiedTokens } from './verified-tokens.ts';

export interface SealedPlainly {
  /** The plaintext file, and its leaves as the metadata's selector sees them. */
  readonly parsed: Parsed;
  readonly view: View;
  /** What was made of it. */
  readonly sealed: Uint8Array;
  /** What it was meant to say of itself. */
  readonly metadata: Metadata;
  /** Its MAC, not sealed. */
  readonly mac: string;
  readonly dataKey: Uint8Array;
  readonly backend: CryptoBackend;
  /** Ciphertexts that were taken over: they must stand where they were verified. */
  readonly verified: VerifiedTokens;
}

/**
 * A short way to the proof that an encrypted file opens to its source and shows no selected value, for files in the plainest YAML: it
 * is read without parsing it, every new ciphertext is decrypted, and what it gives back is compared byte for byte.
 * @returns false also where that way cannot tell: then the whole proof must
 */
export function isPlainlyRestored(request: SealedPlainly): boolean {
  const { parsed, view, sealed, metadata, mac, dataKey, backend, verified } = request;
  if (parsed.format !== 'yaml' || sealed.length > mostPlainLength || metadata.layout !== null) return false;
  const text = latin1(sealed);
  const at = text.lastIndexOf('\nsops:\n') + 1;
  if (at === 0) return false;
  const says = plainMetadataOf(text.slice(at));
  if (says === null || !sameMetadata(says, metadata)) return false;
  const body = text.slice(0, at);
  const read = readPlainFrame(body);
  if (read === null || read.comments.length > 0 || read.leaves.length !== view.leaves.length) return false;
  const values: Plaintext[] = [];
  try {
    for (const [i, leaf] of view.leaves.entries()) {
      const { keys, text: shown, isToken } = read.leaves[i] as (typeof read.leaves)[number];
      if (leaf.kind !== 'value' || !sameKeys(keys, keysOf(leaf.path))) return false;
      const { selected, type, plaintext } = leaf;
      if (!selected || type === 'null' || plaintext.length === 0) {
        if (shown.startsWith('ENC[') || (selected && shown !== '')) return false;
        continue;
      }
      if (!isToken) return false;
      const value = verified.get(aadOf(leaf.path), shown) ?? decryptChecked(backend, dataKey, aadBytesOf(keys), shown);
      if (value === null || value.type !== type || value.plaintext !== plaintext) return false;
      values.push(value);
    }
    if (openMac(backend, dataKey, metadata.mac, macAad(metadata.lastModified)) !== mac) return false;
  } catch (error) {
    // The whole proof says what is wrong, and where.
    if (error instanceof GitSopsError) return false;
    throw error;
  }
  return restorePlain(body, values) === latin1(parsed.source);
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}

function sameKeys(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((key, i) => key === b[i]);
}

function sameMetadata(a: Metadata, b: Metadata): boolean {
  return (
    a.version === b.version &&
    a.mac === b.mac &&
    a.lastModified === b.lastModified &&
    sameSelector(a.selector, b.selector) &&
    a.macOnlyEncrypted === b.macOnlyEncrypted &&
    a.shamirThreshold === b.shamirThreshold &&
    a.layout === b.layout &&
    Object.keys(b.other).length === 0 &&
    a.keyGroups.length === 1 &&
    b.keyGroups.length === 1 &&
    sameAgeKeys(a.keyGroups[0] ?? [], b.keyGroups[0] ?? [])
  );
}

function sameAgeKeys(a: readonly MasterKey[], b: readonly MasterKey[]): boolean {
  if (a.length !== b.length) return false;
  return a.every((key, i) => {
    const other = b[i];
    return key.kind === 'age' && other?.kind === 'age' && key.recipient === other.recipient && key.enc === other.enc;
  });
}
