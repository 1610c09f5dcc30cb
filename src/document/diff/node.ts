import type { Cell } from './cell.ts';

/** The values of a document as the tree that their key paths span. */
export type Node = Branch | Cell;

export interface Branch {
  readonly kind: 'mapping' | 'sequence';
  /** By key, or by position as text; in the order of the file. */
  readonly entries: Map<string, Node>;
}

export function isBranch(node: Node): node is Branch {
  return 'entries' in node;
}

/** One tree for each document. Of a key that stands twice each value is there, told apart by its turn: a change of any shows. */
export function treesOf(cells: readonly Cell[]): Branch[] {
  const documents: Branch[] = [];
  for (const cell of cells) {
    if (cell.shown.type === 'comment') continue;
    while (documents.length <= cell.document) documents.push(branch('mapping'));
    let at = documents[cell.document] as Branch;
    if (cell.path.length === 0) at.entries.set('', cell);
    cell.path.forEach((part, i) => {
      const key = String(part);
      const next = cell.path[i + 1];
      if (next === undefined) {
        at.entries.set(freeName(at, key), cell);
        return;
      }
      const kind = typeof next === 'number' ? 'sequence' : 'mapping';
      const name = freeName(at, key, kind);
      const inner = at.entries.get(name);
      const made = inner !== undefined && isBranch(inner) ? inner : branch(kind);
      at.entries.set(name, made);
      at = made;
    });
  }
  return documents;
}

export function cellsIn(node: Node): Cell[] {
  return isBranch(node) ? [...node.entries.values()].flatMap(cellsIn) : [node];
}

/** Equal for trees of equal values. */
export function fingerprint(node: Node): string {
  if (!isBranch(node)) return node.id;
  // A mapping is the same in any order.
  const entries = [...node.entries].map(([key, value]) => JSON.stringify([key, fingerprint(value)]));
  return `${node.kind} ${(node.kind === 'mapping' ? entries.sort() : entries).join(',')}`;
}

/** The value at these keys, where one stands. */
export function cellAt(node: Node | undefined, ...keys: readonly string[]): Cell | null {
  let at = node;
  for (const key of keys) at = at !== undefined && isBranch(at) ? at.entries.get(key) : undefined;
  return at === undefined || isBranch(at) ? null : at;
}

/** @param kind of the branch that may stand there already */
function freeName({ entries }: Branch, key: string, kind?: Branch['kind']): string {
  let name = key;
  for (let turn = 2; ; turn++) {
    const there = entries.get(name);
    if (there === undefined || (isBranch(there) && there.kind === kind)) return name;
    name = `${key}\0${turn}`;
  }
}

function branch(kind: Branch['kind']): Branch {
  return { kind, entries: new Map() };
}
