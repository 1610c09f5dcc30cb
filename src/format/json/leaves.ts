import type { KeyPath } from '../../tree/key-path.ts';
import type { Selects, ValueLeaf, ValueType } from '../../tree/leaf.ts';
import type { JsonNode, JsonObject, JsonScalar } from './scan.ts';

/** A leaf and the token that it stands for. */
export interface JsonLeaf {
  readonly leaf: ValueLeaf;
  readonly node: JsonScalar;
}

/** The leaves of a root object in sops's order, without its metadata. */
export function leavesOf(root: JsonObject, selects: Selects): JsonLeaf[] {
  const leaves: JsonLeaf[] = [];
  const visit = (node: JsonNode, path: KeyPath, keys: readonly string[], depth: number, selected: boolean): void => {
    if (node.kind === 'object') {
      // JSON has no comments, but sops counts the levels where they could be.
      const comments = noComments(depth + 1);
      for (const { key, value } of node.members) {
        if (depth === 0 && key === 'sops') continue;
        const inner = [...keys, key];
        visit(value, [...path, key], inner, depth + 1, isScalar(value) && selects(inner, comments, false));
      }
    } else if (node.kind === 'array') {
      const within = node.items.some(isScalar) && selects(keys, noComments(depth + 1), false);
      node.items.forEach((item, i) => {
        visit(item, [...path, i], keys, depth + 1, within);
      });
    } else {
      const { line, column } = node;
      const value = scalar(node);
      leaves.push({
        leaf: { kind: 'value', path, document: 0, line, column, comments: noComments(depth), selected, ...value },
        node,
      });
    }
  };
  visit(root, [], [], 0, false);
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
