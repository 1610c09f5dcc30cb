import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBase64, encodeBase64 } from '../../src/crypto/base64.ts';

/** By the way back, whatever the decoder makes of a text. */
const isCanonical = (text: string) => Buffer.from(text, 'base64').toString('base64') === text;

describe('strict base64', () => {
  it('takes of all short texts those that the way back gives again', () => {
    const characters = [...'ABEQUgwcZ09+/=', '-', '_', ' ', '\n', 'é'];
    for (const a of characters)
      for (const b of characters)
        for (const c of characters)
          for (const d of characters) {
            for (const text of [a + b + c + d, `QUJD${a}${b}${c}${d}`]) {
              if ((decodeBase64(text) !== null) !== isCanonical(text)) expect.fail(JSON.stringify(text));
            }
          }
  });

  it('gives the bytes of what it takes, short and long', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000, size: 'max' }), (bytes) => {
        expect(Buffer.from(decodeBase64(encodeBase64(bytes)) ?? [])).toEqual(Buffer.from(bytes));
      }),
      { numRuns: 200 },
    );
  });

  it.each([3, 8, 4092, 4096, 4100, 8192])('refuses a foreign character or a stray bit in %i characters', (length) => {
    const text = 'QUJD'.repeat(Math.ceil(length / 4)).slice(0, length);
    expect(decodeBase64(text) !== null).toBe(length % 4 === 0);
    for (const broken of [`-${text.slice(1)}`, `${text.slice(0, -4)}QR==`, `${text.slice(0, -1)}`, ` ${text}`])
      expect(decodeBase64(broken)).toBeNull();
  });
});
