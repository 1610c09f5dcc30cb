import type { ValueTree } from '../../tree/values/value-tree.ts';
import { type JsonNode, scanJson } from '../json/scan.ts';
import { decodeText } from '../source-text.ts';

export function readJsonValues(source: Uint8Array): ValueTree[] {
  return [valuesOf(scanJson(decodeText(source)))];
}

/** A JSON value of any kind, such as `set` is given; null where the text is none. */
export function readJsonValue(text: string): ValueTree | null {
  try {
    const [root] = scanJson(`{"":${text}\n}`).members;
    return root === undefined ? null : valuesOf(root.value);
  } catch {
    return null;
  }
}

function valuesOf(node: JsonNode): ValueTree {
  switch (node.kind) {
    case 'object':
      return { kind: 'map', entries: node.members.map(({ key, value }) => ({ key, value: valuesOf(value) })) };
    case 'array':
      return { kind: 'list', items: node.items.map(valuesOf) };
    case 'string':
      return { kind: 'scalar', type: 'str', content: node.value };
    case 'number':
      return { kind: 'scalar', type: node.number.type, content: node.number.canonical };
    case 'null':
      return { kind: 'scalar', type: 'null', content: '' };
    default:
      return { kind: 'scalar', type: 'bool', content: node.kind === 'true' ? 'True' : 'False' };
  }
}
