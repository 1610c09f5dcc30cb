import type { KeyPath } from '../../tree/key-path.ts';
import type { ValueTree } from '../../tree/values/value-tree.ts';
import type { Outline, OutlineContainer, OutlineEntry } from '../outline.ts';

/** Writes values into a text, in its own layout. Each method gives texts to try, the best first; they may be wrong. */
export interface Placer {
  /** Whether the outline's root is a list of documents. */
  readonly documents: boolean;
  /** The text with another value in an entry. */
  replace(outline: Outline, container: OutlineContainer, entry: OutlineEntry, value: ValueTree): Iterable<string>;
  /** The text with a new entry at a container's end. @param key of a map; a number for a list */
  insert(outline: Outline, container: OutlineContainer, key: KeyPath[number], value: ValueTree): Iterable<string>;
  /** The text with copies in place of whatever refers to something in this range; null where nothing does. */
  apart?(text: string, start: number, end: number): string | null;
}

export function spliced(text: string, start: number, end: number, replacement: string): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** Where an entry's own lines end: what stands behind it up to the next entry is not its own. */
export function ownEnd(text: string, entry: OutlineEntry): number {
  const { node } = entry;
  const last = node.kind !== 'value' && node.style === 'lines' ? node.entries.at(-1) : undefined;
  if (last !== undefined) return ownEnd(text, last);
  const end = node.kind === 'value' || node.style === 'inline' ? node.end : entry.own;
  const newline = text.indexOf('\n', end);
  return newline < 0 ? text.length : newline + 1;
}
