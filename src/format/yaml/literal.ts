import { type BlockSpelling, spellBlock } from './block-spelling.ts';
import type { ScalarNode, YamlNode } from './node.ts';
import { placeOf } from './place.ts';
import type { Source } from './source.ts';
import type { YamlText } from './text.ts';

/**
 * How a text of several lines is shown whose token somebody else wrote plain, as sops writes all of them: as the literal block that
 * sops would decrypt it to, and not in double quotes on one long line. Null where that cannot be.
 * @param unit columns that a level of this file adds
 */
export function literalAt(
  source: Source,
  node: ScalarNode,
  text: string,
  unit: number,
  lineEnd: string,
): BlockSpelling | null {
  // go-yaml quotes what has blanks at the end of a line.
  if (node.inFlow || !text.includes('\n') || /[ \t](?:\n|$)/.test(text)) return null;
  const spelled = spellBlock(text, contentColumn(source, node, unit), node.indent, lineEnd);
  // More line breaks at the end would stand in the file as blank lines, which are not the block's to take.
  return spelled === null || spelled.trailing > 1 ? null : spelled;
}

/** Where go-yaml begins the lines: at the next level, or under the text behind a dash (`yaml_emitter_increase_indent`). */
function contentColumn(source: Source, { start, anchor, tag, indent }: ScalarNode, unit: number): number {
  const first = Math.min(start, anchor?.start ?? start, tag?.start ?? start);
  const isItem = /-[ \t]+$/.test(source.text.slice(source.lineStart(first), first));
  return isItem ? indent + 2 : unit * Math.floor((Math.max(indent, 0) + unit) / unit);
}

const units = new WeakMap<Source, number>();

/** What a level adds in a file that sops wrote: its metadata says it. */
export function unitOf(source: Source): number {
  const known = units.get(source);
  if (known !== undefined) return known;
  const [, outer = '', inner = ''] = /^( *)sops:[ \t]*\r?\n( +)[^ \r\n]/m.exec(source.text) ?? [];
  const unit = inner.length > outer.length ? inner.length - outer.length : 4;
  units.set(source, unit);
  return unit;
}

/** The places of a file that have a plain token. */
export function plainTokens({ documents }: YamlText): ReadonlySet<string> {
  const places = new Set<string>();
  const visit = (node: YamlNode, document: number, path: readonly (string | number)[]): void => {
    if (node.kind === 'mapping') for (const { key, value } of node.pairs) visit(value, document, [...path, key.value]);
    else if (node.kind === 'sequence')
      for (const [i, item] of node.items.entries()) visit(item, document, [...path, i]);
    else if (node.kind === 'scalar' && node.style === 'plain' && !node.inFlow && node.value.startsWith('ENC[')) {
      places.add(placeOf({ document, path }));
    }
  };
  for (const { root, index } of documents) visit(root, index, []);
  return places;
}
