import type { MappingNode, Pair, ScalarNode, SequenceNode, YamlNode } from '../../format/yaml/node.ts';
import type { RuleRecipient } from '../creation-rule.ts';

/** Where a list of recipients stands: an entry of a rule or of one of its key groups. */
export interface ListPlace {
  /** The mapping that the entry belongs in. */
  readonly owner: MappingNode;
  /** The entry's name there. */
  readonly name: string;
  /** Null where there is none yet. It may stand in a mapping that is merged in. */
  readonly pair: Pair | null;
}

type Kind = RuleRecipient['kind'];

const inRule: Readonly<Record<Kind, string>> = {
  age: 'age',
  pgp: 'pgp',
  kms: 'kms',
  gcp_kms: 'gcp_kms',
  hckms: 'hckms',
  azure_kv: 'azure_keyvault',
  hc_vault: 'hc_vault_transit_uri',
};

const inGroup: Readonly<Record<Kind, string>> = { ...inRule, hc_vault: 'hc_vault' };

/** Of a record in a key group: the entry that says which key it is. Azure's has three. */
export const idEntry: Readonly<Partial<Record<Kind, string>>> = { kms: 'arn', gcp_kms: 'resource_id', hckms: 'key_id' };

/** The rules of a `.sops.yaml`, in its order. */
export function ruleNodes(root: YamlNode | null): MappingNode[] {
  const rules = root === null ? null : entryOf(mapping(root), 'creation_rules');
  return rules === null ? [] : itemsOf(rules.value).map(mapping).filter(isNode);
}

/** The key groups of a rule; none where its lists stand in the rule itself. */
export function groupNodes(rule: MappingNode): MappingNode[] {
  const groups = entryOf(rule, 'key_groups');
  return groups === null ? [] : itemsOf(groups.value).map(mapping).filter(isNode);
}

/** A rule's own list of a kind. */
export function listInRule(rule: MappingNode, kind: Kind): ListPlace {
  return { owner: rule, name: inRule[kind], pair: entryOf(rule, inRule[kind]) };
}

export function listInGroup(group: MappingNode, kind: Kind): ListPlace {
  return { owner: group, name: inGroup[kind], pair: entryOf(group, inGroup[kind]) };
}

/** The lists of a group and of those that it takes in by `merge`. */
export function listsInGroup(group: MappingNode, kind: Kind): ListPlace[] {
  const merged = entryOf(group, 'merge');
  const inner = merged === null ? [] : itemsOf(merged.value).map(mapping).filter(isNode);
  return [listInGroup(group, kind), ...inner.flatMap((other) => listsInGroup(other, kind))];
}

/** What an alias stands for, else the node itself. */
export function targetOf(node: YamlNode): ScalarNode | MappingNode | SequenceNode {
  return node.kind === 'alias' ? node.target : node;
}

export function itemsOf(node: YamlNode): readonly YamlNode[] {
  const target = targetOf(node);
  return target.kind === 'sequence' ? target.items : [];
}

/** An entry of a mapping, its own before a merged one. */
export function entryOf(node: MappingNode | null, name: string): Pair | null {
  if (node === null) return null;
  const own = node.pairs.find(({ key, merges }) => !merges && key.value === name);
  if (own !== undefined) return own;
  for (const { value } of node.pairs.filter(({ merges }) => merges)) {
    const target = targetOf(value);
    for (const source of target.kind === 'sequence' ? target.items : [target]) {
      const found = entryOf(mapping(source), name);
      if (found !== null) return found;
    }
  }
  return null;
}

/** Every node of a tree but those behind aliases, with the collection that it stands in. */
export function* everyNode(node: YamlNode, parent: MappingNode | SequenceNode | null = null): Generator<Placed> {
  yield { node, parent };
  if (node.kind === 'sequence') for (const item of node.items) yield* everyNode(item, node);
  if (node.kind === 'mapping') for (const { value } of node.pairs) yield* everyNode(value, node);
}

interface Placed {
  readonly node: YamlNode;
  readonly parent: MappingNode | SequenceNode | null;
}

export function mapping(node: YamlNode): MappingNode | null {
  const target = targetOf(node);
  return target.kind === 'mapping' ? target : null;
}

function isNode<T>(node: T | null): node is T {
  return node !== null;
}
