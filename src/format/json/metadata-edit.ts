import { deeper, emit, emitMember, type Style } from './emit.ts';
import { plainOf } from './metadata-node.ts';
import type { JsonArray, JsonNode, JsonObject } from './scan.ts';

/** The source text of a metadata value with what differs written anew, and every other byte as it was. */
export function followNode(text: string, node: JsonNode, value: unknown, style: Style): string {
  if (sameValue(plainOf(node), value)) return text.slice(node.start, node.end);
  if (node.kind === 'object' && isRecord(value)) return followObject(text, node, value, style);
  if (node.kind === 'array' && Array.isArray(value)) return followArray(text, node, value, style);
  return emit(value, style);
}

function followObject(text: string, node: JsonObject, value: Record<string, unknown>, style: Style): string {
  const parts: Part[] = [];
  const added = new Set(Object.keys(value).sort());
  node.members.forEach((member, i) => {
    if (!Object.hasOwn(value, member.key)) return;
    added.delete(member.key);
    const inner = followNode(text, member.value, value[member.key], innerStyle(text, node, style));
    const source = text.slice(member.keyStart, member.value.start) + inner;
    parts.push({ name: member.key, source, gap: gapBefore(text, node.members[i - 1]?.value, member.keyStart) });
  });
  for (const name of added) {
    // sops's order is alphabetical: before the first that comes later, so that an odd order stays as it is.
    const place = parts.findIndex((part) => part.name > name);
    const source = emitMember(name, value[name], innerStyle(text, node, style));
    parts.splice(place < 0 ? parts.length : place, 0, { name, source, gap: null });
  }
  return join(text, node, node.members[0]?.keyStart, node.members.at(-1)?.value.end, parts, style);
}

function followArray(text: string, node: JsonArray, value: readonly unknown[], style: Style): string {
  const { items } = node;
  const inner = innerStyle(text, node, style);
  const unused = new Set(items);
  const parts = value.map((entry, i): Part => {
    const same =
      items.length === value.length ? items[i] : items.find((it) => unused.has(it) && sameValue(plainOf(it), entry));
    if (same === undefined) return { name: '', source: emit(entry, inner), gap: null };
    unused.delete(same);
    const source = followNode(text, same, entry, inner);
    return { name: '', source, gap: gapBefore(text, items[items.indexOf(same) - 1], same.start) };
  });
  return join(text, node, items[0]?.start, items.at(-1)?.end, parts, style);
}

interface Part {
  readonly name: string;
  readonly source: string;
  /** What stood before it in the source: comma and whitespace; null for a new or a first one. */
  readonly gap: string | null;
}

function join(
  text: string,
  node: JsonObject | JsonArray,
  first: number | undefined,
  end: number | undefined,
  parts: readonly Part[],
  style: Style,
): string {
  const [open, close] = node.kind === 'object' ? ['{', '}'] : ['[', ']'];
  if (parts.length === 0) return open + close;
  const inner = deeper(style).line ?? '';
  const lead = first === undefined ? inner : text.slice(node.start + 1, first);
  const tail = end === undefined ? (style.line ?? '') : text.slice(end, node.end - 1);
  const gap = `,${lead === '' && style.line === null ? ' ' : lead}`;
  return open + lead + parts.map((part, i) => (i === 0 ? '' : (part.gap ?? gap)) + part.source).join('') + tail + close;
}

function gapBefore(text: string, previous: JsonNode | undefined, start: number): string | null {
  return previous === undefined ? null : text.slice(previous.end, start);
}

/** The style of a container's entries, by the whitespace before the first one. */
function innerStyle(text: string, node: JsonObject | JsonArray, style: Style): Style {
  const first = node.kind === 'object' ? node.members[0]?.keyStart : node.items[0]?.start;
  if (first === undefined) return deeper(style);
  const lead = text.slice(node.start + 1, first);
  return { line: lead.includes('\n') ? lead.slice(lead.search(/\r?\n[^\n]*$/)) : null, unit: style.unit };
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function sameValue(a: unknown, b: unknown): boolean {
  if (Array.isArray(a)) return Array.isArray(b) && a.length === b.length && a.every((item, i) => sameValue(item, b[i]));
  if (!isRecord(a)) return a === b;
  if (!isRecord(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && sameValue(a[key], b[key]))
  );
}
