import type { Outline, OutlineContainer, OutlineEntry, OutlineNode } from '../outline.ts';
import type { JsonArray, JsonNode, JsonObject, JsonScalar } from './scan.ts';

export function outlineJson(text: string, root: JsonObject): Outline {
  const start = text.startsWith('\ufeff') ? 1 : 0;
  return { text, root: { key: '', start, own: start, node: outline(text, root), end: text.length } };
}

function outline(text: string, node: JsonNode): OutlineNode {
  if (node.kind !== 'object' && node.kind !== 'array') {
    return { kind: 'value', start: node.start, end: node.end, tree: { kind: 'leaf', meaning: meaningOf(node) } };
  }
  const entries = entriesOf(text, node);
  const [first] = entries;
  const lead = first === undefined ? '' : text.slice(node.start + 1, first.start);
  const container: OutlineContainer = {
    kind: node.kind === 'object' ? 'map' : 'list',
    start: node.start,
    end: node.end,
    style: 'inline',
    indent: lead.includes('\n') ? lead.slice(lead.lastIndexOf('\n') + 1) : null,
    compact: false,
    entries,
  };
  return container;
}

function entriesOf(text: string, node: JsonObject | JsonArray): OutlineEntry[] {
  if (node.kind === 'array') {
    return node.items.map((item) => ({
      key: '',
      start: item.start,
      own: item.start,
      node: outline(text, item),
      end: item.end,
    }));
  }
  return node.members.map(({ key, keyStart, value }) => ({
    key,
    start: keyStart,
    own: keyStart,
    node: outline(text, value),
    end: value.end,
  }));
}

function meaningOf(node: JsonScalar): string {
  if (node.kind === 'string') return `str ${node.value}`;
  return node.kind === 'number' ? `${node.number.type} ${node.number.canonical}` : node.kind;
}
