import { GitSopsError } from '../../errors.ts';
import { formatFloat, parseBool, parseFloat64, parseInt64 } from '../../tree/go-number.ts';
import type { Plaintext } from '../format.ts';
import { textOf } from '../source-text.ts';

/** A number of a plaintext file, by sops's types. */
export interface Number64 {
  readonly type: 'int' | 'float';
  readonly plaintext: string;
  readonly canonical: string;
}

const integer = /^-?(?:0|[1-9][0-9]*)$/;
const jsonNumber = /^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/;

/**
 * A JSON number as sops reads it: an int where it is one of 64 bits, else a float; null where Go's ParseFloat gives up.
 * `3.0` becomes the float `3`, which is what sops itself encrypts for it; `bareToken` knows the way back.
 */
export function readNumber(token: string): Number64 | null {
  if (integer.test(token)) {
    const n = parseInt64(token);
    if (n !== null) return { type: 'int', plaintext: token, canonical: n.toString() };
  }
  const n = parseFloat64(token);
  if (n === null) return null;
  const canonical = formatFloat(n);
  return { type: 'float', plaintext: token === `${canonical}.0` && isInt(canonical) ? canonical : token, canonical };
}

/**
 * A decrypted int, float or bool as it stands in JSON; null for other types. Spelling is kept where JSON has it.
 * @throws GitSopsError `broken-value` for what sops does not read as that type, or what JSON has no spelling for (NaN)
 */
export function bareToken({ type, plaintext }: Plaintext): string | null {
  if (type !== 'int' && type !== 'float' && type !== 'bool') return null;
  const text = textOf(plaintext);
  const bare = type === 'bool' ? parseBool(text)?.toString() : type === 'int' ? bareInt(text) : bareFloat(text);
  if (bare === undefined) throw new GitSopsError('broken-value', { detail: type });
  return bare;
}

function bareInt(text: string): string | undefined {
  const n = parseInt64(text);
  return n === null ? undefined : integer.test(text) ? text : n.toString();
}

function bareFloat(text: string): string | undefined {
  const n = parseFloat64(text);
  if (n === null || !Number.isFinite(n)) return undefined;
  const spelled = jsonNumber.test(text) ? text : formatFloat(n);
  // Without a point it would be read as an int.
  return isInt(spelled) ? `${spelled}.0` : spelled;
}

function isInt(text: string): boolean {
  return integer.test(text) && parseInt64(text) !== null;
}
