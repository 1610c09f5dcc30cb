import fc from 'fast-check';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../src/crypto/base64.ts';
import { isSoundToken, isToken, parseToken, writeToken } from '../../src/crypto/encrypted-value.ts';

const token =
  'ENC[AES256_GCM,data:DA==,iv:4VL4EF/DwCvMaB78gpRi/AeBoyb2dZNBz3uJe106zCs=,tag:p8OaN6Ib7V2zW0vy97/QXA==,type:int]';
const brokenToken = expect.objectContaining({ name: 'GitSopsError', code: 'broken-token' });

describe('a token', () => {
  it('is parsed and written as sops writes it', () => {
    const value = parseToken(token);
    expect([value.data.length, value.iv.length, value.tag.length, value.type]).toEqual([1, 32, 16, 'int']);
    expect(writeToken(value)).toBe(token);
  });

  it('comes back from writing and parsing', () => {
    const bytes = (minLength: number, maxLength: number) => fc.uint8Array({ minLength, maxLength });
    const type = fc.constantFrom('str', 'int', 'float', 'bool', 'time', 'comment', 'bytes');
    fc.assert(
      fc.property(bytes(1, 200), bytes(8, 64), bytes(16, 16), type, (data, iv, tag, type) => {
        const text = writeToken({ data, iv, tag, type });
        expect(isToken(text)).toBe(true);
        const value = parseToken(text);
        expect([value.data, value.iv, value.tag].map((part) => Buffer.from(part).toString('hex'))).toEqual(
          [data, iv, tag].map((part) => Buffer.from(part).toString('hex')),
        );
      }),
      { seed: 3 },
    );
  });

  it.each([
    ['leading blank', ` ${token}`],
    ['trailing newline', `${token}\n`],
    ['trailing text', `${token} secret`],
    ['another token behind it', `${token}${token}`],
    ['no iv', token.replace(/,iv:[^,]*/, '')],
    ['fields in another order', token.replace(/,iv:([^,]*),tag:([^,]*)/, ',tag:$2,iv:$1')],
    ['another cipher', token.replace('AES256_GCM', 'AES256_CBC')],
    ['cut off', token.slice(0, -20)],
    ['empty', ''],
    ['plain text', 'ENC[hello]'],
  ])('is refused with %s', (_, text) => {
    expect(() => parseToken(text)).toThrow(brokenToken);
    expect(isSoundToken(text)).toBe(false);
  });

  it.each([
    ['base64 that is cut off', token.replace('DA==', 'DA=')],
    ['base64 without padding', token.replace('DA==', 'DA')],
    ['stray bits at the end of base64', token.replace('DA==', 'DB==')],
    ['a line break in base64', token.replace('4VL4', '4VL4\n')],
    ['a carriage return in base64', token.replace('4VL4', '4V\rL4')],
    ['base64 for URLs', token.replace('/AeB', '_AeB')],
    ['a word as data', token.replace('DA==', 'my password')],
    ['no data', token.replace('DA==', '')],
    ['a tag that is cut off', token.replace('p8OaN6Ib7V2zW0vy97/QXA==', 'p8OaN6Ib7V2zW0vy')],
    ['a nonce of four bytes', token.replace(/iv:[^,]*/, 'iv:AAAAAA==')],
    ['no type', token.replace('type:int', 'type:')],
    ['a type with more behind it', token.replace('type:int', 'type:int,x:y')],
    ['a second bracket', token.replace('int]', 'int]]')],
  ])('has the shape of a token but is refused with %s', (_, text) => {
    expect(isToken(text)).toBe(true);
    expect(isSoundToken(text)).toBe(false);
    expect(() => parseToken(text)).toThrow(brokenToken);
  });

  it('never shows what it holds in an error', () => {
    expect(() => parseToken(token.replace('DA==', 'hunter2'))).toThrow(/^(?!.*hunter2)/);
  });

  it('may hold 12 MB', () => {
    const value = { ...parseToken(token), data: new Uint8Array(12_000_000).fill(0x5a), type: 'str' };
    const text = writeToken(value);
    expect(parseToken(text).data.length).toBe(12_000_000);
    expect(() => parseToken(text.slice(0, -1))).toThrow(brokenToken);
    expect(() => parseToken(`${'ENC[AES256_GCM,data:'.repeat(300_000)}]`)).toThrow(brokenToken);
  });
});

describe('base64', () => {
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('is the same with and without Buffer', () => {
    const RealBuffer = Buffer;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 100 }), fc.string({ maxLength: 12 }), (bytes, text) => {
        vi.stubGlobal('Buffer', RealBuffer);
        const [encoded, decoded, any] = [encodeBase64(bytes), decodeBase64(encodeBase64(bytes)), decodeBase64(text)];
        vi.stubGlobal('Buffer', undefined);
        expect(encodeBase64(bytes)).toBe(encoded);
        expect(Array.from(decodeBase64(encoded) ?? [])).toEqual(Array.from(bytes));
        expect(Array.from(decoded ?? [])).toEqual(Array.from(bytes));
        expect(decodeBase64(text) === null).toBe(any === null);
      }),
      { seed: 4 },
    );
  });

  it('encodes megabytes without Buffer', () => {
    vi.stubGlobal('Buffer', undefined);
    expect(encodeBase64(new Uint8Array(2_000_000)).length).toBe(2_666_668);
  });
});
