import { createPrivateKey, type KeyObject } from 'node:crypto';
import { decodeBase64 } from '../../crypto/base64.ts';
import { WrongPassphrase } from '../terminal/terminal.ts';
import type { SshKeyFile, SshKeyPair } from './key-file.ts';
import { parseOpenSshKey } from './openssh-key.ts';
import { ed25519PublicKey } from './public-key.ts';
import { mpint, SshKeyError, sshStrings } from './wire.ts';

const block = /^-----BEGIN ([A-Z0-9 ]*PRIVATE KEY)-----\r?\n([\s\S]*?)^-----END \1-----\s*$/m;

/**
 * OpenSSH's format, PKCS #8, or PKCS #1 (RSA), the latter two by `node:crypto`.
 * @throws SshKeyError for what age does not take
 */
export function parseSshKeyFile(text: string): SshKeyFile {
  const [pem, label, body = ''] = block.exec(text) ?? [];
  if (pem === undefined) throw new SshKeyError('it is not a private key in PEM');
  if (label === 'OPENSSH PRIVATE KEY') {
    const bytes = decodeBase64(body.replace(/\s+/g, ''));
    if (bytes === null) throw new SshKeyError('its base64 is broken');
    return parseOpenSshKey(bytes);
  }
  if (label !== 'RSA PRIVATE KEY' && label !== 'PRIVATE KEY' && label !== 'ENCRYPTED PRIVATE KEY') {
    throw new SshKeyError('it is of a type that age does not encrypt for');
  }
  const encrypted = label.startsWith('ENCRYPTED') || body.startsWith('Proc-Type:');
  if (!encrypted) {
    const pair = sidesOf(readPem(pem, null));
    return { publicKey: pair.publicKey, encrypted, open: async () => pair };
  }
  return { publicKey: null, encrypted, open: async (passphrase) => sidesOf(readPem(pem, passphrase)) };
}

function readPem(pem: string, passphrase: string | null): KeyObject {
  try {
    return createPrivateKey({ key: pem, format: 'pem', ...(passphrase !== null && { passphrase }) });
  } catch {
    throw passphrase === null ? new SshKeyError('it is broken') : new WrongPassphrase('the passphrase is wrong');
  }
}

function sidesOf(key: KeyObject): SshKeyPair {
  const { x = '', d = '', n = '', e = '' } = key.export({ format: 'jwk' });
  const bytes = (base64: string) => Buffer.from(base64, 'base64url');
  if (key.asymmetricKeyType === 'ed25519') {
    return { secret: { type: 'ssh-ed25519', seed: bytes(d) }, publicKey: ed25519PublicKey(bytes(x)) };
  }
  if (key.asymmetricKeyType === 'rsa') {
    const blob = sshStrings('ssh-rsa', mpint(bytes(e)), mpint(bytes(n)));
    return { secret: { type: 'ssh-rsa', key }, publicKey: { type: 'ssh-rsa', blob } };
  }
  throw new SshKeyError('it is of a type that age does not encrypt for');
}
