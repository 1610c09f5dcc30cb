import { formatFloat, parseFloat64 } from '../../tree/go-number.ts';
import type { ValueType } from '../../tree/leaf.ts';
import type { ScalarNode } from './node.ts';
import type { Source } from './source.ts';
import { readTimestamp } from './timestamp.ts';

/** What a scalar is to sops. */
export interface Resolved {
  readonly type: ValueType;
  /** The text that sops hashes; bytes for a `!!binary` that is not UTF-8; empty for null. */
  readonly canonical: string | Uint8Array;
}

const nulls = new Set(['', '~', 'null', 'Null', 'NULL']);
const trues = new Set(['true', 'True', 'TRUE']);
const falses = new Set(['false', 'False', 'FALSE']);
const infinity = /^([+-]?)\.(?:inf|Inf|INF)$/;
const notNumbers = new Set(['.nan', '.NaN', '.NAN']);
const integer = /^([+-]?)(?:0[xX]([\da-fA-F]+)|0[oO]?([0-7]+)|0[bB]([01]+)|(0|[1-9]\d*))$/;
/** go-yaml tries the digits behind `0b` and `0o` once more, with a sign of their own. */
const signedInside = /^0([bo])([+-][01]+|[+-][0-7]+)$/;
const float = /^[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d+)?$/;
const maxInt64 = (1n << 63n) - 1n;
const minInt64 = -(1n << 63n);

const NULL: Resolved = { type: 'null', canonical: '' };

/**
 * The type and value of a plain scalar without a tag (go-yaml's resolve.go).
 * @returns null for an integer that only an unsigned one could hold: sops does not know those
 */
export function resolvePlain(text: string, tag = ''): Resolved | null {
  const first = text.charCodeAt(0);
  // Most texts begin with a letter that begins no other type.
  if (first > 0x39 && !/^[~nNtTfF]/.test(text)) return { type: 'str', canonical: text };
  if (nulls.has(text)) return NULL;
  if (trues.has(text)) return { type: 'bool', canonical: 'True' };
  if (falses.has(text)) return { type: 'bool', canonical: 'False' };
  const infinite = infinity.exec(text);
  if (infinite !== null) return { type: 'float', canonical: infinite[1] === '-' ? '-Inf' : '+Inf' };
  if (notNumbers.has(text)) return { type: 'float', canonical: 'NaN' };
  if (first === 0x2e) {
    const number = parseFloat64(text);
    return number === null ? { type: 'str', canonical: text } : { type: 'float', canonical: formatFloat(number) };
  }
  if (/^[+\d-]/.test(text)) {
    if (tag === '' || tag === 'timestamp') {
      const time = readTimestamp(text);
      if (time !== null) return { type: 'time', canonical: time };
    }
    const number = resolveNumber(text.replaceAll('_', ''));
    if (number !== undefined) return number;
  }
  return { type: 'str', canonical: text };
}

function resolveNumber(text: string): Resolved | null | undefined {
  const parts = integer.exec(text);
  if (parts !== null) {
    const [, sign, hex, octal, binary, decimal] = parts;
    const size = BigInt(
      hex !== undefined
        ? `0x${hex}`
        : octal !== undefined
          ? `0o${octal}`
          : binary !== undefined
            ? `0b${binary}`
            : (decimal ?? 0),
    );
    const value = sign === '-' ? -size : size;
    if (value >= minInt64 && value <= maxInt64) return { type: 'int', canonical: value.toString() };
    if (sign === '' && value < 1n << 64n) return null;
  }
  if (float.test(text)) {
    const number = Number(text);
    if (Number.isFinite(number)) return { type: 'float', canonical: formatFloat(number) };
  }
  const inside = signedInside.exec(text);
  if (inside !== null) {
    const [, base, digits = ''] = inside;
    const value = Number.parseInt(digits, base === 'b' ? 2 : 8);
    const allDigits = base === 'b' ? /^.[01]+$/.test(digits) : true;
    if (allDigits && Number.isSafeInteger(value)) return { type: 'int', canonical: String(value === 0 ? 0 : value) };
  }
  return undefined;
}

/** The short name of a core tag (`int` for `!!int`), `''` for none and for `!`, or the tag as it is. */
export function coreTag(tag: string): string {
  if (tag === '!') return '';
  if (tag.startsWith('!!')) return tag.slice(2);
  const long = /^!<tag:yaml\.org,2002:(.*)>$/.exec(tag);
  return long?.[1] ?? tag;
}

/**
 * @throws GitSopsError `invalid-yaml` for a tag that does not fit its value, and for integers above int64
 */
export function resolve(source: Source, node: ScalarNode): Resolved {
  const { value } = node;
  const tag = node.tag === null ? '' : coreTag(node.tag.value);
  const isText = node.style !== 'plain' && node.style !== 'empty';
  const misfit = () => source.invalid(node.start, `the value does not fit its tag !!${tag}`);
  switch (tag) {
    case '':
      if (isText) return { type: 'str', canonical: value };
      break;
    case 'str':
      return { type: 'str', canonical: value };
    case 'binary': {
      const bytes = readBase64(value);
      if (bytes === null) throw source.invalid(node.start, 'a !!binary value is not base64');
      return { type: 'str', canonical: textOrBytes(bytes) };
    }
    case 'null':
    case 'bool':
    case 'int':
    case 'float':
    case 'timestamp':
      break;
    default:
      return { type: 'str', canonical: value };
  }
  const resolved = resolvePlain(value, tag);
  if (resolved === null) {
    throw source.invalid(
      node.start,
      'an integer above 9223372036854775807, which sops cannot hold; write it in quotes',
    );
  }
  const type = tag === 'timestamp' ? 'time' : tag;
  if (type === '' || type === resolved.type) return resolved;
  if (type === 'float' && resolved.type === 'int') {
    return { type: 'float', canonical: formatFloat(Number(resolved.canonical)) };
  }
  throw misfit();
}

/** A decrypted value is text wherever it can be, so a value is too: equal ones must look equal. */
function textOrBytes(bytes: Uint8Array): string | Uint8Array {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return bytes;
  }
}

/** Go's `base64.StdEncoding`: line breaks are skipped, padding is required. */
function readBase64(text: string): Uint8Array | null {
  const digits = text.replace(/[\r\n]/g, '');
  if (digits.length % 4 !== 0 || !/^[A-Za-z\d+/]*={0,2}$/.test(digits)) return null;
  return new Uint8Array(Buffer.from(digits, 'base64'));
}
