import { GitSopsError } from '../errors.ts';
import { formatFloat, parseBool, parseFloat64, parseInt64 } from '../tree/go-number.ts';
import { formatTimeNano, parseTime } from '../tree/go-time.ts';
import type { ValueType } from '../tree/leaf.ts';
import type { CryptoBackend } from './backend.ts';
import { type EncryptedValue, parseCheckedToken, parseToken, writeToken } from './encrypted-value.ts';

/** A decrypted value or comment, by the type that its token names. */
interface Plain {
  readonly type: ValueType | 'comment';
  /** Bytes only where a `str` or a comment is not UTF-8. */
  readonly plaintext: string | Uint8Array;
}

// Made once: they are needed for each value. A byte order mark is content.
const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** sops's; the whole nonce is random, which is safe at this length for as many values as a data key can meet. */
const nonceLength = 32;

/**
 * A value as a fresh token. An empty plaintext gets an empty token, as in sops.
 * @param dataKey 32 bytes
 * @param aad where the value stands, as `aadOf` gives it
 */
export function encryptValue(backend: CryptoBackend, dataKey: Uint8Array, aad: string, plain: Plain): string {
  const { type, plaintext } = plain;
  if (type === 'null') throw new GitSopsError('unknown-value-type', { detail: type });
  if (plaintext.length === 0) return '';
  const bytes = typeof plaintext === 'string' ? utf8Encoder.encode(plaintext) : plaintext;
  const iv = backend.randomBytes(nonceLength);
  const { data, tag } = backend.encrypt(dataKey, iv, utf8Encoder.encode(aad), bytes);
  return writeToken({ data, iv, tag, type });
}

/**
 * The plaintext of a token, spelled as it was encrypted; null when its tag does not verify: a wrong key, another place,
 * or tampering.
 * @throws GitSopsError `broken-token` where there is no whole token, `unknown-value-type` for a type that sops does not read
 */
export function decryptValue(backend: CryptoBackend, dataKey: Uint8Array, aad: string, token: string): Plain | null {
  return decrypt(backend, dataKey, utf8Encoder.encode(aad), parseToken(token));
}

/** The same of a token that a pattern has checked (`parseCheckedToken`). @param aad as bytes */
export function decryptChecked(
  backend: CryptoBackend,
  dataKey: Uint8Array,
  aad: Uint8Array,
  token: string,
): Plain | null {
  return decrypt(backend, dataKey, aad, parseCheckedToken(token));
}

function decrypt(
  backend: CryptoBackend,
  dataKey: Uint8Array,
  aad: Uint8Array,
  { data, iv, tag, type }: EncryptedValue,
): Plain | null {
  const bytes = backend.decrypt(dataKey, iv, aad, data, tag);
  if (bytes === null) return null;
  // The tag does not cover the type, so a changed one can get here. sops itself panics on `bytes`.
  if (!isReadable(type)) throw new GitSopsError('unknown-value-type', { detail: type });
  const text = decodeUtf8(bytes);
  if (text === null && type !== 'str' && type !== 'comment') throw new GitSopsError('broken-value', { detail: type });
  return { type, plaintext: text ?? bytes };
}

/**
 * What sops hashes for the MAC of a token that a pattern has checked (`parseCheckedToken`); null when its tag does not verify.
 * @param aad as bytes
 * @throws GitSopsError as `decryptValue` and `canonicalOf`
 */
export function canonicalOfChecked(
  backend: CryptoBackend,
  dataKey: Uint8Array,
  aad: Uint8Array,
  token: string,
): { readonly type: string; readonly canonical: string | Uint8Array } | null {
  const { data, iv, tag, type } = parseCheckedToken(token);
  const bytes = backend.decrypt(dataKey, iv, aad, data, tag);
  if (bytes === null) return null;
  // Text is hashed as its bytes, whatever they are.
  if (type === 'str') return { type, canonical: bytes };
  if (!isReadable(type)) throw new GitSopsError('unknown-value-type', { detail: type });
  return { type, canonical: canonicalOf(type, decodeUtf8(bytes) ?? bytes) };
}

/**
 * What sops hashes for the MAC: the text that Go makes of the value that it reads from the plaintext.
 * @throws GitSopsError `broken-value` where sops would not read the plaintext as that type
 */
export function canonicalOf(type: ValueType | 'comment', plaintext: string | Uint8Array): string | Uint8Array {
  if (type === 'str' || type === 'comment') return plaintext;
  const canonical = typeof plaintext === 'string' ? readAndWrite(type, plaintext) : null;
  if (canonical === null) throw new GitSopsError('broken-value', { detail: type });
  return canonical;
}

function readAndWrite(type: 'int' | 'float' | 'bool' | 'time' | 'null', text: string): string | null {
  switch (type) {
    case 'int':
      return parseInt64(text)?.toString() ?? null;
    case 'float': {
      const n = parseFloat64(text);
      return n === null ? null : formatFloat(n);
    }
    case 'bool': {
      const is = parseBool(text);
      return is === null ? null : is ? 'True' : 'False';
    }
    case 'time': {
      const time = parseTime(text);
      return time === null ? null : formatTimeNano(time);
    }
    case 'null':
      return null;
  }
}

function isReadable(type: string): type is 'str' | 'int' | 'float' | 'bool' | 'time' | 'comment' {
  return ['str', 'int', 'float', 'bool', 'time', 'comment'].includes(type);
}

/** Null for bytes that are not UTF-8. */
function decodeUtf8(bytes: Uint8Array): string | null {
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    return null;
  }
}
