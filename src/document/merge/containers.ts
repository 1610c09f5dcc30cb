import type { Outline, OutlineContainer, OutlineNode } from '../../format/outline.ts';
import { gapsOf } from './inline.ts';
import type { Three } from './three.ts';

/** Three containers of one kind and style, which can be merged entry by entry; null for everything else. */
export function asContainers(files: Three<Outline>, nodes: Three<OutlineNode>): Three<OutlineContainer> | null {
  const { base, ours, theirs } = nodes;
  if (ours.kind === 'value' || theirs.kind === 'value' || base?.kind === 'value') return null;
  const alike = (node: OutlineContainer) => node.kind === ours.kind && node.style === ours.style;
  if (!alike(theirs) || (base !== null && !alike(base))) return null;
  if (ours.style === 'inline') {
    // Comments between commas have no entry that they belong to. They must be the same, or the whole is one value.
    const comments = (file: Outline, node: OutlineContainer) =>
      gapsOf(file.text, node).join('\n').replace(/[\s,]/g, '');
    const own = comments(files.ours, ours);
    if (comments(files.theirs, theirs) !== own) return null;
    if (base !== null && files.base !== null && comments(files.base, base) !== own) return null;
  }
  return { base, ours, theirs };
}
