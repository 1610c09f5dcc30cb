import { formatFloat, parseFloat64 } from '../../tree/go-number.ts';
import type { ScalarTree, ValueTree } from '../../tree/values/value-tree.ts';
import { spellBlock } from '../yaml/block-spelling.ts';
import { quoteDouble, spellInline } from '../yaml/inline-spelling.ts';
import { resolvePlain } from '../yaml/resolve.ts';

/** Words that YAML 1.1 takes for booleans: sops's own do not, other readers may. */
const oldBooleans = /^(?:[yYnN]|[yY]es|YES|[nN]o|NO|[oO]n|ON|[oO]ff|OFF)$/;

/** @param unit columns for one level */
export function emitYaml(documents: readonly ValueTree[], unit: number): string {
  return documents.map((tree) => `${yamlLines(tree, unit).join('\n')}\n`).join('---\n');
}

/** A value as it stands by itself: lines without a break at the last one's end. */
export function yamlLines(tree: ValueTree, unit: number): string[] {
  switch (tree.kind) {
    case 'scalar':
      return scalarLines(tree, unit);
    case 'map':
      if (tree.entries.length === 0) return ['{}'];
      return tree.entries.flatMap(({ key, value, comments = [] }) => [
        ...comments.map((comment) => `#${comment}`),
        ...behindKey(yamlKey(key), value, unit),
      ]);
    case 'list':
      return tree.items.length === 0 ? ['[]'] : tree.items.flatMap((item) => behindDash(item, unit));
  }
}

/** `key: value`, on further lines where it takes some. @param listIndent of a list below its key, if not a level */
export function behindKey(key: string, value: ValueTree, unit: number, listIndent = unit): string[] {
  const [first = '', ...rest] = yamlLines(value, unit);
  if (isInline(value)) return [`${key}: ${first}`, ...rest];
  return [`${key}:`, ...indented([first, ...rest], value.kind === 'list' ? listIndent : unit)];
}

/** `- value`; the further lines of a collection stand below its first. */
export function behindDash(value: ValueTree, unit: number): string[] {
  const [first = '', ...rest] = yamlLines(value, unit);
  return [`- ${first}`, ...(isInline(value) ? rest : indented(rest, 2))];
}

export function yamlKey(key: string, inFlow = false): string {
  return oldBooleans.test(key) ? quoteDouble(key) : spellInline({ type: 'str', plaintext: key }, 'plain', inFlow);
}

/** In one line, as in a flow collection. */
export function yamlInline(tree: ValueTree, inFlow: boolean): string {
  switch (tree.kind) {
    case 'scalar':
      return inlineScalar(tree, inFlow);
    case 'map':
      return `{${tree.entries.map(({ key, value }) => `${yamlKey(key, true)}: ${yamlInline(value, true)}`).join(', ')}}`;
    case 'list':
      return `[${tree.items.map((item) => yamlInline(item, true)).join(', ')}]`;
  }
}

export function inlineScalar({ type, content }: ScalarTree, inFlow: boolean): string {
  if (type === 'null') return 'null';
  if (type === 'str' && typeof content === 'string' && oldBooleans.test(content)) return quoteDouble(content);
  const spelled = spellInline({ type, plaintext: content }, 'plain', inFlow);
  if (type !== 'float' || resolvePlain(spelled)?.type === 'float') return spelled;
  const number = parseFloat64(spelled);
  return number === null ? `!!float ${spelled}` : `!!float ${formatFloat(number)}`;
}

function scalarLines(tree: ScalarTree, unit: number): string[] {
  const { type, content } = tree;
  if (type === 'str' && typeof content === 'string' && content.includes('\n')) {
    const block = spellBlock(content, unit, 0, '\n');
    if (block !== null) {
      return [block.header, ...block.content.split('\n'), ...Array<string>(Math.max(0, block.trailing - 1)).fill('')];
    }
  }
  return [inlineScalar(tree, false)];
}

/** Whether it begins on the line of its key. */
function isInline(tree: ValueTree): boolean {
  return tree.kind === 'scalar' || (tree.kind === 'map' ? tree.entries : tree.items).length === 0;
}

function indented(lines: readonly string[], columns: number): string[] {
  const blanks = ' '.repeat(columns);
  return lines.map((line) => (line === '' ? '' : blanks + line));
}
