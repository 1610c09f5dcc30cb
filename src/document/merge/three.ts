import type { OutlineNode } from '../../format/outline.ts';
import type { Versions } from './chunk.ts';

/** The three versions of one thing that both sides have; null where there is no common ancestor of it. */
export interface Three<T> {
  readonly base: T | null;
  readonly ours: T;
  readonly theirs: T;
}

/**
 * The text where at most one side changed it; null where both did.
 * @param known whether there is a base
 */
export function unlessBoth({ base, ours, theirs }: Versions, known: boolean): string | null {
  if (ours === theirs) return ours;
  if (known && base === ours) return theirs;
  if (known && base === theirs) return ours;
  return null;
}

/** Whether each has a head, a value and a tail of its own on the entry's lines. */
export function isAtomic({ base, ours, theirs }: Three<OutlineNode>): boolean {
  return [base, ours, theirs].every((node) => node === null || node.kind === 'value' || node.style === 'inline');
}
