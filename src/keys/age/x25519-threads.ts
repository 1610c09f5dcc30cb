import type { webcrypto } from 'node:crypto';
import { type AgeFile, payloadKey, payloadNonce } from './age-file.ts';
import { open } from './age-primitives.ts';
import { nonce, shareOf, wrappingKey } from './x25519-stanza.ts';

/** WebCrypto's newer names, which its types do not have yet. */
const chacha = 'ChaCha20-Poly1305';
const rawSecret = 'raw-secret' as 'raw';

/**
 * Opens age files for an X25519 identity by WebCrypto, where that has ChaCha20-Poly1305: in Bun many at once then go to its threads,
 * and none waits for the compiler.
 * @param scalar 32 bytes
 * @returns null where the runtime cannot
 */
export async function x25519InThreads(
  scalar: Uint8Array,
  point: Uint8Array,
): Promise<((file: AgeFile) => Promise<Uint8Array | null>) | null> {
  // PKCS #8 as in RFC 8410.
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b656e04220420', 'hex'), scalar]);
  try {
    await crypto.subtle.importKey(rawSecret, new Uint8Array(32), chacha, false, ['decrypt']);
    const own = await crypto.subtle.importKey('pkcs8', pkcs8, 'X25519', false, ['deriveBits']);
    return (file) => openIn(file, own, point).catch(() => null);
  } catch {
    return null;
  } finally {
    pkcs8.fill(0);
  }
}

/** Null, or an error, where the usual way must say what there is to say. */
async function openIn(file: AgeFile, own: webcrypto.CryptoKey, point: Uint8Array): Promise<Uint8Array | null> {
  for (const stanza of file.stanzas) {
    const share = shareOf(stanza);
    if (share === null) continue;
    const theirs = await crypto.subtle.importKey('raw', share, 'X25519', false, []);
    const secret = new Uint8Array(await crypto.subtle.deriveBits({ name: 'X25519', public: theirs }, own, 256));
    // Of a point of low order (RFC 7748 §6.1).
    if (secret.every((byte) => byte === 0)) return null;
    const fileKey = await open(wrappingKey(secret, share, point), nonce, stanza.body);
    if (fileKey !== null) return open(payloadKey(file, fileKey), payloadNonce(), file.payload);
  }
  return null;
}
