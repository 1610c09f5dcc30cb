import { matchesOf } from '../../document/diff/edit-script.ts';

export interface DiffLine {
  /** Of the new side, of the old side, of both; `…` stands for lines that are left out. */
  readonly sign: '+' | '-' | ' ' | '…';
  readonly text: string;
}

const context = 2;

/** A small text diff, with a few lines around each change. */
export function lineDiff(before: readonly string[], after: readonly string[]): DiffLine[] {
  const all: DiffLine[] = [];
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...matchesOf(before, after), [before.length, after.length] as const]) {
    while (i < nextI) all.push({ sign: '-', text: before[i++] ?? '' });
    while (j < nextJ) all.push({ sign: '+', text: after[j++] ?? '' });
    if (i < before.length) all.push({ sign: ' ', text: before[i] ?? '' });
    i++;
    j++;
  }
  const near = all.map((_, at) =>
    all.slice(Math.max(0, at - context), at + context + 1).some(({ sign }) => sign !== ' '),
  );
  const lines: DiffLine[] = [];
  for (let at = 0; at < all.length; ) {
    if (near[at]) lines.push(all[at++] as DiffLine);
    else {
      const start = at;
      while (at < all.length && !near[at]) at++;
      lines.push({ sign: '…', text: `${at - start} ${at - start === 1 ? 'line' : 'lines'}` });
    }
  }
  return lines;
}

export function allLines(sign: '+' | '-', lines: readonly string[]): DiffLine[] {
  return lines.map((text) => ({ sign, text }));
}
