import type { Splice } from '../../format/splice.ts';
import type { MappingNode, SequenceNode, YamlNode } from '../../format/yaml/node.ts';
import type { Source } from '../../format/yaml/source.ts';

interface Entry {
  readonly start: number;
  readonly end: number;
}

/**
 * The splices that take entries out of a YAML collection, with their commas or lines and the comments that are theirs; all else stays
 * where it is. The collection must keep one: what is left of an empty one is another value.
 */
export function takeOut(source: Source, collection: MappingNode | SequenceNode, gone: ReadonlySet<YamlNode>): Splice[] {
  const entries: (Entry & { readonly isGone: boolean })[] =
    collection.kind === 'sequence'
      ? collection.items.map((item) => ({ ...whole(item), isGone: gone.has(item) }))
      : collection.pairs.map(({ key, value }) => {
          const end = Math.max(key.end, value.end);
          return { start: whole(key).start, end, isGone: gone.has(value) };
        });
  return collection.flow ? ofFlow(source, entries) : ofBlock(source, collection, entries);
}

/** Anchor and tag included. */
function whole(node: YamlNode): Entry {
  const start = Math.min(node.start, node.anchor?.start ?? node.start, node.tag?.start ?? node.start);
  return { start, end: node.end };
}

function ofBlock(
  source: Source,
  { kind, column }: MappingNode | SequenceNode,
  entries: readonly (Entry & { readonly isGone: boolean })[],
): Splice[] {
  return entries.flatMap(({ start, end, isGone }, i) => {
    if (!isGone) return [];
    const from = source.lineStart(start);
    const next = entries[i + 1];
    const dash = source.text.slice(from, from + column);
    // The first entry may share its line with the dash of the sequence around it: that one stays.
    if (kind === 'mapping' && dash.trim() !== '') {
      const isNext = next !== undefined && !next.isGone && source.nextLine(end) === source.lineStart(next.start);
      const left = isNext ? next.start : source.lineEnd(end);
      return [{ start, end: left, text: '' }];
    }
    if (kind === 'sequence' && dash.trim() !== '')
      return [{ start: from + column, end: source.lineEnd(end), text: '' }];
    // A comment above is this entry's own where the next one has its own too; else it may speak of all that follow.
    const isOwn = next === undefined ? i > 0 : commentStart(source, next.start) !== null;
    const above = isOwn ? commentStart(source, start) : null;
    return [{ start: above ?? from, end: source.nextLine(source.lineEnd(end)), text: '' }];
  });
}

/** Where the comment lines begin that stand straight above a line, at its column; null where there are none. */
export function commentStart(source: Source, offset: number): number | null {
  const line = source.lineStart(offset);
  const indent = /^[ \t]*/.exec(source.text.slice(line))?.[0] ?? '';
  let start: number | null = null;
  for (let at = line; at > 0; ) {
    at = source.lineStart(at - 1);
    if (!source.text.startsWith(`${indent}#`, at)) break;
    start = at;
  }
  return start;
}

function ofFlow(source: Source, entries: readonly (Entry & { readonly isGone: boolean })[]): Splice[] {
  const { text } = source;
  const lastKept = entries.findLastIndex(({ isGone }) => !isGone);
  return entries.flatMap(({ start, end, isGone }, i) => {
    if (!isGone) return [];
    const [before, next] = [entries[i - 1], entries[i + 1]];
    const line = source.lineStart(start);
    const behind = text.slice(end, source.lineEnd(end));
    if (text.slice(line, start).trim() === '' && /^\s*,?\s*(?:#.*)?$/.test(behind)) {
      const lines = { start: line, end: source.nextLine(end), text: '' };
      // A last one without a comma: the one before it becomes that.
      const comma =
        before === undefined || i !== lastKept + 1 || /^\s*,/.test(behind) ? -1 : text.indexOf(',', before.end);
      return comma < 0 ? [lines] : [{ start: comma, end: comma + 1, text: '' }, lines];
    }
    if (i < lastKept && next !== undefined) {
      const between = text.slice(end, next.start);
      const isInline = !between.includes('\n');
      return [{ start, end: isInline ? next.start : end + between.indexOf(',') + 1, text: '' }];
    }
    // Behind the last that stays: with the comma in front of it, if nothing else is there.
    const isBare = before !== undefined && /^\s*,[ \t]*$/.test(text.slice(before.end, start));
    return [{ start: isBare ? before.end : start, end, text: '' }];
  });
}
