import { type Copy, mergedPairs } from './copy.ts';
import { spellInline } from './inline-spelling.ts';
import type { ValueItem } from './leaves.ts';
import type { ScalarNode, YamlNode } from './node.ts';

/**
 * The collection behind an alias, written out.
 * @param items the copy's values, in the order of the walk
 * @param tokens of those that have one
 */
export function writeCopy(
  copy: Copy,
  items: readonly ValueItem[],
  tokens: ReadonlyMap<ValueItem, string>,
  lineEnd: string,
): string {
  let next = 0;
  const scalar = (inFlow: boolean): string => {
    const item = items[next++];
    if (item === undefined) return 'null';
    const token = tokens.get(item);
    if (token !== undefined) return inFlow ? `'${token}'` : token;
    const { type, plaintext } = item.leaf;
    if (type === 'null') return 'null';
    return spellInline({ type, plaintext }, 'plain', inFlow);
  };
  const flow = (node: YamlNode): string => {
    switch (node.kind) {
      case 'scalar':
        return scalar(true);
      case 'alias':
        return flow(node.target);
      case 'mapping':
        return `{${mergedPairs(node)
          .map(({ key, value }) => `${keyText(key, true)}: ${flow(value)}`)
          .join(', ')}}`;
      case 'sequence':
        return `[${node.items.map(flow).join(', ')}]`;
    }
  };
  if (copy.kind === 'alias' || copy.content.kind !== 'mapping') return flow(copy.content);
  const pairs = copy.content.pairs.map(({ key, value }) => {
    const target = value.kind === 'alias' ? value.target : value;
    return `${keyText(key, copy.inFlow)}: ${target.kind === 'scalar' ? scalar(copy.inFlow) : flow(target)}`;
  });
  return pairs.join(copy.inFlow ? ', ' : lineEnd + ' '.repeat(copy.column));
}

function keyText(key: ScalarNode, inFlow: boolean): string {
  return spellInline({ type: 'str', plaintext: key.value }, 'plain', inFlow);
}
