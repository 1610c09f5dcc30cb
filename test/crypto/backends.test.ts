import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nobleBackend } from '../../src/crypto/noble-backend.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';

const slow = process.env['GIT_SOPS_SLOW'] === '1' ? 20 : 1;
const bytes = (length: number, start = 0) => Uint8Array.from({ length }, (_, i) => (i * 31 + start) & 0xff);
const hex = (data: Uint8Array) => Buffer.from(data).toString('hex');
const unhex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

const backends = [
  ['node', nodeBackend],
  ['noble', nobleBackend],
] as const;

describe.each(backends)('the %s backend', (_, backend) => {
  it('gives the results of the GCM specification (McGrew and Viega, test cases 16 and 18)', () => {
    const key = unhex('feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308');
    const aad = unhex('feedfacedeadbeeffeedfacedeadbeefabaddad2');
    const plaintext = unhex(
      'd9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39',
    );
    const short = backend.encrypt(key, unhex('cafebabefacedbaddecaf888'), aad, plaintext);
    expect(hex(short.tag)).toBe('76fc6ece0f4e1768cddf8853bb2d551b');
    const long = backend.encrypt(
      key,
      unhex(
        '9313225df88406e555909c5aff5269aa6a7a9538534f7da1e4c303d2a318a728c3c0c95156809539fcf0e2429a6b525416aedbf5a0de6a57a637b39b',
      ),
      aad,
      plaintext,
    );
    expect(hex(long.tag)).toBe('a44a8266ee1c8eb0c8b5d4cf5ae9f19a');
  });

  it('verifies before it releases: key, nonce, AAD, data and tag', () => {
    const [key, nonce, aad] = [bytes(32), bytes(32, 7), bytes(5)];
    const { data, tag } = backend.encrypt(key, nonce, aad, bytes(40));
    expect(backend.decrypt(key, nonce, aad, data, tag)).toEqual(expect.objectContaining({ length: 40 }));
    const flip = (part: Uint8Array, at: number) => part.map((byte, i) => (i === at ? byte ^ 1 : byte));
    expect(backend.decrypt(flip(key, 31), nonce, aad, data, tag)).toBeNull();
    expect(backend.decrypt(key, flip(nonce, 31), aad, data, tag)).toBeNull();
    expect(backend.decrypt(key, nonce, flip(aad, 0), data, tag)).toBeNull();
    expect(backend.decrypt(key, nonce, aad, flip(data, 39), tag)).toBeNull();
    for (let at = 0; at < 16; at++) expect(backend.decrypt(key, nonce, aad, data, flip(tag, at))).toBeNull();
    expect(backend.decrypt(key, nonce, aad, data.subarray(0, 39), tag)).toBeNull();
  });

  it.each([0, 4, 12, 15, 17])('takes no tag of %i bytes', (length) => {
    const [key, nonce, aad] = [bytes(32), bytes(32, 7), bytes(5)];
    const { data, tag } = backend.encrypt(key, nonce, aad, bytes(3));
    const other = new Uint8Array(length);
    other.set(tag.subarray(0, length));
    expect(backend.decrypt(key, nonce, aad, data, other)).toBeNull();
  });

  it('hashes chunks in order, strings as UTF-8 (FIPS 180: "abc")', () => {
    const expected =
      'ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f';
    expect(hex(backend.sha512(['a', new Uint8Array([0x62]), '', 'c']))).toBe(expected);
    expect(hex(backend.sha512(['ä']))).toBe(hex(backend.sha512([new Uint8Array([0xc3, 0xa4])])));
  });

  it('gives as many random bytes as asked for, also more than WebCrypto gives at once', () => {
    expect(backend.randomBytes(0)).toHaveLength(0);
    const many = backend.randomBytes(150_000);
    expect(many).toHaveLength(150_000);
    expect(many.subarray(-32).some((byte) => byte !== 0)).toBe(true);
    expect(hex(backend.randomBytes(32))).not.toBe(hex(backend.randomBytes(32)));
  });
});

describe('the two backends agree', () => {
  const lengths = [0, 1, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 4095, 4096, 4097, 65_535, 65_536, 65_537];

  it.each(lengths)('on %i bytes', (length) => {
    const [key, nonce, aad, plaintext] = [bytes(32, 1), bytes(32, 2), bytes(length % 40, 3), bytes(length, 4)];
    const node = nodeBackend.encrypt(key, nonce, aad, plaintext);
    const noble = nobleBackend.encrypt(key, nonce, aad, plaintext);
    expect(hex(noble.data)).toBe(hex(node.data));
    expect(hex(noble.tag)).toBe(hex(node.tag));
    const opened = nobleBackend.decrypt(key, nonce, aad, node.data, node.tag);
    expect(opened === null ? null : hex(opened)).toBe(hex(plaintext));
  });

  it('on anything', () => {
    const data = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
    fc.assert(
      fc.property(data(32, 32), data(8, 128), data(0, 80), data(0, 300), (key, nonce, aad, plaintext) => {
        const node = nodeBackend.encrypt(key, nonce, aad, plaintext);
        const noble = nobleBackend.encrypt(key, nonce, aad, plaintext);
        expect([hex(noble.data), hex(noble.tag)]).toEqual([hex(node.data), hex(node.tag)]);
        expect(nodeBackend.decrypt(key, nonce, aad, noble.data, noble.tag)).not.toBeNull();
        expect(hex(nobleBackend.sha512([aad, plaintext]))).toBe(hex(nodeBackend.sha512([aad, plaintext])));
      }),
      { seed: 2, numRuns: 200 * slow },
    );
  });
});
