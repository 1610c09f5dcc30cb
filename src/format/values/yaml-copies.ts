import type { Splice } from '../splice.ts';
import { isMerge, pairsByMerge } from '../yaml/copy.ts';
import type { AliasNode, MappingNode, Pair, YamlNode } from '../yaml/node.ts';
import type { YamlText } from '../yaml/text.ts';
import { yamlInline, yamlKey } from './emit-yaml.ts';
import { valuesOfNode } from './read-yaml.ts';

/** What to write so that aliases of certain nodes, and merges of them, become copies of their own. */
export function copiesFor({ source, documents }: YamlText, isWanted: (target: YamlNode) => boolean): Splice[] {
  const values = (node: YamlNode) => yamlInline(valuesOfNode(source, node), true);
  const merged = (pair: Pair, { pairs, flow, column }: MappingNode): Splice => {
    const own = new Set(pairs.filter((other) => !isMerge(other)).map(({ key }) => key.value));
    const written = pairsByMerge(pair, own).map(({ key, value }) => `${yamlKey(key.value, flow)}: ${values(value)}`);
    return { start: pair.key.start, end: pair.value.end, text: written.join(flow ? ', ' : `\n${' '.repeat(column)}`) };
  };
  const visit = (node: YamlNode): Splice[] => {
    switch (node.kind) {
      case 'mapping':
        return node.pairs.flatMap((pair) => {
          if (!isMerge(pair)) return visit(pair.value);
          return aliasesOf(pair.value).some(({ target }) => isWanted(target)) ? [merged(pair, node)] : [];
        });
      case 'sequence':
        return node.items.flatMap(visit);
      case 'alias':
        return isWanted(node.target) ? [{ start: node.start, end: node.end, text: values(node.target) }] : [];
      case 'scalar':
        return [];
    }
  };
  return documents.flatMap(({ root }) => visit(root));
}

function aliasesOf(node: YamlNode): AliasNode[] {
  const nodes = node.kind === 'sequence' ? node.items : [node];
  return nodes.filter((one): one is AliasNode => one.kind === 'alias');
}
