// The runtime's own primitives, as often as verifying needs them: for each file one X25519, three HKDFs, one HMAC and two
// ChaCha20-Poly1305 for the data key, one AES-GCM for each value and the MAC, and one SHA-512.
import * as node from 'node:crypto';

const isBun = process.versions.bun !== undefined;
const bytes = (length) => new Uint8Array(length).fill(7);
const [key, nonce, aad] = [bytes(32), bytes(12), bytes(20)];

export async function runCiphers(files, values) {
  const x25519 = isBun ? await byWebCrypto() : byNode();
  const open = isBun ? await chachaByWebCrypto() : chachaByNode();
  const cipher = node.createCipheriv('aes-256-gcm', key, bytes(32), { authTagLength: 16 });
  cipher.setAAD(aad);
  const data = cipher.update(bytes(24));
  cipher.final();
  const tag = cipher.getAuthTag();
  // What can go to other threads goes at once.
  const wave = 32;
  for (let start = 0; start < files; start += wave) {
    const dataKeys = Array.from({ length: Math.min(wave, files - start) }, async () => {
      await x25519();
      for (let i = 0; i < 3; i++) node.hkdfSync('sha256', key, nonce, 'label', 32);
      node.createHmac('sha256', key).update(aad).digest();
      await open();
      await open();
    });
    await Promise.all(dataKeys);
    for (let file = start; file < Math.min(start + wave, files); file++) {
      for (let i = 0; i <= values; i++) {
        const decipher = node.createDecipheriv('aes-256-gcm', key, bytes(32), { authTagLength: 16 });
        decipher.setAAD(aad);
        decipher.setAuthTag(tag);
        decipher.update(data);
        decipher.final();
      }
      node.createHash('sha512').update(bytes(200)).digest();
    }
  }
}

function byNode() {
  const jwk = { kty: 'OKP', crv: 'X25519', d: Buffer.from(key).toString('base64url'), x: 'A'.repeat(43) };
  const privateKey = node.createPrivateKey({ key: jwk, format: 'jwk' });
  const { x } = node.createPublicKey(privateKey).export({ format: 'jwk' });
  const point = { key: { kty: 'OKP', crv: 'X25519', x }, format: 'jwk' };
  return async () => node.diffieHellman({ privateKey, publicKey: node.createPublicKey(point) });
}

async function byWebCrypto() {
  const { privateKey, publicKey } = await crypto.subtle.generateKey('X25519', true, ['deriveBits']);
  const point = await crypto.subtle.exportKey('raw', publicKey);
  return async () => {
    const other = await crypto.subtle.importKey('raw', point, 'X25519', false, []);
    return crypto.subtle.deriveBits({ name: 'X25519', public: other }, privateKey, 256);
  };
}

function chachaByNode() {
  const cipher = node.createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
  const data = cipher.update(bytes(32));
  cipher.final();
  const tag = cipher.getAuthTag();
  return async () => {
    const decipher = node.createDecipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 });
    decipher.setAuthTag(tag);
    decipher.update(data);
    decipher.final();
  };
}

async function chachaByWebCrypto() {
  const name = 'ChaCha20-Poly1305';
  const algorithm = { name, iv: nonce, tagLength: 128 };
  const imported = (use) => crypto.subtle.importKey('raw-secret', key, name, false, [use]);
  const sealed = await crypto.subtle.encrypt(algorithm, await imported('encrypt'), bytes(32));
  return async () => crypto.subtle.decrypt(algorithm, await imported('decrypt'), sealed);
}
