import type { Change, ContentDiff } from '../../../src/document/diff/change.ts';
import { compareContents } from '../../../src/document/diff/compare.ts';
import { absent, type Side } from '../../../src/document/diff/side.ts';
import { formatNameOf, loadFormat } from '../../../src/format/by-path.ts';
import { showKeyPath } from '../../../src/tree/key-path.ts';
import { defaultSelector } from '../../../src/tree/selector.ts';

/** A plaintext as one side of a comparison. */
export async function clear(text: string | null, name: string): Promise<Side> {
  if (text === null) return absent;
  const source = Buffer.from(text);
  return { state: 'clear', parsed: (await loadFormat(formatNameOf(name))).parse(source), source };
}

/** Compares two working files, without keys or Git. */
export async function compareTexts(before: string | null, after: string | null, name = 'f.yaml'): Promise<ContentDiff> {
  return compareContents({
    before: await clear(before, name),
    after: await clear(after, name),
    format: formatNameOf(name),
    rule: defaultSelector,
    working: { before: true, after: true },
  });
}

/** Changes in short: `~ a.b: 1 → 2`. */
export function short(changes: readonly Change[]): string[] {
  return changes.map((change) => {
    const place = `${change.documentName === null ? '' : `${change.documentName} `}${showKeyPath(change.path)}`;
    switch (change.kind) {
      case 'added':
        return `+ ${place}: ${change.after.content}`;
      case 'removed':
        return `- ${place}: ${change.before.content}`;
      case 'changed': {
        const { before, after, from } = change;
        const types = before.type === after.type ? '' : ` (${before.type} → ${after.type})`;
        const was = from === null ? '' : ` was ${showKeyPath(from)}`;
        return `~ ${place}: ${before.content} → ${after.content}${types}${was}`;
      }
      case 'moved':
        return `> ${place} was ${showKeyPath(change.from)}, ${change.values}`;
      default:
        return `${change.kind} ${place}`;
    }
  });
}

export async function shortDiff(before: string | null, after: string | null, name?: string): Promise<string[]> {
  return short((await compareTexts(before, after, name)).changes);
}
