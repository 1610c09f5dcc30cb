import { constants, createHash, createPublicKey, type KeyObject, privateDecrypt, publicEncrypt } from 'node:crypto';
import { AgeFileError, decodeUnpadded, FILE_KEY_LENGTH, type Stanza } from '../age/age-file.ts';
import { deriveKey, open, seal } from '../age/age-primitives.ts';
import { keyPairOf, newKeyPair, sharedSecret, X25519_LENGTH } from '../age/x25519.ts';
import { ed25519PointOf, rsaJwkOf, type SshPublicKey, sshTag } from './public-key.ts';
import { SshKeyError } from './wire.ts';

/** age's recipient types for SSH keys (filippo.io/age agessh, C2SP's age.md has none of them). */
const ed25519Label = 'age-encryption.org/v1/ssh-ed25519';
const rsaLabel = 'age-encryption.org/v1/ssh-rsa';
// Each wrapping key seals one file key only, so age needs no nonce.
const nonce = new Uint8Array(12);

/** The private side. */
export type SshSecret =
  | { readonly type: 'ssh-ed25519'; readonly seed: Uint8Array }
  | { readonly type: 'ssh-rsa'; readonly key: KeyObject };

/** @throws SshKeyError for a key that is no point of the curve, or one of low order */
export async function wrapForSshKey(recipient: SshPublicKey, fileKey: Uint8Array): Promise<Stanza> {
  const tag = sshTag(recipient);
  if (recipient.type === 'ssh-rsa') {
    const key = createPublicKey({ key: rsaJwkOf(recipient), format: 'jwk' });
    return { args: ['ssh-rsa', tag], body: new Uint8Array(publicEncrypt({ key, ...oaep }, fileKey)) };
  }
  const point = await montgomeryOf(ed25519PointOf(recipient));
  const { privateKey, point: share } = newKeyPair();
  const secret = tweaked(recipient, sharedSecret(privateKey, point));
  if (secret === null) throw new SshKeyError('its public key is of low order');
  const body = await seal(deriveKey(secret, Buffer.concat([share, point]), ed25519Label), nonce, fileKey);
  return { args: ['ssh-ed25519', tag, Buffer.from(share).toString('base64').replace('=', '')], body };
}

/** @throws AgeFileError for a stanza that is for this key and does not open */
export async function unwrapBySshKey(
  own: SshPublicKey,
  secret: SshSecret,
  { args, body }: Stanza,
): Promise<Uint8Array> {
  const fileKey =
    secret.type === 'ssh-rsa' ? byRsa(secret.key, args, body) : await byEd25519(own, secret.seed, args, body);
  if (fileKey?.length !== FILE_KEY_LENGTH) throw new AgeFileError(`its ${own.type} stanza does not open`);
  return fileKey;
}

/** Whether a stanza says that it is for this key. */
export function isForSshKey(own: SshPublicKey, { args }: Stanza): boolean {
  return args[0] === own.type && args[1] === sshTag(own);
}

const oaep = { padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256', oaepLabel: Buffer.from(rsaLabel) };

function byRsa(key: KeyObject, args: readonly string[], body: Uint8Array): Uint8Array | null {
  if (args.length !== 2) throw new AgeFileError('its ssh-rsa stanza is broken');
  try {
    return privateDecrypt({ key, ...oaep }, body);
  } catch {
    return null;
  }
}

async function byEd25519(
  own: SshPublicKey,
  seed: Uint8Array,
  args: readonly string[],
  body: Uint8Array,
): Promise<Uint8Array | null> {
  const share = decodeUnpadded(args[2] ?? '');
  if (args.length !== 3 || share.length !== X25519_LENGTH) throw new AgeFileError('its ssh-ed25519 stanza is broken');
  // RFC 8032 §5.1.5: the scalar is the first half of the seed's hash; X25519 clamps it.
  const { privateKey, point } = keyPairOf(createHash('sha512').update(seed).digest().subarray(0, X25519_LENGTH));
  const secret = tweaked(own, sharedSecret(privateKey, share));
  if (secret === null) throw new AgeFileError('its ssh-ed25519 share is of low order');
  return open(deriveKey(secret, Buffer.concat([share, point]), ed25519Label), nonce, body);
}

/** age binds the secret to the SSH key, by a scalar made of it. */
function tweaked({ blob }: SshPublicKey, secret: Uint8Array | null): Uint8Array | null {
  if (secret === null) return null;
  return sharedSecret(keyPairOf(deriveKey(new Uint8Array(0), blob, ed25519Label)).privateKey, secret);
}

async function montgomeryOf(point: Uint8Array): Promise<Uint8Array> {
  const { ed25519 } = await import('@noble/curves/ed25519.js');
  try {
    return ed25519.utils.toMontgomery(point);
  } catch {
    throw new SshKeyError('its public key is no point of the curve');
  }
}
