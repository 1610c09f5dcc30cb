import type { FormatName } from '../../format/format.ts';
import type { OutlineNode } from '../../format/outline.ts';
import { loadOutliner } from '../../format/outlines.ts';
import { decodeText, encodeText } from '../../format/source-text.ts';
import { loadPlacer } from '../../format/values/place.ts';
import { ownEnd } from '../../format/values/placer.ts';
import { loadValueReader } from '../../format/values/read.ts';
import type { KeyPath } from '../../tree/key-path.ts';
import { sameValues, type ValueTree } from '../../tree/values/value-tree.ts';
import { shift } from '../merge/shift.ts';
import { haveOneBreak, shapeOf } from '../merge/text-shape.ts';
import { descend, topOf } from './candidates.ts';

/**
 * A branch of a plaintext file as a file of its own, in its own spelling and with its comments; null where that does not read as
 * the branch does (it has an alias of something outside, it is a list and files are maps).
 */
export async function sliceOf(
  name: FormatName,
  source: Uint8Array,
  path: KeyPath,
  value: ValueTree,
): Promise<Uint8Array | null> {
  const outliner = await loadOutliner(name);
  if (outliner === null || name === 'binary') return null;
  const decoded = decodeText(source);
  const { text } = shapeOf(decoded, haveOneBreak([decoded], name));
  const outline = outliner(text);
  const top = topOf(outline, await loadPlacer(name));
  const steps = top === undefined ? [] : descend(top, path).steps;
  const last = steps.at(-1)?.entry;
  if (last === undefined || steps.length < path.length) return null;
  const sliced = encodeText(textOf(text, last.node, ownEnd(text, last)));
  try {
    const [first, ...others] = (await loadValueReader(name))(sliced);
    return first !== undefined && others.length === 0 && sameValues(first, value) ? sliced : null;
  } catch {
    return null;
  }
}

function textOf(text: string, node: OutlineNode, end: number): string {
  if (node.kind === 'value' || node.style === 'inline') {
    const own = text.slice(node.start, node.end);
    // The indentation of the line that the closing bracket stands in is that of the whole.
    const outer = /\n([ \t]*)[^\n]*$/.exec(own)?.[1] ?? '';
    return `${shift(own, outer, '', false)}\n`;
  }
  const { indent, compact } = node;
  return shift(text.slice(node.start, end), indent, '', !compact);
}
