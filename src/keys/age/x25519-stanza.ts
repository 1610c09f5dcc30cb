import { AgeFileError, decodeUnpadded, FILE_KEY_LENGTH, type Stanza } from './age-file.ts';
import { deriveKey, open, seal } from './age-primitives.ts';
import { type KeyPair, newKeyPair, sharedSecret, X25519_LENGTH } from './x25519.ts';

/** age's X25519 recipient type (the spec's "The X25519 recipient type", filippo.io/age x25519.go). */
const label = 'age-encryption.org/v1/X25519';
/** Each wrapping key seals one file key only, so age needs no nonce. */
export const nonce = new Uint8Array(12);

/** @returns null for a recipient whose point is of low order */
export async function wrapFileKey(recipient: Uint8Array, fileKey: Uint8Array): Promise<Stanza | null> {
  const { privateKey, point: share } = newKeyPair();
  const secret = sharedSecret(privateKey, recipient);
  if (secret === null) return null;
  const body = await seal(wrappingKey(secret, share, recipient), nonce, fileKey);
  return { args: ['X25519', Buffer.from(share).toString('base64').replace('=', '')], body };
}

/**
 * @returns the file key, or null where no stanza is for this identity
 * @throws AgeFileError for a malformed stanza
 */
export async function unwrapFileKey(
  { privateKey, point: own }: KeyPair,
  stanzas: readonly Stanza[],
): Promise<Uint8Array | null> {
  for (const { args, body } of stanzas) {
    const share = shareOf({ args, body });
    if (share === null) continue;
    const secret = sharedSecret(privateKey, share);
    if (secret === null) throw new AgeFileError('its X25519 share is of low order');
    const fileKey = await open(wrappingKey(secret, share, own), nonce, body);
    if (fileKey !== null) return fileKey;
  }
  return null;
}

/** The ephemeral point of a stanza; null for one of another type. @throws AgeFileError for a malformed one */
export function shareOf({ args, body }: Stanza): Uint8Array | null {
  if (args[0] !== 'X25519') return null;
  const share = decodeUnpadded(args[1] ?? '');
  if (args.length !== 2 || share.length !== X25519_LENGTH || body.length !== FILE_KEY_LENGTH + 16) {
    throw new AgeFileError('its X25519 stanza is broken');
  }
  return share;
}

export function wrappingKey(secret: Uint8Array, share: Uint8Array, recipient: Uint8Array): Uint8Array {
  const salt = new Uint8Array(2 * X25519_LENGTH);
  salt.set(share);
  salt.set(recipient, X25519_LENGTH);
  return deriveKey(secret, salt, label);
}
