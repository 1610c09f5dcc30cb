import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, randomBytes } from 'node:crypto';

/** X25519 (RFC 7748) on `node:crypto`. Points go in and out as JWK (RFC 8037): with OpenSSL 3 ten times faster than DER. */

/** In bytes, of a scalar, a point and a shared secret. */
export const X25519_LENGTH = 32;

export interface KeyPair {
  readonly privateKey: KeyObject;
  /** 32 bytes */
  readonly point: Uint8Array;
}

/** 32 bytes from the CSPRNG; every such scalar is a private key. */
export function newScalar(): Uint8Array {
  return randomBytes(X25519_LENGTH);
}

/**
 * A key pair for one use. Not by `generateKeyPairSync`: in Node 20 a garbage collection that runs while such a key is
 * exported destroys the job that made it, which waits for the key's lock that the export holds, forever.
 */
export function newKeyPair(): KeyPair {
  return keyPairOf(newScalar());
}

/** The private key of a scalar, and the point that belongs to it. @param scalar 32 bytes */
export function keyPairOf(scalar: Uint8Array): KeyPair {
  // A private JWK wants its point, which is not known yet. Node and Bun make their own of the scalar, as the test that follows
  // shows each time, so any will do, and with OpenSSL 3 the detour through PKCS #8 takes fifteen times as long.
  try {
    const jwk = { kty: 'OKP', crv: 'X25519', d: Buffer.from(scalar).toString('base64url'), x: noPoint };
    const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
    const { x } = createPublicKey(privateKey).export({ format: 'jwk' });
    if (x !== undefined && x !== noPoint) return { privateKey, point: Buffer.from(x, 'base64url') };
  } catch {
    // A runtime that compares the two.
  }
  // PKCS #8 as in RFC 8410.
  const key = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), scalar]);
  const privateKey = createPrivateKey({ key, format: 'der', type: 'pkcs8' });
  const { x = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { privateKey, point: Buffer.from(x, 'base64url') };
}

/**
 * @param point 32 bytes
 * @returns 32 bytes, or null for a point of low order: the all-zero secret that comes of it would be known to everyone
 *   (RFC 7748 §6.1)
 */
export function sharedSecret(privateKey: KeyObject, point: Uint8Array): Uint8Array | null {
  let secret: Uint8Array;
  try {
    const key = { kty: 'OKP', crv: 'X25519', x: Buffer.from(point).toString('base64url') };
    secret = diffieHellman({ privateKey, publicKey: createPublicKey({ key, format: 'jwk' }) });
  } catch {
    // OpenSSL and BoringSSL refuse such a point themselves; whether all runtimes do is not ours to hope.
    return null;
  }
  return secret.length === X25519_LENGTH && secret.some((byte) => byte !== 0) ? secret : null;
}

/** Zero: no scalar has it. */
const noPoint = 'A'.repeat(43);
