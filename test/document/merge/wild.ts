import type { Outline, OutlineEntry, OutlineNode } from '../../../src/format/outline.ts';

/** Every entry of an outline that holds a plain value, with its path of keys and positions. */
export function valueEntries(outline: Outline): { entry: OutlineEntry; place: string }[] {
  const found: { entry: OutlineEntry; place: string }[] = [];
  const visit = (node: OutlineNode, place: string): void => {
    if (node.kind === 'value') return;
    node.entries.forEach((entry, i) => {
      const own = `${place}/${node.kind === 'map' ? entry.key : i}`;
      if (entry.node.kind === 'value' && entry.node.tree.kind === 'leaf') found.push({ entry, place: own });
      visit(entry.node, own);
    });
  };
  visit(outline.root.node, '');
  return found;
}

/** The text with a value written anew. */
export function replaced(text: string, changes: readonly (readonly [OutlineEntry, string])[]): string {
  let result = text;
  for (const [{ node }, value] of changes.toSorted(([a], [b]) => b.node.start - a.node.start)) {
    const glue = /[\s[{,]/.test(result.charAt(node.start - 1)) ? '' : ' ';
    result = result.slice(0, node.start) + glue + value + result.slice(node.end);
  }
  return result;
}
