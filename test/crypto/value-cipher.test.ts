import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { newDataKey } from '../../src/crypto/data-key.ts';
import { parseToken, writeToken } from '../../src/crypto/encrypted-value.ts';
import { nobleBackend } from '../../src/crypto/noble-backend.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import { canonicalOf, decryptValue, encryptValue } from '../../src/crypto/value-cipher.ts';
import { GitSopsError } from '../../src/errors.ts';
import type { ValueType } from '../../src/tree/leaf.ts';

const key = newDataKey(nodeBackend);

function codeOf(run: () => unknown): string | null {
  try {
    run();
    return null;
  } catch (error) {
    return error instanceof GitSopsError ? error.code : String(error);
  }
}

describe('encrypting and decrypting a value', () => {
  it('gives it back, under either backend', () => {
    const types = fc.constantFrom('str', 'int', 'float', 'bool', 'time', 'comment');
    fc.assert(
      fc.property(types, fc.string({ minLength: 1, unit: 'binary' }), fc.string(), (type, plaintext, aad) => {
        const token = encryptValue(nodeBackend, key, aad, { type, plaintext });
        expect(decryptValue(nobleBackend, key, aad, token)).toEqual({ type, plaintext });
        const other = encryptValue(nobleBackend, key, aad, { type, plaintext });
        expect(decryptValue(nodeBackend, key, aad, other)).toEqual({ type, plaintext });
      }),
      { seed: 5 },
    );
  });

  it('takes a fresh nonce of 32 bytes each time', () => {
    const tokens = Array.from({ length: 50 }, () =>
      encryptValue(nodeBackend, key, 'a:', { type: 'str', plaintext: 'x' }),
    );
    const nonces = tokens.map((token) => Buffer.from(parseToken(token).iv).toString('hex'));
    expect(new Set(nonces).size).toBe(50);
    expect(nonces.every((nonce) => nonce.length === 64)).toBe(true);
  });

  it('keeps bytes that are not UTF-8, and a byte order mark', () => {
    const bytes = new Uint8Array([0xff, 0x00, 0xfe]);
    const token = encryptValue(nodeBackend, key, 'data:', { type: 'str', plaintext: bytes });
    const opened = decryptValue(nodeBackend, key, 'data:', token);
    expect(opened?.plaintext).toBeInstanceOf(Uint8Array);
    expect(Buffer.from(opened?.plaintext ?? '').toString('hex')).toBe('ff00fe');
    const marked = encryptValue(nodeBackend, key, 'data:', { type: 'str', plaintext: '\ufeffx' });
    expect(decryptValue(nodeBackend, key, 'data:', marked)?.plaintext).toBe('\ufeffx');
  });

  it('gives an empty value an empty token, as sops does, and null none at all', () => {
    expect(encryptValue(nodeBackend, key, 'a:', { type: 'str', plaintext: '' })).toBe('');
    expect(codeOf(() => encryptValue(nodeBackend, key, 'a:', { type: 'null', plaintext: 'null' }))).toBe(
      'unknown-value-type',
    );
  });

  it('is null for another key, another place and a changed tag', () => {
    const token = encryptValue(nodeBackend, key, 'a:b:', { type: 'str', plaintext: 'secret' });
    expect(decryptValue(nodeBackend, newDataKey(nodeBackend), 'a:b:', token)).toBeNull();
    expect(decryptValue(nodeBackend, key, 'a:', token)).toBeNull();
    const value = parseToken(token);
    const tag = value.tag.map((byte, i) => (i === 3 ? byte ^ 0x10 : byte));
    expect(decryptValue(nodeBackend, key, 'a:b:', writeToken({ ...value, tag }))).toBeNull();
  });

  it('names what sops does not read', () => {
    const value = parseToken(encryptValue(nodeBackend, key, 'a:', { type: 'str', plaintext: 'secret' }));
    const retyped = (type: string) =>
      codeOf(() => decryptValue(nodeBackend, key, 'a:', writeToken({ ...value, type })));
    expect(retyped('bytes')).toBe('unknown-value-type');
    expect(retyped('uint')).toBe('unknown-value-type');
    expect(codeOf(() => decryptValue(nodeBackend, key, 'a:', 'ENC[AES256_GCM,data:x]'))).toBe('broken-token');
    const binary = parseToken(encryptValue(nodeBackend, key, 'a:', { type: 'str', plaintext: new Uint8Array([0xff]) }));
    expect(codeOf(() => decryptValue(nodeBackend, key, 'a:', writeToken({ ...binary, type: 'int' })))).toBe(
      'broken-value',
    );
  });
});

describe('the canonical text of a plaintext', () => {
  it.each<[ValueType | 'comment', string, string]>([
    ['str', '1.50', '1.50'],
    ['comment', ' note', ' note'],
    ['int', '+12', '12'],
    ['int', '007', '7'],
    ['int', '9007199254740993', '9007199254740993'],
    ['float', '1.50', '1.5'],
    ['float', '1e21', '1000000000000000000000'],
    ['float', '0x1p4', '16'],
    ['float', '1_000.5', '1000.5'],
    ['float', 'inf', '+Inf'],
    ['float', 'NaN', 'NaN'],
    ['bool', 'TRUE', 'True'],
    ['bool', 'f', 'False'],
    ['time', '2001-12-14T21:59:43.100-05:00', '2001-12-14T21:59:43.1-05:00'],
  ])('of the %s %j is %j', (type, plaintext, canonical) => {
    expect(canonicalOf(type, plaintext)).toBe(canonical);
  });

  it.each<[ValueType, string]>([
    ['int', '0x1F'],
    ['int', '1_000'],
    ['int', '9223372036854775808'],
    ['float', '.inf'],
    ['float', '1e400'],
    ['bool', 'yes'],
    ['time', '2001-01-01'],
    ['null', '~'],
  ])('of the %s %j does not exist, and the error does not show it', (type, plaintext) => {
    expect(codeOf(() => canonicalOf(type, plaintext))).toBe('broken-value');
    expect(() => canonicalOf(type, plaintext)).not.toThrow(plaintext);
  });

  it('of bytes is those bytes, and only a string may have them', () => {
    const bytes = new Uint8Array([0xff]);
    expect(canonicalOf('str', bytes)).toBe(bytes);
    expect(codeOf(() => canonicalOf('int', bytes))).toBe('broken-value');
  });
});
