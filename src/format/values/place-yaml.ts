import type { ScalarTree, ValueTree } from '../../tree/values/value-tree.ts';
import type { Outline, OutlineContainer, OutlineEntry, OutlineNode } from '../outline.ts';
import { applySplices } from '../splice.ts';
import { spellBlock } from '../yaml/block-spelling.ts';
import { quoteDouble, spellInline } from '../yaml/inline-spelling.ts';
import { readText } from '../yaml/text.ts';
import { behindDash, behindKey, inlineScalar, yamlInline, yamlKey } from './emit-yaml.ts';
import { ownEnd, type Placer, spliced } from './placer.ts';
import { copiesFor } from './yaml-copies.ts';

export const yamlPlacer: Placer = {
  documents: true,
  *replace(outline, container, entry, value) {
    const { text } = outline;
    const { node } = entry;
    if (value.kind === 'scalar' && node.kind === 'value') {
      for (const spelled of scalarSpellings(outline, container, node, value)) {
        yield spliced(text, node.start, node.end, spelled);
      }
    }
    if (container.style === 'inline') yield spliced(text, node.start, node.end, yamlInline(value, true));
    else yield* rewriteEntry(outline, container, entry, value);
  },
  *insert(outline, container, key, value) {
    const last = container.entries.at(-1);
    if (last === undefined) return;
    const { text } = outline;
    if (container.style === 'inline') {
      const written = (typeof key === 'string' ? `${yamlKey(key, true)}: ` : '') + yamlInline(value, true);
      const gap = container.indent === null ? ' ' : `\n${container.indent}`;
      yield spliced(text, last.end, last.end, `,${gap}${written}`);
      return;
    }
    const at = ownEnd(text, last);
    const { unit, listIndent } = layoutOf(outline);
    const lines = typeof key === 'string' ? behindKey(yamlKey(key), value, unit, listIndent) : behindDash(value, unit);
    yield spliced(text, at, at, below(lines, container.indent ?? ''));
  },
  apart(text, start, end) {
    const copies = copiesFor(readText(text), (target) => target.start < end && target.end > start);
    return copies.length === 0 ? null : applySplices(text, copies);
  },
};

/** A value in the style of the one that it replaces, then in any. */
function* scalarSpellings(
  outline: Outline,
  { style, indent }: OutlineContainer,
  node: OutlineNode,
  value: ScalarTree,
): Generator<string> {
  const { content, type } = value;
  const inFlow = style === 'inline';
  const old = outline.text[node.start] ?? '';
  if (type === 'str' && typeof content === 'string') {
    if (!inFlow && (old === '|' || old === '>' || content.includes('\n'))) {
      const outer = (indent ?? '').length;
      const block = spellBlock(content, outer + layoutOf(outline).unit, outer, '\n');
      if (block !== null) yield `${block.header}\n${block.content}${'\n'.repeat(Math.max(0, block.trailing - 1))}`;
    }
    if (old === '"' || old === "'") {
      yield spellInline({ type, plaintext: content }, old === '"' ? 'double' : 'single', inFlow);
    }
    if (content.includes('\n')) yield quoteDouble(content);
  }
  yield inlineScalar(value, inFlow);
}

/** The lines of an entry behind its key or dash written anew; a comment in its first line stays where the value is on others. */
function* rewriteEntry(
  outline: Outline,
  container: OutlineContainer,
  entry: OutlineEntry,
  value: ValueTree,
): Generator<string> {
  const { text } = outline;
  const { unit, listIndent } = layoutOf(outline);
  const end = ownEnd(text, entry);
  const line = text.slice(entry.own, end).split('\n')[0] ?? '';
  const key = (container.kind === 'map' ? keyShape : dashShape).exec(line)?.[0];
  if (key === undefined) return;
  const lead = /^\s*/.exec(key)?.[0] ?? '';
  const lines =
    container.kind === 'map' ? behindKey(key.slice(lead.length, -1), value, unit, listIndent) : behindDash(value, unit);
  const [first = '', ...rest] = lines;
  const body = below(rest, container.indent ?? '');
  const comment = firstComment(entry, line, key);
  if (comment !== null) yield spliced(text, entry.own, end, `${lead}${first} ${comment}\n${body}`);
  yield spliced(text, entry.own, end, `${lead}${first}\n${body}`);
}

/** The comment at the end of an entry's first line: behind its value, or behind its key where the value is on others. */
function firstComment({ own, node }: OutlineEntry, line: string, key: string): string | null {
  const behind = node.start < own + line.length ? Math.max(node.end - own, key.length) : key.length;
  return /^\s+(#.*)$/.exec(line.slice(behind))?.[1] ?? null;
}

/** Through the colon: a quoted key, or a plain one. */
const keyShape = /^\s*(?:"(?:[^"\\]|\\.)*"|'(?:[^']|'')*'|[^\s"'#][^\n]*?)\s*:(?=\s|$)/;
const dashShape = /^\s*-(?=\s|$)/;

function below(lines: readonly string[], indent: string): string {
  return lines.map((line) => `${line === '' ? '' : indent}${line}\n`).join('');
}

/** What one level adds in this file, and how far a list stands from its key; sops's four where nothing says it. */
function layoutOf(outline: Outline): { unit: number; listIndent: number } {
  let unit: number | null = null;
  let listIndent: number | null = null;
  const visit = (node: OutlineNode, outer: number | null): void => {
    if (node.kind === 'value' || (unit !== null && listIndent !== null)) return;
    const own = node.style === 'lines' ? (node.indent?.length ?? 0) : null;
    if (own !== null && outer !== null && !node.compact) {
      if (node.kind === 'list') listIndent ??= own - outer;
      else if (own > outer) unit ??= own - outer;
    }
    for (const { node: inner } of node.entries) visit(inner, node.compact || node.kind === 'list' ? null : own);
  };
  if (outline.root.node.kind === 'list') for (const { node } of outline.root.node.entries) visit(node, null);
  return { unit: unit ?? 4, listIndent: listIndent ?? unit ?? 4 };
}
