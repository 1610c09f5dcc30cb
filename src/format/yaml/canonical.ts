import { formatFloat, parseBool, parseFloat64, parseInt64 } from '../../tree/go-number.ts';
import { formatTimeNano, parseTime } from '../../tree/go-time.ts';
import type { Plaintext } from '../format.ts';

/** One text for all spellings of a value, to compare values by. Bytes that are UTF-8 equal their text. */
export function canonicalText(type: Plaintext['type'], value: string | Uint8Array): string {
  if (typeof value !== 'string') return Buffer.from(value).toString('latin1');
  switch (type) {
    case 'int':
      return parseInt64(value)?.toString() ?? value;
    case 'float': {
      const number = parseFloat64(value);
      return number === null ? value : formatFloat(number);
    }
    case 'bool':
      return String(parseBool(value) ?? value);
    case 'time': {
      const time = parseTime(value);
      return (time === null ? null : formatTimeNano(time)) ?? value;
    }
    default:
      return Buffer.from(value).toString('latin1');
  }
}
