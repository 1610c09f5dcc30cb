import { GitSopsError } from '../errors.ts';
import { decodeBase64, decodeCheckedBase64, encodeBase64 } from './base64.ts';

/** What a token says: `ENC[AES256_GCM,data:…,iv:…,tag:…,type:…]`, with its base64 decoded. */
export interface EncryptedValue {
  readonly data: Uint8Array;
  /** The nonce: 32 bytes in what sops writes. */
  readonly iv: Uint8Array;
  /** 16 bytes. */
  readonly tag: Uint8Array;
  /** What the plaintext is. sops knows str, int, float, bool, time, bytes and comment; here any word. */
  readonly type: string;
}

const start = 'ENC[AES256_GCM,data:';
/** NIST's minimum, which @noble/ciphers asks for, and OpenSSL's maximum. */
const nonceLengths = { least: 8, most: 128 };
const tagLength = 16;

/** Where the fields of a token begin. Base64 has no comma, so the first separator of each kind is the right one. */
function fieldsOf(text: string): { data: string; iv: string; tag: string; type: string } | null {
  if (!text.startsWith(start) || !text.endsWith(']')) return null;
  const iv = text.indexOf(',iv:', start.length);
  const tag = iv < 0 ? -1 : text.indexOf(',tag:', iv);
  const type = tag < 0 ? -1 : text.indexOf(',type:', tag);
  if (type < 0) return null;
  return {
    data: text.slice(start.length, iv),
    iv: text.slice(iv + 4, tag),
    tag: text.slice(tag + 5, type),
    type: text.slice(type + 6, -1),
  };
}

/**
 * Whether the whole text has a token's shape, from its first to its last character. Cheap; says nothing about the base64
 * in it: whoever must rely on there being a ciphertext asks `isSoundToken`.
 */
export function isToken(text: string): boolean {
  return fieldsOf(text) !== null;
}

/** Whether the text is a token whose fields decode to the lengths that they must have. */
export function isSoundToken(text: string): boolean {
  const fields = fieldsOf(text);
  return fields !== null && decodeFields(fields) !== null;
}

/** @throws GitSopsError `broken-token` for anything but a whole token: cut off, not strictly base64, a wrong length. */
export function parseToken(text: string): EncryptedValue {
  const fields = fieldsOf(text);
  const value = fields === null ? null : decodeFields(fields);
  if (value === null) throw new GitSopsError('broken-token');
  return value;
}

function decodeFields(fields: { data: string; iv: string; tag: string; type: string }): EncryptedValue | null {
  const iv = decodeBase64(fields.iv);
  const tag = decodeBase64(fields.tag);
  if (iv === null || iv.length < nonceLengths.least || iv.length > nonceLengths.most) return null;
  if (tag === null || tag.length !== tagLength || !/^[a-z]+$/.test(fields.type)) return null;
  const data = decodeBase64(fields.data);
  // sops gives an empty value no token, and reads none.
  if (data === null || data.length === 0) return null;
  return { data, iv, tag, type: fields.type };
}

/** The same for a token of which a pattern has said already that it is spelled as sops does, with a nonce of 32 bytes. */
export function parseCheckedToken(text: string): EncryptedValue {
  const iv = text.indexOf(',iv:', start.length);
  // 44 characters of base64, and 24.
  const tag = iv + 48;
  const type = tag + 29;
  return {
    data: decodeCheckedBase64(text.slice(start.length, iv)),
    iv: decodeCheckedBase64(text.slice(iv + 4, tag)),
    tag: decodeCheckedBase64(text.slice(tag + 5, type)),
    type: text.slice(type + 6, -1),
  };
}

/** The token, spelled as sops spells it. */
export function writeToken({ data, iv, tag, type }: EncryptedValue): string {
  return `${start}${encodeBase64(data)},iv:${encodeBase64(iv)},tag:${encodeBase64(tag)},type:${type}]`;
}
