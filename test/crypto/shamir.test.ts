import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nobleBackend } from '../../src/crypto/noble-backend.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import { combineShares, splitSecret } from '../../src/crypto/shamir.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const unhex = (text: string) => new Uint8Array(Buffer.from(text, 'hex'));

describe("Shamir's secret sharing", () => {
  it('gives the secret back from any shares that are enough, in any order', () => {
    const counts = fc.integer({ min: 2, max: 8 }).chain((count) =>
      fc.record({
        threshold: fc.integer({ min: 2, max: count }),
        order: fc.shuffledSubarray(
          Array.from({ length: count }, (_, i) => i),
          { minLength: count, maxLength: count },
        ),
        secret: fc.uint8Array({ minLength: 1, maxLength: 40 }),
      }),
    );
    fc.assert(
      fc.property(counts, ({ threshold, order, secret }) => {
        const shares = splitSecret(nodeBackend, secret, order.length, threshold);
        const shuffled = order.flatMap((i) => shares[i] ?? []);
        for (const taken of [threshold, order.length]) {
          expect(hex(combineShares(shuffled.slice(0, taken)))).toBe(hex(secret));
        }
      }),
      { seed: 6, numRuns: 60 },
    );
  });

  it('gives something else from too few shares', () => {
    const secret = nodeBackend.randomBytes(32);
    const [first, second] = splitSecret(nobleBackend, secret, 3, 3);
    expect(hex(combineShares([first ?? secret, second ?? secret]))).not.toBe(hex(secret));
  });

  it('numbers the shares from 1, as sops does', () => {
    const shares = splitSecret(nodeBackend, new Uint8Array(32), 255, 2);
    expect(shares.map((share) => share[32])).toEqual(Array.from({ length: 255 }, (_, i) => i + 1));
    expect(hex(combineShares([shares[0] ?? shares[1] ?? new Uint8Array(), shares[254] ?? new Uint8Array()]))).toBe(
      '00'.repeat(32),
    );
  });

  it('computes in AES’s field: a share worked by hand', () => {
    // The line 0x57 + 0x83 x over GF(2^8): 0x57 ^ 0x83 at 1; 0x57 ^ 2·0x83 (0x1d) at 2.
    expect(hex(combineShares([unhex('d401'), unhex('4a02')]))).toBe('57');
  });

  it.each([
    [3, 1],
    [3, 4],
    [256, 2],
    [2, 0],
    [1, 1],
    [3, 2.5],
  ])('does not split in %i with a threshold of %d', (count, threshold) => {
    expect(() => splitSecret(nodeBackend, new Uint8Array(32), count, threshold)).toThrow(
      expect.objectContaining({ code: 'invalid-shamir-threshold' }),
    );
  });

  it.each([
    ['one share', ['aa01']],
    ['no share', []],
    ['a share twice', ['aa01', 'aa01']],
    ['shares of different lengths', ['aa01', 'aabb02']],
    ['a share at zero', ['aa00', 'bb01']],
    ['shares without content', ['01', '02']],
    ['empty shares', ['', '']],
  ])('does not combine %s', (_, shares) => {
    expect(() => combineShares(shares.map(unhex))).toThrow(expect.objectContaining({ code: 'broken-shamir-shares' }));
  });
});
