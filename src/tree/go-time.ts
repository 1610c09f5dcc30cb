/** A time as Go's package time (format.go, format_rfc3339.go) reads it from RFC 3339 text. */
export interface GoTime {
  /** `2006-01-02T15:04:05` */
  readonly wall: string;
  /** Digits behind the point: at most nine, no zeros at the end, maybe none. */
  readonly fraction: string;
  /** East of UTC. */
  readonly offsetMinutes: number;
}

const rfc3339 = /^(\d{4})-(\d\d)-(\d\d)T(\d{1,2}):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/**
 * What `Time.UnmarshalText` and `time.Parse(time.RFC3339, …)` accept: RFC 3339, and their known leniencies (an hour of
 * one digit, a comma before the fraction, offsets of 24 hours or 60 minutes). Null for anything else.
 */
export function parseTime(text: string): GoTime | null {
  const parts = rfc3339.exec(text);
  if (parts === null) return null;
  const [, year = '', month = '', day = '', hour = '', minute = '', second = '', fraction = '', sign, east, rest] =
    parts;
  if (Number(day) < 1 || Number(day) > daysIn(Number(year), Number(month))) return null;
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return null;
  const hours = Number(east ?? 0);
  const minutes = Number(rest ?? 0);
  if (hours > 24 || minutes > 60) return null;
  const offset = hours * 60 + minutes;
  return {
    wall: `${year}-${month}-${day}T${hour.padStart(2, '0')}:${minute}:${second}`,
    fraction: fraction.slice(0, 9).replace(/0+$/, ''),
    offsetMinutes: sign === '-' && offset !== 0 ? -offset : offset,
  };
}

/** Go's `time.RFC3339`, without the fraction: how sops writes `lastmodified`, and the AAD of the MAC. */
export function formatTime(time: GoTime): string {
  return time.wall + zone(time.offsetMinutes);
}

/** A moment in UTC, to the second: how sops writes `lastmodified` and `created_at`. */
export function formatDate(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z');
}

/** Go's `Time.MarshalText` (RFC 3339 with what there is of a fraction); null where that is an error. */
export function formatTimeNano(time: GoTime): string | null {
  if (Math.abs(time.offsetMinutes) >= 24 * 60) return null;
  return time.wall + (time.fraction === '' ? '' : `.${time.fraction}`) + zone(time.offsetMinutes);
}

function zone(offset: number): string {
  if (offset === 0) return 'Z';
  const two = (n: number) => String(n).padStart(2, '0');
  const minutes = Math.abs(offset);
  return `${offset < 0 ? '-' : '+'}${two(Math.floor(minutes / 60))}:${two(minutes % 60)}`;
}

/** 0 for a month that does not exist. */
function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] ?? 0;
}
