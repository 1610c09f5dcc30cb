import { applySplices, type Splice } from '../../format/splice.ts';
import type { AliasNode, MappingNode, ScalarNode, SequenceNode, YamlNode } from '../../format/yaml/node.ts';
import type { Source } from '../../format/yaml/source.ts';
import { anchorFor, anchorsIn, definitionsOf } from './anchors.ts';
import type { ListPlace } from './rule-nodes.ts';
import { targetOf } from './rule-nodes.ts';
import { commentStart } from './take-out.ts';
import { withName } from './text-list.ts';

/** Who comes, and what the list calls them. */
export interface Newcomer {
  readonly id: string;
  /** On one line; null for none. */
  readonly name: string | null;
}

/** The text of a `.sops.yaml` with a recipient at the end of these lists; whether it says that is for the caller to see. */
export function withRecipientIn(source: Source, root: YamlNode, lists: readonly ListPlace[], who: Newcomer): string {
  const splices: Splice[] = [];
  const done = new Set<YamlNode>();
  let anchor: string | null = null;
  for (const { owner, name, pair } of lists) {
    const list = pair === null ? null : targetOf(pair.value);
    if (list !== null && done.has(list)) continue;
    if (list !== null) done.add(list);
    if (list === null || pair === null || (list.kind === 'scalar' && list.style === 'empty')) {
      splices.push(...newEntry(source, owner, name, who, pair === null ? null : pair.key.end));
    } else if (list.kind === 'scalar') {
      splices.push(...withName(source, list, who.id), ...commentAbove(source, pair.key.start, who));
    } else if (list.kind === 'sequence') {
      const definitions = who.name === null ? null : definitionsOf(root, list);
      if (definitions !== null && anchor === null) {
        anchor = anchorFor(who.name ?? '', anchorsIn(root));
        splices.push(...withItem(source, definitions, { ...who, id: `&${anchor} ${who.id}` }));
      }
      const item = definitions === null ? who : { id: `*${anchor}`, name: null };
      splices.push(...withItem(source, list, item));
      if (isInline(source, list)) splices.push(...commentAbove(source, pair.key.start, item));
    }
  }
  return applySplices(source.text, unique(splices));
}

/** A further item, written as the ones before it are. */
function withItem(source: Source, list: SequenceNode, { id, name }: Newcomer): Splice[] {
  const { text } = source;
  const newline = text.includes('\r\n') ? '\r\n' : '\n';
  const last = list.items.at(-1);
  if (last === undefined) return [{ start: list.start + 1, end: list.start + 1, text: id }];
  const lineEnd = source.lineEnd(last.end);
  const start = source.lineStart(firstOf(last));
  if (!list.flow) {
    const indent = ' '.repeat(list.column);
    const gap = /(\s+)#.*$/.exec(text.slice(last.end, lineEnd))?.[1] ?? ' ';
    const isCommented = /\s#/.test(text.slice(last.end, lineEnd));
    const above = name !== null && !isCommented && commentStart(source, last.start) !== null;
    const comment = name === null || above ? '' : `${gap}# ${name}`;
    const heading = above ? `${newline}${indent}# ${name}` : '';
    return [{ start: lineEnd, end: lineEnd, text: `${heading}${newline}${indent}- ${id}${comment}` }];
  }
  const lead = text.slice(start, firstOf(last));
  if (isInline(source, list)) {
    const rest = /^\s*,/.exec(text.slice(last.end));
    if (rest === null) return [{ start: last.end, end: last.end, text: `, ${id}` }];
    const end = last.end + rest[0].length;
    return [{ start: end, end, text: ` ${id}` }];
  }
  const isOpen = /^\s*,/.test(text.slice(last.end));
  const comment = name === null ? '' : ` # ${name}`;
  return [
    { start: last.end, end: last.end, text: isOpen ? '' : ',' },
    { start: lineEnd, end: lineEnd, text: `${newline}${lead}${id}${isOpen ? ',' : ''}${comment}` },
  ];
}

/** A flow list whose items stand on one line with others: none has room for a comment of its own. */
function isInline(source: Source, { flow, items }: SequenceNode): boolean {
  const last = items.at(-1);
  if (!flow || last === undefined) return flow;
  return source.text.slice(source.lineStart(firstOf(last)), firstOf(last)).trim() !== '';
}

/** @param behind the end of the key that stands there without a value; null where there is no such key */
function newEntry(source: Source, owner: MappingNode, name: string, who: Newcomer, behind: number | null): Splice[] {
  if (behind !== null) {
    const colon = source.text.indexOf(':', behind) + 1;
    return [{ start: colon, end: colon, text: ` [${who.id}]` }];
  }
  const last = owner.pairs.at(-1);
  if (last === undefined) return [{ start: owner.start + 1, end: owner.start + 1, text: `${name}: [${who.id}]` }];
  const end = Math.max(last.key.end, last.value.end);
  if (owner.flow) return [{ start: end, end, text: `, ${name}: [${who.id}]` }];
  const newline = source.text.includes('\r\n') ? '\r\n' : '\n';
  const indent = ' '.repeat(owner.column);
  const comment = who.name === null ? '' : ` # ${who.name}`;
  const at = source.lineEnd(end);
  return [{ start: at, end: at, text: `${newline}${indent}${name}:${newline}${indent}  - ${who.id}${comment}` }];
}

/** A text, or a list on one line, cannot hold a comment: whose key is which stands above it. */
function commentAbove(source: Source, key: number, { id, name }: Newcomer): Splice[] {
  if (name === null) return [];
  const start = source.lineStart(key);
  const indent = /^[ \t]*/.exec(source.text.slice(start))?.[0] ?? '';
  const newline = source.text.includes('\r\n') ? '\r\n' : '\n';
  return [{ start, end: start, text: `${indent}# ${name}: ${id}${newline}` }];
}

function firstOf(node: ScalarNode | AliasNode | MappingNode | SequenceNode): number {
  return Math.min(node.start, node.anchor?.start ?? node.start, node.tag?.start ?? node.start);
}

function unique(splices: readonly Splice[]): Splice[] {
  const seen = new Set<string>();
  return splices.filter((splice) => {
    const key = JSON.stringify(splice);
    return splice.text !== '' && !seen.has(key) && seen.add(key);
  });
}
