import type { SequenceNode, YamlNode } from '../../format/yaml/node.ts';
import { everyNode } from './rule-nodes.ts';

/**
 * The one block list in which all items of this list are defined, by anchors: `keys: [&alice age1…]`, and `*alice` in the rules. Null for
 * a list that is written otherwise.
 */
export function definitionsOf(root: YamlNode, list: SequenceNode): SequenceNode | null {
  if (list.items.length === 0) return null;
  const found = new Set<SequenceNode | null>();
  const placeOf = new Map([...everyNode(root)].map(({ node, parent }) => [node, parent]));
  for (const item of list.items) {
    const parent = item.kind === 'alias' ? placeOf.get(item.target) : undefined;
    found.add(parent?.kind === 'sequence' && parent !== list && !parent.flow ? parent : null);
  }
  const [only = null] = found;
  return found.size === 1 ? only : null;
}

export function anchorsIn(root: YamlNode): Set<string> {
  return new Set([...everyNode(root)].flatMap(({ node }) => (node.anchor === null ? [] : [node.anchor.value])));
}

/** A name as an anchor that is not taken: letters, digits, `-` and `_`, as go-yaml reads them. */
export function anchorFor(name: string, taken: ReadonlySet<string>): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  const base = plain === '' ? 'key' : plain;
  for (let i = 1; ; i++) {
    const anchor = i === 1 ? base : `${base}_${i}`;
    if (!taken.has(anchor)) return anchor;
  }
}
