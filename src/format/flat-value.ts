import { GitSopsError } from '../errors.ts';
import { formatFloat, parseBool, parseFloat64, parseInt64 } from '../tree/go-number.ts';
import type { Plaintext } from './format.ts';
import { textOf } from './source-text.ts';

/**
 * A decrypted value as sops prints it where every value is text (ValToString in its stores/stores.go). Other types than `str`
 * get into dotenv and INI files by `sops set`.
 * @throws GitSopsError `broken-value` for what sops does not read as that type
 */
export function flatText({ type, plaintext }: Plaintext): string {
  const text = textOf(plaintext);
  switch (type) {
    case 'int':
      return parseInt64(text)?.toString() ?? broken(type);
    case 'bool':
      return parseBool(text)?.toString() ?? broken(type);
    case 'float':
      return floatText(parseFloat64(text) ?? broken(type));
    case 'time':
      return text.replace(/\.\d+/, '');
    default:
      return text;
  }
}

/** Go's `FormatFloat(n, 'G', -1, 64)`, but never without a point or an exponent. */
function floatText(n: number): string {
  if (!Number.isFinite(n)) return formatFloat(n);
  const [digits = '', exponent = '0'] = n.toExponential().split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return formatFloat(n).replace(/^-?\d+$/, '$&.0');
  return `${digits}E${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
}

function broken(type: string): never {
  throw new GitSopsError('broken-value', { detail: type });
}
