import type { Splice } from '../../format/splice.ts';
import type { ScalarNode } from '../../format/yaml/node.ts';
import type { Source } from '../../format/yaml/source.ts';

/** Where the characters of a scalar stand, without its quotes or its block header. */
function contentOf(node: ScalarNode): { start: number; end: number } {
  if (node.block !== null) return { start: node.block.contentStart, end: node.block.contentEnd };
  const quotes = node.style === 'single' || node.style === 'double' ? 1 : 0;
  return { start: node.start + quotes, end: node.end - quotes };
}

/** A text with commas and one name more at its end, on a line of its own where the text has several. */
export function withName(source: Source, node: ScalarNode, name: string): Splice[] {
  const { start, end } = contentOf(node);
  const content = source.text.slice(start, end);
  const isOpen = /,\s*$/.test(content);
  const newline = source.text.includes('\r\n') ? '\r\n' : '\n';
  if (node.block !== null) {
    return [{ start: end, end, text: `${isOpen ? '' : ','}${newline}${' '.repeat(node.block.indent)}${name}` }];
  }
  // In a flow collection a comma would end it.
  if (node.inFlow && node.style === 'plain') {
    return [
      { start, end: start, text: "'" },
      { start: end, end, text: `,${name}'` },
    ];
  }
  const [, indent] = /\n([ \t]*)\S[^\n]*$/.exec(content) ?? [];
  const gap = indent === undefined ? (/,([ \t]*)\S/.exec(content)?.[1] ?? '') : newline + indent;
  return [{ start: end, end, text: isOpen ? name : `,${gap}${name}` }];
}

/** A text with commas without some of its names, with their lines where they have some of their own. */
export function withoutName(source: Source, node: ScalarNode, names: readonly string[]): Splice[] {
  const { start, end } = contentOf(node);
  const content = source.text.slice(start, end);
  const isGone = (part: string) => names.includes(part.trim());
  const kept: string[] = [];
  // Each part with what stands in front of it: the first one's indentation stays with whoever comes first.
  for (const part of content.split(',')) if (!isGone(part)) kept.push(part);
  const [first = ''] = content.split(',');
  const lead = /^\s*/.exec(first)?.[0] ?? '';
  const text = kept.map((part, i) => (i === 0 ? lead + part.trimStart() : part)).join(',');
  return [{ start, end, text }];
}
