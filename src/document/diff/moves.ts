import type { KeyPath } from '../../tree/key-path.ts';
import type { Cell } from './cell.ts';

/** A branch, or a single value, that stands at another path now. */
export interface Move {
  readonly from: KeyPath;
  readonly to: KeyPath;
  readonly document: number;
  readonly values: number;
}

export interface MoveSearch {
  readonly moves: Move[];
  /** In a branch that moved, what also changed on the way. */
  readonly paired: { readonly before: Cell; readonly after: Cell }[];
  /** What is left. */
  readonly removed: Cell[];
  readonly added: Cell[];
}

interface Pair {
  readonly from: KeyPath;
  readonly to: KeyPath;
}

/**
 * Finds values that went from one key to another: a removed and an added one that are equal, where no other
 * is. Where all of a branch went to one new branch, that is one move, and what else differs in there a change.
 *
 * @param before every value of the old side, which says whether a branch is gone as a whole; likewise `after`
 */
export function findMoves(
  removed: readonly Cell[],
  added: readonly Cell[],
  before: readonly Cell[],
  after: readonly Cell[],
): MoveSearch {
  const left = new Map(removed.map((cell) => [placeOf(cell), cell]));
  const right = new Map(added.map((cell) => [placeOf(cell), cell]));
  const moves: Move[] = [];
  const paired: { before: Cell; after: Cell }[] = [];
  for (const [old, now] of equalOnes(removed, added)) {
    if (!left.has(placeOf(old)) || !right.has(placeOf(now))) continue;
    const branch = widest({ from: old.path, to: now.path }, old.document, now.document, before, after);
    const values = carry(branch, old.document, now.document, left, right, paired);
    moves.push({ ...branch, document: now.document, values });
  }
  return { moves, paired, removed: [...left.values()], added: [...right.values()] };
}

/** Drops the keys that both paths end in, as long as the old branch is gone as a whole and the new one is new. */
function widest(
  { from, to }: Pair,
  oldDocument: number,
  newDocument: number,
  before: readonly Cell[],
  after: readonly Cell[],
) {
  let best: Pair = { from, to };
  for (let cut = 1; cut < Math.min(from.length, to.length) && from.at(-cut) === to.at(-cut); cut++) {
    const wider: Pair = { from: from.slice(0, -cut), to: to.slice(0, -cut) };
    if (after.some((cell) => cell.document === newDocument && startsWith(cell.path, wider.from))) break;
    if (before.some((cell) => cell.document === oldDocument && startsWith(cell.path, wider.to))) break;
    best = wider;
  }
  return best;
}

/** Takes all that moved along out of what is left. @returns how many values did */
function carry(
  { from, to }: Pair,
  oldDocument: number,
  newDocument: number,
  left: Map<string, Cell>,
  right: Map<string, Cell>,
  paired: MoveSearch['paired'],
): number {
  let values = 0;
  for (const [place, old] of left) {
    if (old.document !== oldDocument || !startsWith(old.path, from)) continue;
    const target = placeAt(newDocument, [...to, ...old.path.slice(from.length)]);
    const now = right.get(target);
    if (now === undefined) continue;
    left.delete(place);
    right.delete(target);
    if (old.id === now.id && old.shown.encrypted === now.shown.encrypted) values++;
    else paired.push({ before: old, after: now });
  }
  return values;
}

/** Pairs of an old and a new value that are equal to each other and to no other of these. */
function equalOnes(removed: readonly Cell[], added: readonly Cell[]): [Cell, Cell][] {
  const news = byId(added);
  const pairs: [Cell, Cell][] = [];
  for (const [id, olds] of byId(removed)) {
    const [old, another] = olds;
    const [now, other] = news.get(id) ?? [];
    if (old === undefined || now === undefined || another !== undefined || other !== undefined) continue;
    if (old.shown.encrypted === now.shown.encrypted && tellsApart(old, now)) pairs.push([old, now]);
  }
  return pairs;
}

/** `true` or `1` at another key is chance, unless the key has the same name. */
function tellsApart({ id, path, shown }: Cell, now: Cell): boolean {
  if (shown.type === 'null' || shown.content?.length === 0) return false;
  if (path.at(-1) === now.path.at(-1) && typeof path.at(-1) === 'string') return true;
  return shown.type !== 'bool' && id.length - shown.type.length > 4;
}

function byId(cells: readonly Cell[]): Map<string, Cell[]> {
  const map = new Map<string, Cell[]>();
  for (const cell of cells) map.set(cell.id, [...(map.get(cell.id) ?? []), cell]);
  return map;
}

function startsWith(path: KeyPath, start: KeyPath): boolean {
  return start.every((part, i) => path[i] === part);
}

function placeOf({ document, path }: Cell): string {
  return placeAt(document, path);
}

function placeAt(document: number, path: KeyPath): string {
  return JSON.stringify([document, path]);
}
