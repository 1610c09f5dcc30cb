/**
 * Numbers as Go's strconv reads and writes them (atof.go, ftoa.go, atoi.go), because sops does: its MAC is over the
 * text that Go makes of a value, and its decryption accepts what Go accepts.
 */

/** Go's `FormatFloat(n, 'f', -1, 64)`: the shortest digits that give `n` back, never an exponent. */
export function formatFloat(n: number): string {
  if (Number.isNaN(n)) return 'NaN';
  if (!Number.isFinite(n)) return n > 0 ? '+Inf' : '-Inf';
  const sign = n < 0 || Object.is(n, -0) ? '-' : '';
  // Both languages choose the same shortest digits; only where the point stands differs.
  const [mantissa = '', exponent = '0'] = Math.abs(n).toString().split('e');
  if (exponent === '0') return sign + mantissa;
  const [whole = '', fraction = ''] = mantissa.split('.');
  const digits = whole + fraction;
  const point = whole.length + Number(exponent);
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`;
  if (point >= digits.length) return sign + digits + '0'.repeat(point - digits.length);
  return `${sign}${digits.slice(0, point)}.${digits.slice(point)}`;
}

const special = /^([+-]?)inf(?:inity)?$|^nan$/i;
const decimal = /^[+-]?(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:e[+-]?\d[\d_]*)?$/i;
const hexadecimal = /^([+-]?)0x_?([\da-f][\da-f_]*(?:\.[\da-f_]*)?|\.[\da-f][\da-f_]*)p([+-]?\d[\d_]*)$/i;
/** Go: an underscore stands between two digits, or between a base prefix and a digit. */
const stray = /_(?![\da-f])|(?<![\da-fx])_/i;
const strayInDecimal = /_(?!\d)|(?<!\d)_/;

/** Go's `ParseFloat(text, 64)`; null where Go reports an error, a value out of range included. */
export function parseFloat64(text: string): number | null {
  const word = special.exec(text);
  if (word !== null) return word[1] === undefined ? Number.NaN : word[1] === '-' ? -Infinity : Infinity;
  if (decimal.test(text)) {
    if (strayInDecimal.test(text)) return null;
    const n = Number(text.replaceAll('_', ''));
    return Number.isFinite(n) ? n : null;
  }
  const hex = hexadecimal.exec(text);
  if (hex === null || stray.test(text)) return null;
  const [, sign = '', mantissa = '', exponent = ''] = hex;
  const n = hexFloat(mantissa.replaceAll('_', ''), Number(exponent.replaceAll('_', '')));
  return Number.isFinite(n) ? (sign === '-' ? -n : n) : null;
}

function hexFloat(mantissa: string, exponent: number): number {
  const [whole = '', fraction = ''] = mantissa.split('.');
  let bits = BigInt(`0x${whole}${fraction}`);
  if (bits === 0n) return 0;
  let scale = exponent - 4 * fraction.length;
  // Keep 53 bits, fewer for subnormal numbers, and round what is cut off half to even.
  const length = bits.toString(2).length;
  const cut = Math.max(length - 53, -1074 - scale);
  if (cut > 0) {
    if (cut > length + 1) return 0;
    const lost = bits & ((1n << BigInt(cut)) - 1n);
    const half = 1n << BigInt(cut - 1);
    bits >>= BigInt(cut);
    scale += cut;
    if (lost > half || (lost === half && (bits & 1n) === 1n)) bits += 1n;
  }
  if (bits === 0n) return 0;
  const top = bits.toString(2).length + scale;
  if (top > 1024) return Infinity;
  // Two steps, since 2 ** scale alone may be outside what a double holds although the product is not.
  return scale < -1000 ? Number(bits) * 2 ** -1000 * 2 ** (scale + 1000) : Number(bits) * 2 ** scale;
}

const maxInt64 = (1n << 63n) - 1n;
const minInt64 = -(1n << 63n);

/** Go's `Atoi` on a 64-bit machine: decimal only, an optional sign, leading zeros; null where Go reports an error. */
export function parseInt64(text: string): bigint | null {
  const parts = /^([+-]?)(\d+)$/.exec(text);
  if (parts === null) return null;
  const digits = (parts[2] ?? '').replace(/^0+(?=\d)/, '');
  if (digits.length > 19) return null;
  const n = parts[1] === '-' ? -BigInt(digits) : BigInt(digits);
  return n < minInt64 || n > maxInt64 ? null : n;
}

/** Go's `ParseBool`; null for any other text. */
export function parseBool(text: string): boolean | null {
  if (/^(?:1|t|T|TRUE|true|True)$/.test(text)) return true;
  if (/^(?:0|f|F|FALSE|false|False)$/.test(text)) return false;
  return null;
}
