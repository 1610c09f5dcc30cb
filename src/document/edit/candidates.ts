import type { Outline, OutlineContainer, OutlineEntry, OutlineNode } from '../../format/outline.ts';
import type { Placer } from '../../format/values/placer.ts';
import type { KeyPath } from '../../tree/key-path.ts';
import { childAt, grown } from '../../tree/values/value-path.ts';
import type { ValueTree } from '../../tree/values/value-tree.ts';
import { cutEntry } from './cut-entry.ts';

export type Change =
  | { readonly kind: 'set'; readonly path: KeyPath; readonly value: ValueTree }
  | { readonly kind: 'unset'; readonly path: KeyPath };

interface Step {
  readonly container: OutlineContainer;
  readonly entry: OutlineEntry;
  readonly part: string | number;
}

/**
 * Texts that may be the file with the change, the smallest first: the value alone, then with ever more of what is around it
 * written anew. None is believed before it was read again.
 * @param wanted what the first document shall say
 * @param few only the edit itself
 */
export function* candidatesFor(
  outline: Outline,
  placer: Placer,
  wanted: ValueTree,
  change: Change,
  few: boolean,
): Generator<string> {
  const top = topOf(outline, placer);
  if (top === undefined) return;
  const { steps, inside, rest } = descend(top, change.path);
  const last = steps.at(-1);
  if (change.kind === 'unset') {
    if (last !== undefined && rest.length === 0) yield* cutEntry(outline.text, last.container, last.entry);
  } else if (rest.length === 0 && last !== undefined) {
    yield* placer.replace(outline, last.container, last.entry, change.value);
  } else if (inside !== null) {
    const [part, ...deeper] = rest;
    if (part !== undefined) yield* placer.insert(outline, inside, part, grown(deeper, change.value));
  }
  if (few) return;
  for (let depth = steps.length - 1; depth >= 0; depth--) {
    const { container, entry } = steps[depth] as Step;
    const value = steps
      .slice(0, depth + 1)
      .reduce<ValueTree | null>((tree, { part }) => tree && childAt(tree, part), wanted);
    if (value !== null) yield* placer.replace(outline, container, entry, value);
  }
}

/** The characters of the value that a change is about, or of the nearest around it. */
export function rangeOf(outline: Outline, placer: Placer, path: KeyPath): [start: number, end: number] {
  const top = topOf(outline, placer);
  const { own, end } = (top === undefined ? undefined : descend(top, path).steps.at(-1)?.entry) ?? outline.root;
  return [own, end];
}

/** A YAML text is a list of documents, and the first one counts. */
export function topOf({ root }: Outline, { documents }: Placer): OutlineNode | undefined {
  return documents && root.node.kind === 'list' ? root.node.entries[0]?.node : root.node;
}

/** As far as the path leads: the entries on the way, and the collection that lacks the next one. */
export function descend(
  top: OutlineNode,
  path: KeyPath,
): { steps: Step[]; inside: OutlineContainer | null; rest: KeyPath } {
  const steps: Step[] = [];
  let node = top;
  for (const [i, part] of path.entries()) {
    if (node.kind === 'value') return { steps, inside: null, rest: path.slice(i) };
    const entry = typeof part === 'number' ? node.entries[part] : node.entries.find(({ key }) => key === part);
    if (entry === undefined) return { steps, inside: node, rest: path.slice(i) };
    steps.push({ container: node, entry, part });
    node = entry.node;
  }
  return { steps, inside: null, rest: [] };
}
