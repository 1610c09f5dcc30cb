import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBech32, encodeBech32 } from '../../src/keys/age/bech32.ts';

describe('bech32', () => {
  it('comes back, whatever the length', () => {
    const prefix = fc.stringMatching(/^[a-z0-9-]{1,20}$/);
    fc.assert(
      fc.property(prefix, fc.uint8Array({ maxLength: 1300 }), (prefix, bytes) => {
        const text = encodeBech32(prefix, bytes);
        expect(decodeBech32(text)).toEqual({ prefix, bytes });
        expect(decodeBech32(text.toUpperCase())).toEqual({ prefix, bytes });
      }),
      { seed: 7, numRuns: 60 },
    );
  });

  it('finds any one changed character', () => {
    const text = encodeBech32('age', new Uint8Array(32).fill(7));
    for (let at = 4; at < text.length; at++) {
      const other = text[at] === 'q' ? 'p' : 'q';
      expect(decodeBech32(text.slice(0, at) + other + text.slice(at + 1))).toMatch(/checksum/);
    }
  });

  // The invalid strings of BIP 173, with what is wrong about each.
  it.each([
    ['\u00201nwldj5', /prefix|belong/],
    ['\u007f1axkwrx', /belong/],
    ['pzry9x0s0muk', /no prefix/],
    ['1pzry9x0s0muk', /no prefix/],
    ['x1b4n0q5v', /character 3 /],
    ['li1dgmt3', /too short/],
    ['de1lg7wt\u00ff', /character 9 /],
    ['A1G7SGD8', /checksum/],
    ['10a06t8', /no prefix/],
    ['age1QQqq', /mixes/],
  ])('refuses %j', (text, reason) => {
    expect(decodeBech32(text)).toMatch(reason);
  });

  // The valid ones that hold whole bytes.
  it.each(['A12UEL5L', 'abcdef1qpzry9x8gf2tvdw0s3jn54khce6mua7lmqqqxw'])('knows %s', (text) => {
    expect(decodeBech32(text)).toBeTypeOf('object');
  });
});
