import { describe, expect, it } from 'vitest';
import { formatTime, formatTimeNano, parseTime } from '../../src/tree/go-time.ts';

// What Go 1.26 says: UnmarshalText then MarshalText, or an error.
const times: [text: string, go: string | null][] = [
  ['2001-12-14T21:59:43Z', '2001-12-14T21:59:43Z'],
  ['2001-12-14T21:59:43.100Z', '2001-12-14T21:59:43.1Z'],
  ['2001-12-14T21:59:43.1234567899Z', '2001-12-14T21:59:43.123456789Z'],
  ['2001-12-14T21:59:43.000-05:00', '2001-12-14T21:59:43-05:00'],
  ['2001-12-14T21:59:43+00:00', '2001-12-14T21:59:43Z'],
  ['2001-12-14T21:59:43-00:00', '2001-12-14T21:59:43Z'],
  ['2001-12-14T1:59:43,5Z', '2001-12-14T01:59:43.5Z'],
  ['2001-12-14T21:59:43+05:60', '2001-12-14T21:59:43+06:00'],
  ['2001-12-14T21:59:43+24:00', null],
  ['2001-12-14T21:59:43+25:00', null],
  ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
  ['1900-02-29T00:00:00Z', null],
  ['2001-00-10T00:00:00Z', null],
  ['2001-13-10T00:00:00Z', null],
  ['2001-12-14T24:00:00Z', null],
  ['2001-12-14T23:59:60Z', null],
  ['2001-12-14 21:59:43Z', null],
  ['2001-12-14', null],
  ['2001-12-14T21:59:43z', null],
  ['', null],
];

describe('times as Go reads and writes them', () => {
  it.each(times)('reads %j as %s', (text, go) => {
    const time = parseTime(text);
    expect(time === null ? null : formatTimeNano(time)).toBe(go);
  });

  it('drops the fraction where sops formats lastmodified', () => {
    const time = parseTime('2026-11-24T00:26:41.987+01:00');
    expect(time === null ? null : formatTime(time)).toBe('2026-11-24T00:26:41+01:00');
  });
});
