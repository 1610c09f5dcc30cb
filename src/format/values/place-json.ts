import type { Outline, OutlineContainer } from '../outline.ts';
import { emitIndented } from './emit-json.ts';
import { type Placer, spliced } from './placer.ts';

export const jsonPlacer: Placer = {
  documents: false,
  *replace(outline, container, { node }, value) {
    const { line, unit } = styleIn(outline, container);
    yield spliced(outline.text, node.start, node.end, emitIndented(value, unit, line));
  },
  *insert(outline, container, key, value) {
    const { line, unit } = styleIn(outline, container);
    const { text } = outline;
    const written = (typeof key === 'string' ? `${JSON.stringify(key)}: ` : '') + emitIndented(value, unit, line);
    const last = container.entries.at(-1);
    // An empty one is written anew as a whole.
    if (last === undefined) return;
    yield spliced(text, last.end, last.end, `,${line ?? ' '}${written}`);
  },
};

/** How the entries of a container stand: each in a line of its own, or all in one. */
function styleIn(outline: Outline, container: OutlineContainer): { line: string | null; unit: string } {
  const unit = unitOf(outline);
  const { indent } = container;
  if (indent === null && container.entries.length > 0) return { line: null, unit };
  return { line: `\n${indent ?? unit}`, unit };
}

/** What one level deeper adds in this file: what its top level has. */
function unitOf({ root }: Outline): string {
  const { node } = root;
  return node.kind === 'value' || node.indent === null || node.indent === '' ? '\t' : node.indent;
}
