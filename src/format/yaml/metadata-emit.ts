import { trailingBreaks } from '../line-breaks.ts';
import { isPlainSafe, quoteDouble, quoteSingle } from './inline-spelling.ts';
import { resolvePlain } from './resolve.ts';

const STEP = 4;

/** The lines of metadata entries as sops writes them: sorted, four blanks a level (go-yaml's `yaml_emitter_increase_indent`). */
export function emitEntries(entries: object, indent: number): string[] {
  return sortedEntries(entries).flatMap(([key, value]) => emitEntry(key, value, indent));
}

export function emitEntry(key: string, value: unknown, indent: number): string[] {
  const start = `${' '.repeat(indent)}${emitText(key)}:`;
  return attach(start, value, indent);
}

function attach(start: string, value: unknown, indent: number): string[] {
  if (Array.isArray(value)) {
    if (value.length === 0) return [`${start} []`];
    const inner = nextStop(indent);
    return [start, ...value.flatMap((item) => emitItem(item, inner))];
  }
  if (typeof value === 'object' && value !== null) {
    const lines = emitEntries(value, nextStop(indent));
    return lines.length === 0 ? [`${start} {}`] : [start, ...lines];
  }
  return emitScalar(start, value, indent);
}

function emitItem(item: unknown, indent: number): string[] {
  const dash = `${' '.repeat(indent)}-`;
  if (typeof item !== 'object' || item === null) return emitScalar(dash, item, indent);
  const lines = Array.isArray(item)
    ? item.flatMap((inner) => emitItem(inner, indent + 2))
    : emitEntries(item, indent + 2);
  if (lines.length === 0) return [`${dash} ${Array.isArray(item) ? '[]' : '{}'}`];
  return [`${dash} ${lines[0]?.slice(indent + 2)}`, ...lines.slice(1)];
}

function emitScalar(start: string, value: unknown, indent: number): string[] {
  if (typeof value === 'string' && value.includes('\n') && !/[^\n\x20-\x7e]|^[\s]/.test(value)) {
    const trailing = trailingBreaks(value);
    const body = value.slice(0, value.length - trailing);
    const blanks = ' '.repeat(nextStop(indent));
    const lines = body.split('\n').map((line) => (line === '' ? '' : blanks + line));
    const chomping = trailing === 0 ? '-' : trailing === 1 ? '' : '+';
    return [`${start} |${chomping}`, ...lines, ...Array<string>(Math.max(0, trailing - 1)).fill('')];
  }
  return [`${start} ${emitText(value)}`];
}

/** One line: a number or truth as it is, a text with the quotes that go-yaml gives it. */
export function emitText(value: unknown): string {
  if (typeof value !== 'string') return value === null || value === undefined ? 'null' : String(value);
  if (value === '') return '""';
  if (/[^\x20-\x7e]/.test(value)) return quoteDouble(value);
  if (!isPlainSafe(value, false)) return quoteSingle(value);
  return resolvePlain(value)?.type === 'str' && !/^(?:[yYnN]|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF)$/.test(value)
    ? value
    : quoteDouble(value);
}

function nextStop(indent: number): number {
  return STEP * Math.floor((indent + STEP) / STEP);
}

export function sortedEntries(record: object): [string, unknown][] {
  return Object.entries(record)
    .filter(([, value]) => value !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}
