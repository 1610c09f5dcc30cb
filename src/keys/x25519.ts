import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, randomBytes } from 'node:crypto';

/** X25519 (RFC 7748) on `node:crypto`. Points go in and out as JWK (RFC 8037): with OpenSSL 3 ten times faster than DER. */

/** In bytes, of a scalar, a point and a shared secret. */
export const X25519_LENGTH = 32;

/** 32 bytes from the CSPRNG; every such scalar is a private key. */
export function newScalar(): Uint8Array {
  return randomBytes(X25519_LENGTH);
}

/**
 * A key pair for one use. Not by `generateKeyPairSync`: in Node 20 a garbage collection that runs while such a key is
 * exported destroys the job that made it, which waits for the key's lock that the export holds, forever.
 */
export function newKeyPair(): { privateKey: KeyObject; point: Uint8Array } {
  const privateKey = privateKeyOf(newScalar());
  return { privateKey, point: pointOf(privateKey) };
}

/** @param scalar 32 bytes */
export function privateKeyOf(scalar: Uint8Array): KeyObject {
  // PKCS #8 (RFC 8410), since a private JWK would want the point, which is not known yet.
  const key = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), scalar]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** The point that belongs to a private key; 32 bytes. */
export function pointOf(privateKey: KeyObject): Uint8Array {
  return coordinateOf(createPublicKey(privateKey));
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

function coordinateOf(publicKey: KeyObject): Uint8Array {
  return Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url');
}
