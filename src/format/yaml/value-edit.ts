import { GitSopsError } from '../../errors.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import type { Plaintext } from '../format.ts';
import type { Splice } from '../splice.ts';
import { blankLinesAfter, spellBlock } from './block-spelling.ts';
import { type InlineStyle, quoteDouble, spellInline } from './inline-spelling.ts';
import type { ValueItem } from './leaves.ts';
import { literalAt, unitOf } from './literal.ts';
import type { ScalarNode } from './node.ts';
import { hasPrivateSign } from './private-sign.ts';
import { coreTag } from './resolve.ts';
import type { Source } from './source.ts';
import type { BlockScalar } from './token.ts';

/** A value's token in the place of its spelling, and the spelling where nothing else would give it back. */
export interface SealedValue {
  readonly splices: readonly Splice[];
  readonly layout: string | null;
}

/** Tags under which a token would not be a text; sops would refuse the file. */
const typedTags = new Set(['int', 'float', 'bool', 'null', 'binary', 'timestamp']);

/**
 * How a value is written once it is encrypted. A token is the whole value for every YAML parser: quotes stay, in a flow
 * collection there are some, and a block becomes a literal one without its last line break.
 * @param plainUnit of a file that this one follows, and which has a plain token here: it stays one where this is how that is shown
 */
export function sealValue(
  source: Source,
  item: ValueItem,
  lineEnd: string,
  token: string,
  plainUnit: number | null = null,
): SealedValue {
  const { node, alias, leaf } = item;
  if (alias !== null) {
    const text = alias.inFlow ? `'${token}'` : token;
    return {
      splices: [{ start: alias.start, end: alias.end, text }],
      layout: source.text.slice(alias.start, alias.end),
    };
  }
  const { start, prefix } = regionStart(source, item);
  const plaintext: Plaintext = { type: leaf.type, plaintext: leaf.plaintext };
  const { block } = node;
  if (block === null || block.contentEnd === block.contentStart) {
    const style = tokenStyle(node);
    const quote = style === 'plain' ? '' : style === 'single' ? "'" : '"';
    const end = block === null ? node.end : block.headerEnd;
    const spelled = source.text.slice(start, end);
    const isShown = plainUnit !== null && spelled === spellInline(plaintext, 'plain', node.inFlow);
    if (block === null && isShown) return { splices: [{ start, end, text: token }], layout: null };
    return {
      splices: [{ start, end, text: `${prefix}${quote}${token}${quote}` }],
      layout: block === null && spelled === spellInline(plaintext, style, node.inFlow) ? null : spelled,
    };
  }
  const header = source.text.slice(start, block.headerEnd);
  const content = source.text.slice(block.contentStart, block.contentEnd);
  const splices = [
    { start, end: block.headerEnd, text: `${prefix}|-` },
    { start: block.contentStart, end: block.contentEnd, text: ' '.repeat(block.indent) + token },
  ];
  const canonical =
    typeof leaf.plaintext === 'string' && prefix === '' && leaf.type === 'str'
      ? spellBlock(leaf.plaintext, block.indent, node.indent, lineEnd)
      : null;
  const same = canonical !== null && canonical.header === header && canonical.content === content;
  const shown = same && plainUnit !== null ? literalAt(source, node, String(leaf.plaintext), plainUnit, lineEnd) : null;
  if (shown?.header === header && shown.content === content) {
    const plain = [
      { start, end: block.headerEnd, text: token },
      { start: source.lineEnd(block.headerEnd), end: block.contentEnd, text: '' },
    ];
    return { splices: plain, layout: null };
  }
  return { splices, layout: same ? null : `${header}\n${content}` };
}

function tokenStyle(node: ScalarNode): InlineStyle {
  if (node.style === 'single' || node.style === 'double') return node.style;
  if (node.style !== 'plain') return 'double';
  return node.inFlow ? 'single' : 'plain';
}

/** A typed tag goes, and so does what only the user knows; an anchor that aliases name stays. */
function regionStart(source: Source, { node, leaf }: ValueItem): { start: number; prefix: string } {
  const { tag, anchor } = node;
  const typed = tag !== null && typedTags.has(coreTag(tag.value));
  if (!typed && !hasPrivateSign(node)) return { start: node.start, prefix: '' };
  const start = Math.min(tag?.start ?? node.start, anchor?.start ?? node.start);
  if (source.text.slice(start, node.start).includes('\n')) {
    const { line, column } = source.position(start);
    const detail = 'a tag or an anchor on another line than its value';
    throw new GitSopsError('unsupported-spelling', { line, column, detail, keyPath: showKeyPath(leaf.path) });
  }
  return { start, prefix: anchor === null || node.aliased !== true ? '' : `&${anchor.value} ` };
}

/** The value in the place of its token. @param layout its recorded spelling, null for none */
export function openValue(
  source: Source,
  node: ScalarNode,
  lineEnd: string,
  value: Plaintext,
  layout: string | null,
): Splice[] {
  const start = layout !== null && node.anchor !== null && /^[&!]/.test(layout) ? node.anchor.start : node.start;
  const { block } = node;
  if (block === null) {
    const style = node.style === 'single' || node.style === 'double' ? node.style : 'plain';
    if (layout === null && style === 'plain' && value.type === 'str' && typeof value.plaintext === 'string') {
      const shown = literalAt(source, node, value.plaintext, unitOf(source), lineEnd);
      const below = source.lineEnd(node.end);
      if (shown !== null) {
        return [
          { start, end: node.end, text: shown.header },
          { start: below, end: below, text: lineEnd + shown.content },
        ];
      }
    }
    return [{ start, end: node.end, text: layout ?? spellInline(value, style, node.inFlow) }];
  }
  if (layout !== null) {
    const first = layout.indexOf('\n');
    if (first >= 0) return blockSplices(start, block, layout.slice(0, first), layout.slice(first + 1));
  }
  const spelled =
    value.type === 'str' && typeof value.plaintext === 'string' && block.literal
      ? spellBlock(value.plaintext, block.indent, node.indent, lineEnd)
      : null;
  if (spelled !== null && (spelled.trailing < 2 || spelled.trailing - 1 === blankLinesAfter(source.text, block))) {
    return blockSplices(start, block, spelled.header, spelled.content);
  }
  const quoted = typeof value.plaintext === 'string' && value.type === 'str' ? quoteDouble(value.plaintext) : null;
  return [
    { start, end: block.headerEnd, text: layout ?? quoted ?? spellInline(value, 'double', false) },
    { start: source.lineEnd(block.headerEnd), end: block.contentEnd, text: '' },
  ];
}

function blockSplices(start: number, block: BlockScalar, header: string, content: string): Splice[] {
  return [
    { start, end: block.headerEnd, text: header },
    { start: block.contentStart, end: block.contentEnd, text: content },
  ];
}
