import type { Side } from '../../tree/merge/merge-trees.ts';

/** A stretch of a merged text: settled, or with a version for each side. */
export type Chunk = string | Versions;

export interface Versions {
  readonly base: string;
  readonly ours: string;
  readonly theirs: string;
}

export const sides = ['base', 'ours', 'theirs'] as const;

/** Settled where both sides agree. */
export function chunkOf(versions: Versions): Chunk {
  return versions.ours === versions.theirs ? versions.ours : versions;
}

/** The text as one side has it where the two disagree. */
export function textFor(chunks: readonly Chunk[], side: Side): string {
  return chunks.map((chunk) => (typeof chunk === 'string' ? chunk : chunk[side])).join('');
}

export function isSettled(chunks: readonly Chunk[]): boolean {
  return chunks.every((chunk) => typeof chunk === 'string');
}
