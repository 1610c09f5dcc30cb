import { type Change, changeSide } from './changes.ts';
import { unreadable } from './index-entries.ts';
import { decodePath, splitNul } from './path.ts';
import type { RawLogOptions } from './raw-log.ts';
import { rawLogOptions } from './raw-options.ts';
import { runGit } from './run.ts';

/**
 * What merges made of their own: files that are as no parent has them, each against every parent but the first, of which `rawLog` tells.
 * @param revs as for `rawLog`
 * @returns by the ids of the merges
 */
export async function mergeLog(
  revs: readonly string[],
  options: RawLogOptions = {},
): Promise<ReadonlyMap<string, readonly Change[]>> {
  const { tips = [], ...run } = options;
  const args = [
    'log',
    ...rawLogOptions,
    '-z',
    '--merges',
    '-c',
    '--format=%H',
    ...(options.tips === undefined ? [] : ['--stdin']),
    ...revs,
  ];
  const { stdout } = await runGit([...args, '--'], { ...run, input: tips.map((tip) => `${tip}\n`).join('') });
  const found = new Map<string, Change[]>();
  let changes: Change[] = [];
  let combined: string | null = null;
  for (const field of splitNul(stdout)) {
    if (combined !== null) {
      changes.push(...againstOthers(combined, field));
      combined = null;
      continue;
    }
    const text = field.toString('latin1').replace(/^\n+/, '');
    if (text.startsWith('::')) combined = text;
    else if (/^[0-9a-f]{40,64}$/.test(text)) {
      changes = [];
      found.set(text, changes);
    } else if (text !== '') throw unreadable('log');
  }
  return found;
}

/** `::100644 100644 100644 0123… 4567… 89ab… MM`: modes, then ids, of each parent and of the merge. */
function againstOthers(combined: string, path: Buffer): Change[] {
  const parents = /^:*/.exec(combined)?.[0].length ?? 0;
  const words = combined.slice(parents).split(' ');
  const [modes, oids] = [words.slice(0, parents + 1), words.slice(parents + 1, 2 * parents + 2)];
  if (words.length !== 2 * parents + 3) throw unreadable('log');
  const sideOf = (i: number) => changeSide(modes[i] ?? '', oids[i] ?? '');
  const after = sideOf(parents);
  return Array.from({ length: parents - 1 }, (_, i) => {
    const before = sideOf(i + 1);
    const status = before === null ? 'A' : after === null ? 'D' : 'M';
    return { status, path: decodePath(path), before, after };
  });
}
