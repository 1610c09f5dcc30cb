import type { Outline, OutlineContainer, OutlineEntry, OutlineNode } from '../../format/outline.ts';
import { treeOf } from '../../format/outline.ts';
import { align } from '../../tree/merge/align.ts';
import type { Side } from '../../tree/merge/merge-trees.ts';
import { isCollision } from '../../tree/merge/slot.ts';
import type { Branch, TreeNumbers } from '../../tree/merge/tree.ts';
import type { Chunk, Versions } from './chunk.ts';
import { asContainers } from './containers.ts';
import { joinInline, type Piece } from './inline.ts';
import { mergeLines } from './merge-lines.ts';
import { shift, unindentFirst } from './shift.ts';
import { isAtomic, type Three, unlessBoth } from './three.ts';

/**
 * Merges three versions of a file entry by entry. What only one side changed is taken as it stands there, so the layout of
 * each side's own work stays; where both changed an entry, ours gives the frame. Nothing is proven here.
 */
export function mergeOutlines(base: Outline | null, ours: Outline, theirs: Outline, numbers: TreeNumbers): Chunk[] {
  return new OutlineMerger({ base, ours, theirs }, numbers).merge();
}

class OutlineMerger {
  readonly #files: Three<Outline>;
  readonly #numbers: TreeNumbers;

  constructor(files: Three<Outline>, numbers: TreeNumbers) {
    this.#files = files;
    this.#numbers = numbers;
  }

  merge(): Chunk[] {
    const { base, ours, theirs } = this.#files;
    const roots = { base: base?.root ?? null, ours: ours.root, theirs: theirs.root };
    return this.#entry(roots, { base: null, ours: null, theirs: null });
  }

  /** An entry that both sides have. */
  #entry(entries: Three<OutlineEntry>, around: Around): Chunk[] {
    const whole = this.#cut(entries, around, (entry) => [entry.start, entry.end]);
    const taken = unlessBoth(whole, entries.base !== null);
    if (taken !== null) return [taken];
    const lead = this.#cut(entries, around, (entry) => [entry.start, entry.own]);
    return [...this.#comments(lead, entries.base !== null), ...this.#body(entries, around)];
  }

  #body(entries: Three<OutlineEntry>, around: Around): Chunk[] {
    const whole = this.#cut(entries, around, (entry) => [entry.own, entry.end]);
    const known = entries.base !== null;
    const taken = unlessBoth(whole, known);
    if (taken !== null) return [taken];
    const { base, ours, theirs } = entries;
    const nodes = { base: base?.node ?? null, ours: ours.node, theirs: theirs.node };
    const inner = this.#containers(nodes, around);
    if (inner === null && !isAtomic(nodes)) return [this.#byMeaning(whole, nodes)];
    const head = this.#cut(entries, around, (entry) => [entry.own, entry.node.start]);
    const tail = this.#cut(entries, around, (entry) => [entry.node.end, entry.end]);
    const value = inner ?? [this.#value(nodes, around)];
    // A head is a key and what stands around it. Where both moved it about, one way is as good as the other.
    return [unlessBoth(head, known) ?? head.ours, ...value, ...this.#comments(tail, known)];
  }

  #value(nodes: Three<OutlineNode>, around: Around): Chunk {
    const text = this.#cut(nodes, around, (node) => [node.start, node.end]);
    return unlessBoth(text, nodes.base !== null) ?? this.#byMeaning(text, nodes);
  }

  /** Both changed the text. Perhaps only one changed what it says. */
  #byMeaning(text: Versions, { base, ours, theirs }: Three<OutlineNode>): Chunk {
    const number = (node: OutlineNode) => this.#numbers.of(treeOf(node));
    if (number(ours) === number(theirs)) return text.ours;
    if (base !== null && number(base) === number(theirs)) return text.ours;
    if (base !== null && number(base) === number(ours)) return text.theirs;
    return text;
  }

