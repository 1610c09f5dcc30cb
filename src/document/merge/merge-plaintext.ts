import { GitSopsError } from '../../errors.ts';
import type { FormatName } from '../../format/format.ts';
import { type Outline, treeOf } from '../../format/outline.ts';
import { loadOutliner, type Outliner } from '../../format/outlines.ts';
import { decodeText, encodeText } from '../../format/source-text.ts';
import { mergeTrees, type Side } from '../../tree/merge/merge-trees.ts';
import { TreeNumbers } from '../../tree/merge/tree.ts';
import { type Chunk, isSettled, textFor, type Versions } from './chunk.ts';
import { type MarkerStyle, withMarkers } from './markers.ts';
import { compareLines, linesOf, mergeLines } from './merge-lines.ts';
import { mergeOutlines } from './merge-outlines.ts';
import { haveOneBreak, mergeShapes, shapeOf, withShape } from './text-shape.ts';

export interface PlaintextVersions {
  /** Null where there is no common ancestor; `unknown` where it cannot be read: then every difference is a conflict. */
  readonly base: Uint8Array | 'unknown' | null;
  readonly ours: Uint8Array;
  readonly theirs: Uint8Array;
}

export interface MergedPlaintext {
  readonly bytes: Uint8Array;
  readonly conflict: boolean;
}

/** How a conflict is left: with markers (asked for when there is one), or as one version had it. */
export type OnConflict = (() => Promise<MarkerStyle>) | Side;

/**
 * The three-way merge of plaintext files. Every result is read again and held against the merge of the values alone; what
 * does not say exactly that is merged by lines, or left as a conflict.
 * @returns null where `base` is asked for and cannot be had
 */
export async function mergePlaintext(
  format: FormatName,
  versions: PlaintextVersions,
  onConflict: OnConflict,
): Promise<MergedPlaintext | null> {
  const texts = textsOf(versions);
  // There are no lines to show: ours stays, theirs is one `git checkout --theirs` away.
  if (texts === null) return wholeOf(versions, onConflict);
  const oneBreak = haveOneBreak([texts.base ?? '', texts.ours, texts.theirs], format);
  const base = texts.base === null ? null : shapeOf(texts.base, oneBreak);
  const [ours, theirs] = [shapeOf(texts.ours, oneBreak), shapeOf(texts.theirs, oneBreak)];
  const plain = { base: base?.text ?? '', ours: ours.text, theirs: theirs.text };
  const known = base !== null;

  const shape = mergeShapes(base?.shape ?? null, ours.shape, theirs.shape);
  const chunks =
    versions.base === 'unknown'
      ? compareLines(plain.ours, plain.theirs)
      : await mergeTexts(
          await loadOutliner(format),
          plain,
          known,
          typeof onConflict === 'string' ? [onConflict] : ['ours', 'theirs'],
        );
  if (isSettled(chunks)) return { bytes: encodeText(withShape(textFor(chunks, 'ours'), shape)), conflict: false };
  if (typeof onConflict !== 'string') {
    const text = withMarkers(chunks, await onConflict(), '\n');
    return { bytes: encodeText(withShape(text, { ...shape, finalBreak: true })), conflict: true };
  }
  if (onConflict === 'base' && !known) return null;
  return { bytes: encodeText(withShape(textFor(chunks, onConflict), shape)), conflict: true };
}

function wholeOf({ base, ours, theirs }: PlaintextVersions, onConflict: OnConflict): MergedPlaintext | null {
  if (onConflict === 'base') return base === null || base === 'unknown' ? null : { bytes: base, conflict: true };
  return { bytes: onConflict === 'theirs' ? theirs : ours, conflict: true };
}

async function mergeTexts(
  outliner: Outliner | null,
  texts: Versions,
  known: boolean,
  shown: readonly Side[],
): Promise<Chunk[]> {
  const read = outliner === null ? null : readAll(outliner, texts, known);
  const byLines = () => mergeLines(texts);
  if (outliner === null || read === null) return byLines();
  const proof = new Proof(outliner, read, shown);
  const structured = mergeOutlines(read.base, read.ours, read.theirs, proof.numbers);
  if (proof.holds(structured)) return structured;
  const lines = byLines();
  if (proof.holds(lines) || !isSettled(lines)) return lines;
  return [...differingMiddle(texts)];
}

interface Outlines {
  readonly base: Outline | null;
  readonly ours: Outline;
  readonly theirs: Outline;
}

/** Null where one of them does not parse. */
function readAll(outliner: Outliner, { base, ours, theirs }: Versions, known: boolean): Outlines | null {
  try {
    return { base: known ? outliner(base) : null, ours: outliner(ours), theirs: outliner(theirs) };
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}

/** Holds a merged text against what the values alone say. */
class Proof {
  readonly numbers = new TreeNumbers();
  readonly #outliner: Outliner;
  readonly #outlines: Outlines;
  readonly #shown: readonly Side[];

  constructor(outliner: Outliner, outlines: Outlines, shown: readonly Side[]) {
    this.#outliner = outliner;
    this.#outlines = outlines;
    this.#shown = shown;
  }

  holds(chunks: readonly Chunk[]): boolean {
    // Without a conflict no side has a say: one look is enough.
    const sides = isSettled(chunks) ? this.#shown.slice(0, 1) : this.#shown;
    return sides.every((side) => this.#holdsFor(chunks, side));
  }

  #holdsFor(chunks: readonly Chunk[], side: Side): boolean {
    const { base, ours, theirs } = this.#outlines;
    const trees = [
      base === null ? null : treeOf(base.root.node),
      treeOf(ours.root.node),
      treeOf(theirs.root.node),
    ] as const;
    const expected = mergeTrees(...trees, side, this.numbers);
    if (expected === null || (expected.conflicts > 0 && isSettled(chunks))) return false;
    try {
      const read = this.#outliner(textFor(chunks, side));
      return this.numbers.same(treeOf(read.root.node), expected.tree);
    } catch (error) {
      if (error instanceof GitSopsError) return false;
      throw error;
    }
  }
}

/** One conflict over all lines between the first and the last that differ. */
function differingMiddle({ base, ours, theirs }: Versions): Chunk[] {
  const [a, b] = [linesOf(ours), linesOf(theirs)];
  let head = 0;
  while (head < a.length && head < b.length && a[head] === b[head]) head++;
  let tail = 0;
  while (tail < a.length - head && tail < b.length - head && a.at(-1 - tail) === b.at(-1 - tail)) tail++;
  const cut = (lines: readonly string[]) => lines.slice(head, Math.max(head, lines.length - tail)).join('');
  const middle = { base: cut(linesOf(base)), ours: cut(a), theirs: cut(b) };
  return [a.slice(0, head).join(''), middle, a.slice(a.length - tail).join('')];
}

/** Null where one of them is no text. */
function textsOf({
  base,
  ours,
  theirs,
}: PlaintextVersions): { base: string | null; ours: string; theirs: string } | null {
  try {
    const texts = {
      base: base === null || base === 'unknown' ? null : decodeText(base),
      ours: decodeText(ours),
      theirs: decodeText(theirs),
    };
    return [texts.base ?? '', texts.ours, texts.theirs].some((text) => text.includes('\0')) ? null : texts;
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}
