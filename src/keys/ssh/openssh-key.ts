import { createDecipheriv, timingSafeEqual } from 'node:crypto';
import { WrongPassphrase } from '../terminal/terminal.ts';
import type { SshKeyFile } from './key-file.ts';
import { readSshPublicKey, type SshPublicKey } from './public-key.ts';
import { rsaPrivateKey } from './rsa-private-key.ts';
import type { SshSecret } from './ssh-stanza.ts';
import { SshKeyError, SshReader } from './wire.ts';

const magic = 'openssh-key-v1\0';
/** Two seconds of work: `ssh-keygen -a` takes any number, and 16 by itself. */
const mostRounds = 2000;
/** By name: key and block length in bytes. Those that age's SSH library reads. */
const ciphers: { readonly [name: string]: { readonly node: string; readonly block: number } } = {
  'aes256-ctr': { node: 'aes-256-ctr', block: 16 },
  'aes256-cbc': { node: 'aes-256-cbc', block: 16 },
};
const keyLength = 32;

/**
 * OpenSSH's own format of private keys (its PROTOCOL.key): the public key in the clear, the private one maybe encrypted.
 * @param file what the base64 between the PEM lines holds
 */
export function parseOpenSshKey(file: Uint8Array): SshKeyFile {
  const reader = new SshReader(file);
  if (Buffer.from(reader.take(magic.length)).toString('latin1') !== magic)
    throw new SshKeyError('it has another format');
  const [cipher, kdf, kdfOptions] = [reader.text(), reader.text(), reader.string()];
  if (reader.uint32() !== 1) throw new SshKeyError('it holds more than one key');
  const publicKey = readSshPublicKey(reader.string());
  const sealed = reader.string();
  const encrypted = cipher !== 'none';
  if (encrypted && (ciphers[cipher] === undefined || kdf !== 'bcrypt')) {
    const name = /^[\w@.-]{1,60}$/.test(cipher) ? cipher : 'a cipher';
    throw new SshKeyError(
      `it is encrypted with ${name}, which age does not read; ssh-keygen -p -Z aes256-ctr -f FILE mends that`,
    );
  }
  return {
    publicKey,
    encrypted,
    async open(passphrase) {
      const bytes = encrypted ? await decrypt(sealed, cipher, kdfOptions, passphrase ?? '') : sealed;
      return { publicKey, secret: readSecret(new SshReader(bytes), publicKey, encrypted) };
    },
  };
}

async function decrypt(
  sealed: Uint8Array,
  cipher: string,
  kdfOptions: Uint8Array,
  passphrase: string,
): Promise<Uint8Array> {
  const { node = '', block = 16 } = ciphers[cipher] ?? {};
  const reader = new SshReader(kdfOptions);
  const [salt, rounds] = [reader.string(), reader.uint32()];
  if (rounds < 1 || rounds > mostRounds) throw new SshKeyError('its key derivation would take too long');
  if (sealed.length === 0 || sealed.length % block !== 0) throw new SshKeyError('it is cut off');
  const { default: bcrypt } = await import('bcrypt-pbkdf');
  const secret = new TextEncoder().encode(passphrase);
  const key = Buffer.alloc(keyLength + block);
  // It takes no empty one.
  if (secret.length === 0 || bcrypt.pbkdf(secret, secret.length, salt, salt.length, key, key.length, rounds) !== 0) {
    throw new WrongPassphrase('the passphrase is wrong');
  }
  const decipher = createDecipheriv(node, key.subarray(0, keyLength), key.subarray(keyLength)).setAutoPadding(false);
  return Buffer.concat([decipher.update(sealed), decipher.final()]);
}

function readSecret(reader: SshReader, publicKey: SshPublicKey, encrypted: boolean): SshSecret {
  // The same random number twice, which a wrong passphrase does not give.
  const [check, again] = [reader.uint32(), reader.uint32()];
  if (check !== again) {
    throw encrypted ? new WrongPassphrase('the passphrase is wrong') : new SshKeyError('it is broken');
  }
  if (reader.text() !== publicKey.type) throw new SshKeyError('its two halves are of two keys');
  const publicBytes = new SshReader(publicKey.blob);
  publicBytes.text();
  if (publicKey.type === 'ssh-ed25519') {
    const point = publicBytes.string();
    const [own, seedAndPoint] = [reader.string(), reader.string()];
    if (own.length !== 32 || seedAndPoint.length !== 64) throw new SshKeyError('its length is wrong');
    if (!timingSafeEqual(own, point) || !timingSafeEqual(seedAndPoint.subarray(32), point)) {
      throw new SshKeyError('its two halves are of two keys');
    }
    return { type: 'ssh-ed25519', seed: seedAndPoint.subarray(0, 32) };
  }
  const [n, e, d, iqmp, p, q] = Array.from({ length: 6 }, () => reader.string()) as [
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
    Uint8Array,
  ];
  const [exponent, modulus] = [publicBytes.string(), publicBytes.string()];
  if (Buffer.compare(e, exponent) !== 0 || Buffer.compare(n, modulus) !== 0) {
    throw new SshKeyError('its two halves are of two keys');
  }
  return { type: 'ssh-rsa', key: rsaPrivateKey({ n, e, d, p, q, qi: iqmp }) };
}
