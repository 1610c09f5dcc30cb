import type { KeyPath } from '../../tree/key-path.ts';
import type { Selects, ValueLeaf, ValueType } from '../../tree/leaf.ts';
import type { JsonNode, JsonObject, JsonScalar } from './scan.ts';

/** A leaf and the token that it stands for. */
export interface JsonLeaf {
  readonly leaf: ValueLeaf;
  /** Its path with the entries that repeat a key told apart, for the layout record: no two leaves share a place. */
  readonly place: readonly PlacePart[];
  readonly node: JsonScalar;
}

export type PlacePart = string | number | { readonly key: string; readonly twins: number };

/** The leaves of a root object in sops's order, without its metadata. */
export function leavesOf(root: JsonObject, selects: Selects): JsonLeaf[] {
  const leaves: JsonLeaf[] = [];
  // Where no key stands twice, which is nearly everywhere, the place is the path itself.
  const visit = (
    node: JsonNode,
    path: KeyPath,
    place: readonly PlacePart[],
    keys: readonly string[],
    selected: boolean,
  ): void => {
    const depth = path.length;
    if (node.kind === 'object') {
      // JSON has no comments, but sops counts the levels where they could be.
      const comments = noComments(depth + 1);
      for (const { key, twins, value } of node.members) {
        if (depth === 0 && key === 'sops') continue;
        const inner = [...keys, key];
        const at = [...path, key];
        const apart = twins === 0 && place === path ? at : [...place, twins === 0 ? key : { key, twins }];
        visit(value, at, apart, inner, isScalar(value) && selects(inner, comments, false));
      }
    } else if (node.kind === 'array') {
      const within = node.items.some(isScalar) && selects(keys, noComments(depth + 1), false);
      node.items.forEach((item, i) => {
        const at = [...path, i];
        visit(item, at, place === path ? at : [...place, i], keys, within);
      });
    } else {
      const { line, column } = node;
      const value = scalar(node);
      leaves.push({
        leaf: { kind: 'value', path, document: 0, line, column, comments: noComments(depth), selected, ...value },
        place,
        node,
      });
    }
  };
  const top: KeyPath = [];
  visit(root, top, top, [], false);
  return leaves;
}

function scalar(node: JsonScalar): { type: ValueType; plaintext: string; canonical: string } {
  switch (node.kind) {
    case 'string':
      return { type: 'str', plaintext: node.value, canonical: node.value };
    case 'number':
      return node.number;
    case 'null':
      return { type: 'null', plaintext: '', canonical: '' };
    default: {
      // As sops encrypts it, so that its tokens can be kept.
      const word = node.kind === 'true' ? 'True' : 'False';
      return { type: 'bool', plaintext: word, canonical: word };
    }
  }
}

function isScalar(node: JsonNode): boolean {
  return node.kind !== 'object' && node.kind !== 'array';
}

const stacks: (readonly (readonly string[])[])[] = [];

function noComments(depth: number): readonly (readonly string[])[] {
  stacks[depth] ??= Array.from({ length: depth }, () => []);
  return stacks[depth];
}
