import { type Chunk, sides, type Versions } from './chunk.ts';
import { linesOf } from './merge-lines.ts';

export interface MarkerStyle {
  /** Characters of a marker; Git's own is 7. */
  readonly size: number;
  readonly ours: string;
  readonly theirs: string;
  /** What the common ancestor is called where its version shall be shown (`merge.conflictStyle = diff3`), else null. */
  readonly base: string | null;
}

/** The merged text with Git's conflict markers around as few lines as can be. */
export function withMarkers(chunks: readonly Chunk[], style: MarkerStyle, lineEnd: string): string {
  let written = '';
  /** The settled beginning of a line that may yet turn out to be in conflict. */
  let begun = '';
  let open: { base: string; ours: string; theirs: string } | null = null;
  const close = (): void => {
    if (open !== null) written += region(open, style, lineEnd);
    open = null;
  };
  for (const chunk of chunks) {
    if (typeof chunk !== 'string') {
      open ??= { base: begun, ours: begun, theirs: begun };
      begun = '';
      for (const side of sides) open[side] += chunk[side];
      continue;
    }
    let text = chunk;
    if (open !== null) {
      const versions: Versions = open;
      const whole = sides.every((side) => versions[side] === '' || versions[side].endsWith('\n'));
      const end = whole ? 0 : text.indexOf('\n') + 1 || text.length;
      for (const side of sides) open[side] += text.slice(0, end);
      text = text.slice(end);
      if (!whole && !sides.every((side) => versions[side].endsWith('\n'))) continue;
      if (text === '' && !whole) {
        close();
        continue;
      }
      if (text === '') continue;
      close();
    }
    const last = text.lastIndexOf('\n') + 1;
    if (last > 0) {
      written += begun + text.slice(0, last);
      begun = '';
    }
    begun += text.slice(last);
  }
  close();
  return written + begun;
}

/** What both sides share at the ends of a region is no conflict. */
function region({ base, ours, theirs }: Versions, style: MarkerStyle, lineEnd: string): string {
  const [o, a, b] = [linesOf(base), linesOf(ours), linesOf(theirs)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const [before, after] = [a.slice(0, head), a.slice(a.length - tail)];
  const cut = (lines: string[]) => closed(lines.slice(head, lines.length - tail).join(''), lineEnd);
  if (head === a.length && head === b.length) return a.join('');
  const mark = (sign: string, label: string) =>
    `${sign.repeat(style.size)}${label === '' ? '' : ` ${label}`}${lineEnd}`;
  const middle = style.base === null ? '' : mark('|', style.base) + closed(ancestor(o, before, after), lineEnd);
  return (
    closed(before.join(''), lineEnd) +
    mark('<', style.ours) +
    cut(a) +
    middle +
    mark('=', '') +
    cut(b) +
    mark('>', style.theirs) +
    after.join('')
  );
}

/** The ancestor's lines without those that it shares with what was cut off. */
function ancestor(lines: readonly string[], before: readonly string[], after: readonly string[]): string {
  let head = 0;
  while (head < lines.length && head < before.length && lines[head] === before[head]) head++;
  let tail = 0;
  while (tail < lines.length - head && tail < after.length && lines.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return lines.slice(head, lines.length - tail).join('');
}

function closed(text: string, lineEnd: string): string {
  return text === '' || text.endsWith('\n') ? text : text + lineEnd;
}
