import type { Cell } from './cell.ts';
import type { Change, Changed } from './change.ts';
import { compareComments } from './comments.ts';
import { compareTrees } from './compare-trees.ts';
import { matchesOf } from './edit-script.ts';
import { findMoves } from './moves.ts';
import { cellAt, treesOf } from './node.ts';

export interface Changes {
  readonly changes: Change[];
  /** Values that stand at the same key, one side's a ciphertext that nobody opened, the other's a plaintext. */
  readonly unknown: number;
}

/** @param encryptionTold the whole file became encrypted or ceased to be: no news for each value */
export function changesOf(before: readonly Cell[], after: readonly Cell[], encryptionTold: boolean): Changes {
  const trees = compareTrees(treesOf(before), treesOf(after));
  const comments = compareComments(before, after);
  const found = findMoves(trees.removed, trees.added, before, after);
  const nameOf = documentNames(before, after);
  const at = (cell: Cell, now: boolean) => ({
    path: cell.path,
    document: cell.document,
    documentName: nameOf(cell.document, now),
  });

  const changes: Change[] = [];
  let unknown = 0;
  for (const { path, document } of trees.reordered) {
    const documentName = document === null ? null : nameOf(document, true);
    const of = document === null ? 'documents' : 'entries';
    changes.push({ kind: 'reordered', of, path, document: document ?? 0, documentName });
  }
  for (const { to, from, document, values } of found.moves) {
    changes.push({ kind: 'moved', path: to, document, documentName: nameOf(document, true), from, values });
  }
  for (const { before: old, after: now } of [...trees.paired, ...found.paired, ...comments.paired]) {
    if (old.id !== now.id && old.sealed !== now.sealed && clearOf(old, now).shown.encrypted) unknown++;
    else if (old.id !== now.id) changes.push(changed(old, now, at(now, true)));
    else if (!encryptionTold) {
      changes.push({ kind: now.shown.encrypted ? 'protected' : 'exposed', ...at(now, true) });
    }
  }
  for (const cell of [...found.removed, ...comments.removed]) {
    changes.push({ kind: 'removed', ...at(cell, false), before: cell.shown });
  }
  for (const cell of [...found.added, ...comments.added]) {
    changes.push({ kind: 'added', ...at(cell, true), after: cell.shown });
  }
  return { changes: inOrder(changes, before, after), unknown };
}

function changed(before: Cell, after: Cell, place: Pick<Changed, 'path' | 'document' | 'documentName'>): Changed {
  const [a, b] = [before.shown.content, after.shown.content];
  const isText = typeof a === 'string' && typeof b === 'string' && (a.includes('\n') || b.includes('\n'));
  let lines: Changed['lines'] = null;
  if (isText) {
    const [old, now] = [a.split('\n'), b.split('\n')];
    const same = matchesOf(old, now).length;
    lines = { added: now.length - same, removed: old.length - same };
  }
  const from = JSON.stringify(before.path) === JSON.stringify(after.path) ? null : before.path;
  return { kind: 'changed', ...place, before: before.shown, after: after.shown, from, lines };
}

function clearOf(a: Cell, b: Cell): Cell {
  return a.sealed ? b : a;
}

/** In the order of the new file; what is gone stands where it was among what is still there. */
function inOrder(changes: readonly Change[], before: readonly Cell[], after: readonly Cell[]): Change[] {
  const ranks = new Map<string, number>();
  const key = (document: number, path: Cell['path']) => JSON.stringify([document, path]);
  after.forEach(({ document, path }, i) => {
    // A branch stands where its first value stands.
    for (let depth = 0; depth <= path.length; depth++) {
      const branch = key(document, path.slice(0, depth));
      if (!ranks.has(branch)) ranks.set(branch, i);
    }
  });
  let last = -1;
  const oldRanks = new Map<string, number>();
  for (const { document, path } of before) {
    const here = key(document, path);
    const taken = ranks.get(here);
    last = taken ?? last;
    oldRanks.set(here, taken === undefined ? last + 0.5 : taken - 0.5);
  }
  const rank = (change: Change) => {
    const here = key(change.document, change.path);
    return (change.kind === 'removed' ? oldRanks.get(here) : ranks.get(here)) ?? 0;
  };
  return changes
    .map((change) => ({ change, rank: rank(change) }))
    .sort((a, b) => a.rank - b.rank)
    .map(({ change }) => change);
}

/** Documents by what they are, as in a Kubernetes manifest. */
function documentNames(before: readonly Cell[], after: readonly Cell[]) {
  const names = (cells: readonly Cell[]) =>
    treesOf(cells).map((tree) => {
      const parts = [cellAt(tree, 'kind'), cellAt(tree, 'metadata', 'name')].map((cell) => cell?.shown.content);
      return parts.every((part) => typeof part === 'string') ? parts.join('/') : null;
    });
  const [old, now] = [names(before), names(after)];
  const many = old.length > 1 || now.length > 1;
  return (document: number, isNew: boolean): string | null =>
    many ? ((isNew ? now : old)[document] ?? `document ${document + 1}`) : null;
}
