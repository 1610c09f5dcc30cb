import type { CryptoBackend } from '../crypto/backend.ts';
import { formatNameOf } from '../format/by-path.ts';
import { readPlainFrame } from '../format/yaml/plain-frame.ts';
import { restorePlain } from '../format/yaml/plain-restore.ts';
import { mostPlainLength } from '../format/yaml/plain-source.ts';
import { plainMetadataOf } from './plain-metadata.ts';
import { plainSelection } from './plain-selection.ts';
import { plaintextsOf, type Verifiable } from './plainly-verified.ts';

/** An encrypted file that was read without parsing it. */
export interface PlainlyRead extends Verifiable {
  /** What stands in front of its metadata, in ASCII. */
  readonly body: string;
}

/**
 * A short way to the plaintext of files in the plainest YAML, whose metadata stand at their end: many times as fast as to parse them.
 * @returns null for all others
 * @throws GitSopsError `bad-regex` for a selector that nobody can read
 */
export async function readPlainly(path: string, source: Uint8Array): Promise<PlainlyRead | null> {
  if (formatNameOf(path) !== 'yaml' || source.length > mostPlainLength) return null;
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('latin1');
  const at = text.lastIndexOf('\nsops:\n') + 1;
  if (at === 0) return null;
  const body = text.slice(0, at);
  // Comments that are ciphertext are for who knows what they belong to.
  if (body.includes('#ENC[')) return null;
  const metadata = plainMetadataOf(text.slice(at));
  if (metadata === null || metadata.layout !== null) return null;
  const read = readPlainFrame(body);
  const selected = read === null ? null : await plainSelection(read.leaves, metadata.selector);
  return selected === null ? null : { metadata, body, leaves: selected.leaves };
}

const tokenData = /ENC\[AES256_GCM,data:([^,\]]*),[^\]]*\]/g;

/** How long its plaintext is where nothing in that needs an escape; null for what is surely not read this way. Quick to say. */
export function plainLength(path: string, source: Uint8Array): number | null {
  if (formatNameOf(path) !== 'yaml' || source.length > mostPlainLength) return null;
  const bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength);
  let length = bytes.lastIndexOf('\nsops:\n') + 1;
  if (length === 0) return null;
  for (const [token, data = ''] of bytes.toString('latin1', 0, length).matchAll(tokenData)) {
    length += (data.length / 4) * 3 - (data.endsWith('==') ? 2 : data.endsWith('=') ? 1 : 0) - token.length;
  }
  return length;
}

/**
 * Decrypts and verifies it as `openFile` does.
 * @returns null where a tag or the MAC does not verify, and where this way cannot tell: then `openFile` must
 */
export function openPlainly(file: PlainlyRead, dataKey: Uint8Array, backend: CryptoBackend): Uint8Array | null {
  const values = plaintextsOf(file, dataKey, backend);
  const text = values === null ? null : restorePlain(file.body, values);
  return text === null ? null : Buffer.from(text, 'utf8');
}
