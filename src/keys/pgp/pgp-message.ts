import { decodeBase64 } from '../../crypto/base64.ts';

/** Packet types of OpenPGP (RFC 9580, section 5). */
const keyEncrypted = 1;
const encryptedData = [9, 18, 20];

/**
 * Whether an armored message is encrypted for keys and nothing else. For one with a passphrase of its own GnuPG would ask whoever
 * checks out a repository that holds it; one that is not encrypted at all it would give out as it is.
 */
export function isForKeysOnly(armored: string): boolean {
  const lines = armored.trim().split(/\r?\n/);
  const body = lines.slice(lines.indexOf('') + 1, -1).filter((line) => !line.startsWith('='));
  const isArmored = lines[0] === '-----BEGIN PGP MESSAGE-----' && lines.at(-1) === '-----END PGP MESSAGE-----';
  const bytes = isArmored ? decodeBase64(body.join('')) : null;
  if (bytes === null) return false;
  let keys = 0;
  for (let at = 0; at < bytes.length; ) {
    const packet = readHeader(bytes, at);
    if (packet === null) return false;
    if (encryptedData.includes(packet.type)) return keys > 0;
    if (packet.type !== keyEncrypted || packet.end === null) return false;
    keys++;
    at = packet.end;
  }
  return false;
}

/** The type of the packet that starts here and where it ends; null for the end of one that comes in parts, or lasts to the end. */
function readHeader(bytes: Uint8Array, at: number): { type: number; end: number | null } | null {
  const first = bytes[at] ?? 0;
  const number = (from: number, count: number) =>
    bytes.subarray(from, from + count).reduce((sum, byte) => sum * 256 + byte, 0);
  if ((first & 0x80) === 0) return null;
  if ((first & 0x40) === 0) {
    const type = (first >> 2) & 0x0f;
    const count = [1, 2, 4][first & 3];
    return { type, end: count === undefined ? null : at + 1 + count + number(at + 1, count) };
  }
  const type = first & 0x3f;
  const length = bytes[at + 1] ?? 0;
  if (length < 192) return { type, end: at + 2 + length };
  if (length < 224) return { type, end: at + 3 + (length - 192) * 256 + (bytes[at + 2] ?? 0) + 192 };
  return { type, end: length === 255 ? at + 6 + number(at + 2, 4) : null };
}
