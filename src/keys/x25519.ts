import { createPrivateKey, createPublicKey, diffieHellman, type KeyObject, randomBytes } from 'node:crypto';

/** X25519 (RFC 7748) on `node:crypto`, which wants its 32 bytes wrapped in DER (RFC 8410). */
const privatePrefix = '302e020100300506032b656e04220420';
const publicPrefix = '302a300506032b656e032100';

/** In bytes, of a scalar, a point and a shared secret. */
export const X25519_LENGTH = 32;

/** 32 bytes from the CSPRNG; every such scalar is a private key. */
export function newScalar(): Uint8Array {
  return randomBytes(X25519_LENGTH);
}

/** @param scalar 32 bytes */
export function privateKeyOf(scalar: Uint8Array): KeyObject {
  const key = Buffer.concat([Buffer.from(privatePrefix, 'hex'), scalar]);
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}

/** The point that belongs to a private key; 32 bytes. */
export function pointOf(privateKey: KeyObject): Uint8Array {
  return createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-X25519_LENGTH);
}

/**
 * @param point 32 bytes
 * @returns 32 bytes, or null for a point of low order: the all-zero secret that comes of it would be known to everyone
 *   (RFC 7748 §6.1)
 */
export function sharedSecret(privateKey: KeyObject, point: Uint8Array): Uint8Array | null {
  let secret: Uint8Array;
  try {
    const key = Buffer.concat([Buffer.from(publicPrefix, 'hex'), point]);
    secret = diffieHellman({ privateKey, publicKey: createPublicKey({ key, format: 'der', type: 'spki' }) });
  } catch {
    // OpenSSL and BoringSSL refuse such a point themselves; whether all runtimes do is not ours to hope.
    return null;
  }
  return secret.length === X25519_LENGTH && secret.some((byte) => byte !== 0) ? secret : null;
}
