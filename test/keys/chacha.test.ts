import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chacha, implementations } from '../../src/keys/age/chacha.ts';

const { native, noble } = implementations;
const unhex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

/** Run by Bun: its WebCrypto against @noble's, and which of them it takes. */
const inBun = `
import { chacha, implementations } from ${JSON.stringify(resolve('src/keys/age/chacha.ts'))};
import { randomBytes } from 'node:crypto';
const { noble, web } = implementations;
const same = (a, b) => a !== null && b !== null && Buffer.compare(a, b) === 0;
for (const length of [0, 1, 16, 32, 63, 64, 65, 1000]) {
  const [key, nonce, text] = [randomBytes(32), randomBytes(12), randomBytes(length)];
  const sealed = await web.seal(key, nonce, text);
  if (!same(sealed, await noble.seal(key, nonce, text))) throw new Error('they seal differently');
  if (!same(await web.open(key, nonce, sealed), text)) throw new Error('it does not open its own');
  for (const at of [0, sealed.length - 1]) {
    const changed = sealed.map((byte, i) => (i === at ? byte ^ 1 : byte));
    if ((await web.open(key, nonce, changed)) !== null) throw new Error('it releases what was changed');
  }
  if ((await web.open(key, nonce, sealed.subarray(0, 15))) !== null) throw new Error('it opens a piece of a tag');
}
process.stdout.write((await chacha()) === web ? 'web' : 'another');
`;

describe('ChaCha20-Poly1305', () => {
  it.each([
    ['native', native],
    ['noble', noble],
  ])('%s gives the result of RFC 8439 (section 2.8.2) without its additional data', async (_, one) => {
    const key = unhex('808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9f');
    const nonce = unhex('070000004041424344454647');
    const text = Buffer.from(
      "Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen would be it.",
    );
    const sealed = Buffer.from(await one.seal(key, nonce, text)).toString('hex');
    // The tag covers additional data too, of which age has none, so only the ciphertext is the RFC's.
    expect(sealed.slice(0, 32)).toBe('d31a8d34648e60db7b86afbc53ef7ec2');
    expect(sealed.length).toBe(2 * (text.length + 16));
  });

  it('is the same from node:crypto and from @noble/ciphers, and is verified before it is released', async () => {
    const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
    await fc.assert(
      fc.asyncProperty(
        bytes(32),
        bytes(12),
        fc.uint8Array({ maxLength: 200 }),
        fc.nat(),
        async (key, nonce, text, at) => {
          const sealed = await native.seal(key, nonce, text);
          expect(sealed).toEqual(await noble.seal(key, nonce, text));
          expect(await noble.open(key, nonce, sealed)).toEqual(text);
          expect(await native.open(key, nonce, sealed)).toEqual(text);
          const changed = sealed.map((byte, i) => (i === at % sealed.length ? byte ^ 1 : byte));
          expect(await native.open(key, nonce, changed)).toBe(null);
          expect(await noble.open(key, nonce, changed)).toBe(null);
          expect(await native.open(key, nonce, sealed.subarray(0, 15))).toBe(null);
        },
      ),
    );
  });

  it('is the native one in Node', async () => {
    expect(await chacha()).toBe(native);
  });

  it('is that of WebCrypto in Bun, with the bytes of @noble/ciphers', () => {
    const bun = resolve('node_modules/.bin/bun');
    const { status, stdout, stderr } = spawnSync(bun, ['-e', inBun], { encoding: 'utf8' });
    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: 'web', stderr: '' });
  });
});
