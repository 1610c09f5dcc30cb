import { formatTimeNano, parseTime } from '../../tree/go-time.ts';

const spelling =
  /^(\d{4})-(\d{1,2})-(\d{1,2})(?:(?:([Tt])|( ))(\d{1,2}):(\d{1,2}):(\d{1,2})(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)?)?$/;

/**
 * The timestamps that go-yaml takes a plain scalar for (resolve.go, `allowedTimestampFormats`), as Go's `MarshalText` writes
 * them; null for other text, and for a time zone that Go reads but cannot write.
 */
export function readTimestamp(text: string): string | null {
  // Most texts that begin with a digit are something else, and the pattern is a large one to make.
  if (text.charAt(4) !== '-') return null;
  const parts = spelling.exec(text);
  if (parts === null) return null;
  const [, year, month = '', day = '', t, blank, hour = '0', minute = '0', second = '0', fraction, zone] = parts;
  if ((blank !== undefined && zone !== undefined) || (t !== undefined && zone === undefined)) return null;
  const two = (digits: string) => digits.padStart(2, '0');
  const wall = `${year}-${two(month)}-${two(day)}T${two(hour)}:${two(minute)}:${two(second)}`;
  const time = parseTime(wall + (fraction === undefined ? '' : `.${fraction}`) + (zone ?? 'Z'));
  return time === null ? null : formatTimeNano(time);
}
