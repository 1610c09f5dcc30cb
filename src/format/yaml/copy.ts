import type { AliasNode, MappingNode, Pair, YamlNode } from './node.ts';

/**
 * An alias or a merge (`<<: *x`) over values that must be encrypted. A token is bound to its path, so the collection is
 * written out there, with tokens of its own; the layout record keeps the alias.
 */
export interface Copy {
  readonly kind: 'alias' | 'merge';
  /** Place of the alias, or of the mapping that merges. */
  readonly document: number;
  readonly path: readonly (string | number)[];
  readonly start: number;
  readonly end: number;
  readonly inFlow: boolean;
  /** Of the merging mapping's keys. */
  readonly column: number;
  /** What is written out. For a merge, what gets into the mapping by it. */
  readonly content: YamlNode;
}

/** What a mapping holds for a reader of YAML 1.1: its merges take part, keys of its own win. */
export function mergedPairs(mapping: MappingNode): Pair[] {
  if (!mapping.pairs.some(isMerge)) return mapping.pairs;
  const taken = new Set(mapping.pairs.filter((pair) => !isMerge(pair)).map(({ key }) => key.value));
  return mapping.pairs.flatMap((pair) => (isMerge(pair) ? pairsByMerge(pair, taken) : [pair]));
}

/** What one `<<` adds. @param taken names that are there already; grows */
export function pairsByMerge({ value }: Pair, taken: Set<string>): Pair[] {
  return mergeSources(value).flatMap((source) =>
    mergedPairs(source).filter(({ key }) => {
      if (taken.has(key.value)) return false;
      taken.add(key.value);
      return true;
    }),
  );
}

/** Whether a pair merges by aliases alone; mappings that stand in place keep the path with the `<<` in it. */
export function isMerge({ merges, explicit, value }: Pair): boolean {
  if (!merges || explicit) return false;
  if (value.kind === 'alias') return value.target.kind === 'mapping';
  return (
    value.kind === 'sequence' &&
    value.flow &&
    value.items.length > 0 &&
    value.items.every((item): item is AliasNode => item.kind === 'alias' && item.target.kind === 'mapping')
  );
}

function mergeSources(value: YamlNode): MappingNode[] {
  const nodes = value.kind === 'sequence' ? value.items : [value];
  return nodes.flatMap((node) => (node.kind === 'alias' && node.target.kind === 'mapping' ? [node.target] : []));
}