  /** Comments and white space. */
  #comments(text: Versions, known: boolean): Chunk[] {
    const taken = unlessBoth(text, known);
    if (taken !== null) return [taken];
    if (text.ours.trim() === text.theirs.trim()) return [text.ours];
    return mergeLines(text);
  }

  /** Null where they cannot be merged entry by entry. */
  #containers(nodes: Three<OutlineNode>, around: Around): Chunk[] | null {
    const containers = asContainers(this.#files, nodes);
    if (containers === null) return null;
    const { base, ours, theirs } = containers;
    const branch = (node: OutlineContainer) => treeOf(node) as Branch;
    const isFile = around.ours === null && around.theirs === null;
    const slots = align(base === null ? null : branch(base), branch(ours), branch(theirs), this.#numbers, isFile);
    if (slots === null) return [this.#cut(nodes, around, (node) => [node.start, node.end])];
    const inside: Around = containers;
    const pieces: Piece[] = [];
    for (const slot of slots) {
      if (isCollision(slot)) {
        const run = (side: Side) =>
          slot[side].map((i) => this.#text(containers[side]?.entries[i] as OutlineEntry, side, inside));
        pieces.push({ kind: 'runs', base: run('base'), ours: run('ours'), theirs: run('theirs') });
        continue;
      }
      const entries = {
        base: slot.base === null ? null : (base?.entries[slot.base] ?? null),
        ours: slot.ours === null ? null : (ours.entries[slot.ours] ?? null),
        theirs: slot.theirs === null ? null : (theirs.entries[slot.theirs] ?? null),
      };
      const piece = this.#piece(entries, inside);
      if (piece !== null) pieces.push(piece);
    }
    if (ours.style === 'inline') return joinInline(this.#files, containers, pieces);
    const chunks = pieces.flatMap((piece) => (piece.kind === 'entry' ? piece.chunks : [asVersions(piece)]));
    return ours.compact ? unindentFirst(chunks, ours.indent ?? '') : chunks;
  }

  /** Null for what is gone. */
  #piece(
    { base, ours, theirs }: { base: OutlineEntry | null; ours: OutlineEntry | null; theirs: OutlineEntry | null },
    inside: Around,
  ): Piece | null {
    const entries = { base, ours, theirs };
    if (ours !== null && theirs !== null) {
      return { kind: 'entry', entries, chunks: this.#entry({ base, ours, theirs }, inside), absent: null };
    }
    const left = ours ?? theirs;
    const side = ours === null ? 'theirs' : 'ours';
    if (left === null) return null;
    const text = this.#text(left, side, inside);
    if (base === null) return { kind: 'entry', entries, chunks: [text], absent: null };
    // One side took it away. If the other changed nothing in it, it goes.
    if (this.#numbers.same(treeOf(base.node), treeOf(left.node))) return null;
    const versions = { base: this.#text(base, 'base', inside), ours: '', theirs: '', [side]: text };
    return { kind: 'entry', entries, chunks: [versions], absent: side === 'ours' ? 'theirs' : 'ours' };
  }

  #text(entry: OutlineEntry, side: keyof Versions, around: Around): string {
    return this.#range(entry.start, entry.end, side, around);
  }

  #cut<T>(things: Three<T>, around: Around, rangeOf: (thing: T) => [number, number]): Versions {
    const of = (side: keyof Versions): string => {
      const thing = things[side];
      return thing === null ? '' : this.#range(...rangeOf(thing), side, around);
    };
    return { base: of('base'), ours: of('ours'), theirs: of('theirs') };
  }

  /** A range of a version, its lines moved to where ours stand. The first entry of a compact container gets its indentation. */
  #range(from: number, to: number, side: keyof Versions, around: Around): string {
    const file = this.#files[side];
    const container = around[side];
    if (file === null) return '';
    const text = file.text.slice(from, to);
    const frame = around.ours ?? container;
    if (container === null || frame === null) return text;
    const first = container.compact && from === container.start && to > from;
    const whole = first ? (container.indent ?? '') + text : text;
    return shift(whole, container.indent, frame.indent, from === 0 || first || file.text[from - 1] === '\n');
  }
}

/** The containers that entries are in; null at the top. */
type Around = { readonly [side in keyof Versions]: OutlineContainer | null };

function asVersions({ base, ours, theirs }: Record<Side, readonly string[]>): Versions {
  return { base: base.join(''), ours: ours.join(''), theirs: theirs.join('') };
}
