import type { MetadataTree } from '../format.ts';
import type { JsonNode, JsonObject } from './scan.ts';

/** The `sops` object as a tree. Members become own properties, whatever their names. */
export function treeOfObject({ members }: JsonObject): MetadataTree {
  return Object.fromEntries(members.map(({ key, value }) => [key, plainOf(value)]));
}

export function plainOf(node: JsonNode): unknown {
  switch (node.kind) {
    case 'object':
      return treeOfObject(node);
    case 'array':
      return node.items.map((item) => plainOf(item));
    case 'string':
      return node.value;
    case 'number':
      return Number(node.number.canonical);
    case 'null':
      return null;
    default:
      return node.kind === 'true';
  }
}
