import { diff3 } from '../../tree/merge/diff3.ts';
import { longestCommon } from '../../tree/merge/sequence.ts';
import { type Chunk, chunkOf, type Versions } from './chunk.ts';

/** The classical merge, line by line. */
export function mergeLines({ base, ours, theirs }: Versions): Chunk[] {
  const [o, a, b] = [linesOf(base), linesOf(ours), linesOf(theirs)];
  return diff3(o, a, b).map((hunk): Chunk => {
    const text = { base: join(o, hunk.base), ours: join(a, hunk.ours), theirs: join(b, hunk.theirs) };
    if (hunk.kind === 'conflict') return text;
    return hunk.kind === 'theirs' ? text.theirs : text.ours;
  });
}

/** Without a common ancestor every difference is a conflict. */
export function compareLines(ours: string, theirs: string): Chunk[] {
  const [a, b] = [linesOf(ours), linesOf(theirs)];
  const chunks: Chunk[] = [];
  let [i, j] = [0, 0];
  for (const [x, y] of [...longestCommon(a, b), [a.length, b.length] as const]) {
    if (x > i || y > j) chunks.push(chunkOf({ base: '', ours: join(a, [i, x]), theirs: join(b, [j, y]) }));
    if (x < a.length) chunks.push(a[x] ?? '');
    [i, j] = [x + 1, y + 1];
  }
  return chunks;
}

/** Lines with their breaks. */
export function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

function join(lines: readonly string[], [from, to]: readonly [number, number]): string {
  return lines.slice(from, to).join('');
}
