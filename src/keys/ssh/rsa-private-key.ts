import { createPrivateKey, type KeyObject } from 'node:crypto';
import { base64url } from './public-key.ts';
import { SshKeyError } from './wire.ts';

/** The numbers of RFC 8017 §3.2 that OpenSSH keeps, big-endian; `qi` is the inverse of q modulo p. */
export interface RsaNumbers {
  readonly n: Uint8Array;
  readonly e: Uint8Array;
  readonly d: Uint8Array;
  readonly p: Uint8Array;
  readonly q: Uint8Array;
  readonly qi: Uint8Array;
}

/** @throws SshKeyError for numbers that are no key */
export function rsaPrivateKey({ n, e, d, p, q, qi }: RsaNumbers): KeyObject {
  try {
    const jwk = {
      kty: 'RSA',
      n: base64url(n),
      e: base64url(e),
      d: base64url(d),
      p: base64url(p),
      q: base64url(q),
      dp: base64url(remainder(d, p)),
      dq: base64url(remainder(d, q)),
      qi: base64url(qi),
    };
    return createPrivateKey({ key: jwk, format: 'jwk' });
  } catch {
    throw new SshKeyError('it is broken');
  }
}

/** d mod (prime - 1), which OpenSSH leaves to its readers. */
function remainder(d: Uint8Array, prime: Uint8Array): Uint8Array {
  const number = (bytes: Uint8Array) => BigInt(`0x${Buffer.from(bytes).toString('hex')}`);
  const hex = (number(d) % (number(prime) - 1n)).toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}
