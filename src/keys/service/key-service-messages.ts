import { contextOf, type ForeignKind } from '../master-key.ts';
import type { ServiceKey } from './key-service.ts';

/*
 * The messages of sops's keyservice/keyservice.proto in Protocol Buffers' encoding. All of their fields are texts, bytes and
 * messages, which are one thing on the wire: the field's number and wire type, a length, and so many bytes.
 */

/** Field of the `Key` message, then of the key's own the fields in the order of their numbers from 1. */
const keys: Readonly<Record<ForeignKind, readonly [number, ...string[]]>> = {
  kms: [1, 'arn', 'role', 'context', 'aws_profile'],
  pgp: [2, 'fp'],
  gcp_kms: [3, 'resource_id'],
  azure_kv: [4, 'vault_url', 'name', 'version'],
  hc_vault: [5, 'vault_address', 'engine_path', 'key_name'],
  hckms: [7, 'key_id'],
};
const ageField = 6;
const delimited = 2;

/** An `EncryptRequest` or a `DecryptRequest`, which look the same. @param bytes plaintext or ciphertext */
export function encodeRequest(key: ServiceKey, bytes: Uint8Array): Buffer {
  return Buffer.concat([field(1, encodeKey(key)), field(2, Buffer.from(bytes))]);
}

/**
 * The bytes of an `EncryptResponse` or a `DecryptResponse`, their field 1; empty where it has none.
 * @throws Error for what is no such message
 */
export function decodeResponse(message: Uint8Array): Uint8Array {
  let found: Uint8Array = new Uint8Array();
  for (let at = 0; at < message.length; ) {
    const tag = readVarint(message, at);
    const length = readVarint(message, tag.end);
    if ((tag.value & 7) !== delimited || length.end + length.value > message.length) throw notAMessage();
    at = length.end + length.value;
    if (tag.value >> 3 === 1) found = message.subarray(length.end, at);
  }
  return found;
}

function encodeKey(key: ServiceKey): Buffer {
  if (key.kind === 'age') return field(ageField, text(1, key.recipient));
  const [number, ...names] = keys[key.kind];
  const parts = names.map((name, i) => {
    const value = key.fields[name];
    return name === 'context' ? encodeContext(i + 1, contextOf(key.fields)) : text(i + 1, `${value ?? ''}`);
  });
  return field(number, Buffer.concat(parts));
}

/** A map is a list of messages with key and value. */
function encodeContext(number: number, context: Readonly<Record<string, string>>): Buffer {
  const entries = Object.entries(context).map(([name, value]) =>
    field(number, Buffer.concat([text(1, name), text(2, value)])),
  );
  return Buffer.concat(entries);
}

/** An empty text is left out, as a default value is. */
function text(number: number, value: string): Buffer {
  return value === '' ? Buffer.alloc(0) : field(number, Buffer.from(value));
}

function field(number: number, bytes: Buffer): Buffer {
  return Buffer.concat([varint((number << 3) | delimited), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  for (let rest = value; ; rest >>>= 7) {
    if (rest < 0x80) return Buffer.from([...bytes, rest]);
    bytes.push((rest & 0x7f) | 0x80);
  }
}

function readVarint(message: Uint8Array, start: number): { value: number; end: number } {
  let value = 0;
  for (let i = 0; i < 4; i++) {
    const byte = message[start + i];
    if (byte === undefined) break;
    value |= (byte & 0x7f) << (7 * i);
    if (byte < 0x80) return { value, end: start + i + 1 };
  }
  throw notAMessage();
}

function notAMessage(): Error {
  return new Error('its answer is none of the protocol');
}
