import { createHash } from 'node:crypto';
import { decodeBase64 } from '../../crypto/base64.ts';
import { escapeText } from '../../quote.ts';
import { SshKeyError, SshReader, sshStrings } from './wire.ts';

/** The key types that age encrypts for (filippo.io/age agessh). */
export const SSH_TYPES = ['ssh-ed25519', 'ssh-rsa'] as const;
export type SshType = (typeof SSH_TYPES)[number];

export interface SshPublicKey {
  readonly type: SshType;
  /** SSH's wire format (RFC 4253 §6.6, RFC 8709 §4): the type, then 32 bytes, or exponent and modulus. */
  readonly blob: Uint8Array;
}

/** Of the modulus; age refuses smaller ones. */
const fewestBits = 2048;
/** OpenSSH makes none beyond this, and to encrypt for one would take seconds. */
const mostBits = 16_384;

/**
 * A line of `authorized_keys` without options: type, base64, and a comment that says nothing.
 * @throws SshKeyError for another type, a key that age would refuse, or bytes that are no key
 */
export function parseSshPublicKey(line: string): SshPublicKey {
  const [type = '', base64 = ''] = line.trim().split(/[ \t]+/);
  const blob = decodeBase64(base64);
  if (blob === null || blob.length === 0) throw new SshKeyError('its base64 is broken');
  const key = readSshPublicKey(blob);
  if (key.type !== type) throw new SshKeyError('its type is not that of its bytes');
  return key;
}

/** @throws SshKeyError as `parseSshPublicKey` */
export function readSshPublicKey(blob: Uint8Array): SshPublicKey {
  const reader = new SshReader(blob);
  const type = reader.text();
  if (type === 'ssh-ed25519') {
    if (reader.string().length !== 32) throw new SshKeyError('its length is wrong');
  } else if (type === 'ssh-rsa') {
    const [exponent, modulus] = [reader.string(), reader.string()];
    const bits = bitsOf(modulus);
    if (bits < fewestBits) throw new SshKeyError(`it has ${bits} bits where ${fewestBits} are the least`);
    if (bits > mostBits || bitsOf(exponent) > 32) throw new SshKeyError('it is too large');
    // By an exponent of 1 what is encrypted stays as it is; an even one has no private key (RFC 8017 §3.1).
    if (bitsOf(exponent) < 2 || ((exponent.at(-1) ?? 0) & 1) === 0)
      throw new SshKeyError('its exponent is not one of RSA');
    if (((modulus.at(-1) ?? 0) & 1) === 0) throw new SshKeyError('its modulus is not one of RSA');
  } else {
    throw new SshKeyError(`it is of type ${escapeText(type.slice(0, 60))}, which age does not encrypt for`);
  }
  if (reader.rest().length > 0) throw new SshKeyError('it has bytes behind its end');
  return { type, blob };
}

/** As `ssh-keygen -y` prints it, without a comment. */
export function showSshPublicKey({ type, blob }: SshPublicKey): string {
  return `${type} ${Buffer.from(blob).toString('base64')}`;
}

/** How a stanza says for which key it is: the first four bytes of the key's SHA-256, in base64. */
export function sshTag({ blob }: SshPublicKey): string {
  return createHash('sha256').update(blob).digest().subarray(0, 4).toString('base64').replaceAll('=', '');
}

/** @param point 32 bytes */
export function ed25519PublicKey(point: Uint8Array): SshPublicKey {
  return { type: 'ssh-ed25519', blob: sshStrings('ssh-ed25519', point) };
}

/** Of an Ed25519 key: 32 bytes. */
export function ed25519PointOf({ blob }: SshPublicKey): Uint8Array {
  const reader = new SshReader(blob);
  reader.text();
  return reader.string();
}

/** Of an RSA key, as a JSON Web Key. */
export function rsaJwkOf({ blob }: SshPublicKey): { kty: 'RSA'; n: string; e: string } {
  const reader = new SshReader(blob);
  reader.text();
  const [e, n] = [reader.string(), reader.string()];
  return { kty: 'RSA', n: base64url(n), e: base64url(e) };
}

/** Of an `mpint`, for a JSON Web Key: without a zero in front. */
export function base64url(number: Uint8Array): string {
  return Buffer.from(number[0] === 0 ? number.subarray(1) : number).toString('base64url');
}

function bitsOf(number: Uint8Array): number {
  const first = number.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : (number.length - first) * 8 - Math.clz32(number[first] ?? 0) + 24;
}
