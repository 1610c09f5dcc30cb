import { UniqueKeys } from '../../tree/merge/repeated-keys.ts';
import { leadOf, type Outline, type OutlineEntry } from '../outline.ts';
import type { DotenvLine } from './lines.ts';
import { unescapeNewlines } from './metadata-lines.ts';

export function outlineDotenv(text: string, lines: readonly DotenvLine[]): Outline {
  const entries: OutlineEntry[] = [];
  const keys = new UniqueKeys();
  const found = lines.filter((line) => line.kind === 'entry');
  const nextOf = (end: number) => Math.min(end + 1, text.length);
  const starts = found.map(({ start }, i) => {
    const previous = found[i - 1];
    return leadOf(text, start, previous === undefined ? 0 : nextOf(previous.end), isComment);
  });
  found.forEach(({ key, start, end, valueStart }, i) => {
    const tree = { kind: 'leaf', meaning: unescapeNewlines(text.slice(valueStart, end)) } as const;
    entries.push({
      key: keys.of(key),
      start: starts[i] ?? start,
      own: start,
      node: { kind: 'value', start: valueStart, end, tree },
      end: starts[i + 1] ?? text.length,
    });
  });
  const start = entries[0]?.start ?? text.length;
  const node = { kind: 'map', style: 'lines', indent: '', compact: false, start, end: text.length, entries } as const;
  return { text, root: { key: '', start: 0, own: 0, node, end: text.length } };
}

function isComment(line: string): boolean {
  return line.startsWith('#');
}
