import { GitSopsError } from '../errors.ts';
import type { CryptoBackend } from './backend.ts';

/**
 * Shamir's secret sharing over GF(2^8) with AES's polynomial, byte by byte, in the layout of HashiCorp Vault that sops
 * uses (its shamir/shamir.go): a share is the values at one x, then x itself.
 */

/**
 * @param secret at least one byte
 * @param count how many shares, at most 255
 * @param threshold how many of them give the secret back, at least 2
 * @returns shares of one byte more than the secret; their x are 1, 2, 3 …, as in sops
 * @throws GitSopsError `invalid-shamir-threshold`
 */
export function splitSecret(
  backend: CryptoBackend,
  secret: Uint8Array,
  count: number,
  threshold: number,
): Uint8Array[] {
  if (secret.length === 0 || !Number.isInteger(threshold) || threshold < 2 || threshold > count || count > 255) {
    throw new GitSopsError('invalid-shamir-threshold', { detail: String(threshold), other: String(count) });
  }
  const shares = Array.from({ length: count }, (_, i) => {
    const share = new Uint8Array(secret.length + 1);
    share[secret.length] = i + 1;
    return share;
  });
  secret.forEach((byte, at) => {
    const coefficients = [byte, ...backend.randomBytes(threshold - 1)];
    shares.forEach((share, i) => {
      share[at] = evaluate(coefficients, i + 1);
    });
  });
  return shares;
}

/**
 * @param shares at least as many as the threshold was; with fewer, or a forged one, the result is some other secret,
 *   which only its use can show
 * @throws GitSopsError `broken-shamir-shares` for shares that cannot come from one split
 */
export function combineShares(shares: readonly Uint8Array[]): Uint8Array {
  const length = (shares[0]?.length ?? 0) - 1;
  const xs = shares.map((share) => share[share.length - 1] ?? 0);
  const fitting = shares.length >= 2 && length >= 1 && shares.every((share) => share.length === length + 1);
  // A share for x = 0 would be the secret itself; no split makes one.
  if (!fitting || new Set(xs).size !== xs.length || xs.includes(0)) throw new GitSopsError('broken-shamir-shares');
  const weights = xs.map((x, i) =>
    xs.reduce((product, other, j) => (i === j ? product : multiply(product, divide(other, x ^ other))), 1),
  );
  return Uint8Array.from({ length }, (_, at) =>
    shares.reduce((sum, share, i) => sum ^ multiply(share[at] ?? 0, weights[i] ?? 0), 0),
  );
}

/** Horner's rule; the coefficient of x^0 is first. */
function evaluate(coefficients: readonly number[], x: number): number {
  return coefficients.reduceRight((sum, coefficient) => multiply(sum, x) ^ coefficient, 0);
}

function divide(a: number, b: number): number {
  // In a group of 255 elements b^254 is the inverse of b.
  let inverse = 1;
  for (let i = 0; i < 254; i++) inverse = multiply(inverse, b);
  return multiply(a, inverse);
}

/** Modulo x^8 + x^4 + x^3 + x + 1. No table and no branch: neither memory access nor time depends on the secret. */
function multiply(a: number, b: number): number {
  let product = 0;
  for (let bit = 7; bit >= 0; bit--) {
    product = ((product << 1) & 0xff) ^ (-(product >> 7) & 0x1b);
    product ^= -((b >> bit) & 1) & a;
  }
  return product;
}
