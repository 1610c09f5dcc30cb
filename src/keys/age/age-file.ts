import { createHmac, timingSafeEqual } from 'node:crypto';
import { decodeBase64 } from '../../crypto/base64.ts';
import { deriveKey, open } from './age-primitives.ts';

/**
 * The part of the age format (age-encryption.org/v1) that a wrapped data key needs: armor, header, a payload of one
 * chunk. Doing it here and not with `age-encryption` saves most of the time of a `git diff`, and of the wrapping of a
 * new file; tests hold the two against each other.
 */
export interface AgeFile {
  readonly armored: string;
  readonly stanzas: readonly Stanza[];
  /** From the version line up to and with `---`. */
  readonly header: Uint8Array;
  /** 32 bytes, of the header. */
  readonly mac: Uint8Array;
  /** 16 bytes. */
  readonly nonce: Uint8Array;
  readonly payload: Uint8Array;
}

/** The file key, wrapped in one recipient's way. */
export interface Stanza {
  /** The first is the recipient's type. */
  readonly args: string[];
  readonly body: Uint8Array;
}

const firstLine = '-----BEGIN AGE ENCRYPTED FILE-----';
const lastLine = '-----END AGE ENCRYPTED FILE-----';
const chunkLength = 65_536 + 16;
/** In bytes. */
export const FILE_KEY_LENGTH = 16;
export const PAYLOAD_NONCE_LENGTH = 16;

/** What is wrong with the file, for whoever must be told. */
export class AgeFileError extends Error {}

/** @throws AgeFileError for whatever age would not read either, and for a payload that is no data key by its size */
export function parseAgeFile(armored: string): AgeFile {
  const file = Buffer.from(decodeArmor(armored));
  // A stanza's line starts with `->`, base64 has no `-`: this is the end of the header and nothing else.
  const end = file.indexOf('\n---') + 1;
  const macEnd = file.indexOf('\n', end);
  if (end === 0 || macEnd < 0) throw new AgeFileError('its header has no end');
  const mac = /^--- ([\w+/]{43})$/.exec(file.toString('latin1', end, macEnd))?.[1];
  const payload = file.subarray(macEnd + 1);
  if (payload.length < PAYLOAD_NONCE_LENGTH + 16 || payload.length > PAYLOAD_NONCE_LENGTH + chunkLength)
    throw new AgeFileError('its length is wrong');
  return {
    armored,
    stanzas: parseStanzas(file.toString('latin1', 0, end - 1)),
    header: file.subarray(0, end + 3),
    mac: decodeUnpadded(mac ?? ''),
    nonce: payload.subarray(0, PAYLOAD_NONCE_LENGTH),
    payload: payload.subarray(PAYLOAD_NONCE_LENGTH),
  };
}

/** @throws AgeFileError where header or payload do not verify */
export async function openPayload(file: AgeFile, fileKey: Uint8Array): Promise<Uint8Array> {
  const plaintext = await open(payloadKey(file, fileKey), payloadNonce(), file.payload);
  if (plaintext === null) throw new AgeFileError('its payload was changed');
  return plaintext;
}

/** What the payload is encrypted with. @throws AgeFileError where the header does not verify */
export function payloadKey(file: AgeFile, fileKey: Uint8Array): Uint8Array {
  const macKey = deriveKey(fileKey, new Uint8Array(0), 'header');
  const mac = createHmac('sha256', macKey).update(file.header).digest();
  if (mac.length !== file.mac.length || !timingSafeEqual(mac, file.mac))
    throw new AgeFileError('its header was changed');
  return deriveKey(fileKey, file.nonce, 'payload');
}

/** STREAM's nonce of a chunk that is both first and last: an eleven-byte counter, then 1. */
export function payloadNonce(): Uint8Array {
  const nonce = new Uint8Array(12);
  nonce[11] = 1;
  return nonce;
}

function decodeArmor(armored: string): Uint8Array {
  const lines = armored.trim().split(/\r?\n/);
  const bodyLines = lines.slice(1, -1);
  if (lines[0] !== firstLine || lines.at(-1) !== lastLine) throw new AgeFileError('it is not an armored age file');
  const last = bodyLines.length - 1;
  if (
    last < 0 ||
    bodyLines.some((line, i) => (i < last ? line.length !== 64 : line.length === 0 || line.length > 64))
  ) {
    throw new AgeFileError('its armor is broken');
  }
  const bytes = decodeBase64(bodyLines.join(''));
  if (bytes === null) throw new AgeFileError('its armor is broken');
  return bytes;
}

function parseStanzas(header: string): Stanza[] {
  const [version, ...lines] = header.split('\n');
  if (version !== 'age-encryption.org/v1') throw new AgeFileError('it is of an unknown version');
  const stanzas: Stanza[] = [];
  for (let at = 0; at < lines.length; ) {
    const [arrow, ...args] = (lines[at++] ?? '').split(' ');
    if (arrow !== '->' || args.length === 0 || !args.every((arg) => /^[!-~]+$/.test(arg))) {
      throw new AgeFileError('its header is broken');
    }
    // Lines of 48 bytes, the last one shorter, if need be empty.
    let body = '';
    let line: string | undefined;
    do {
      line = lines[at++];
      if (line === undefined || line.length > 64) throw new AgeFileError('its header is broken');
      body += line;
    } while (line.length === 64);
    stanzas.push({ args, body: decodeUnpadded(body) });
  }
  return stanzas;
}

/** Base64 without padding, strictly. */
export function decodeUnpadded(text: string): Uint8Array {
  const bytes = text.includes('=') ? null : decodeBase64(text + '='.repeat((4 - (text.length % 4)) % 4));
  if (bytes === null) throw new AgeFileError('its base64 is broken');
  return bytes;
}
