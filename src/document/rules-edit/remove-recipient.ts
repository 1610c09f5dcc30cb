import { applySplices, type Splice } from '../../format/splice.ts';
import type { MappingNode, ScalarNode, SequenceNode, YamlNode } from '../../format/yaml/node.ts';
import type { Source } from '../../format/yaml/source.ts';
import { awsRecipient, foreignRecipient } from '../../keys/foreign-recipient.ts';
import type { RuleRecipient } from '../creation-rule.ts';
import {
  entryOf,
  everyNode,
  groupNodes,
  idEntry,
  type ListPlace,
  listInRule,
  listsInGroup,
  ruleNodes,
  targetOf,
} from './rule-nodes.ts';
import { commentStart, takeOut } from './take-out.ts';
import { withoutName } from './text-list.ts';

/** The text of a `.sops.yaml` without a recipient in these rules; whether it says that is for the caller to see. */
export function withoutRecipient(
  source: Source,
  root: YamlNode | null,
  recipient: RuleRecipient,
  rules: ReadonlySet<number>,
): string {
  const removal = new Removal(source, recipient);
  for (const [index, rule] of ruleNodes(root).entries()) {
    if (!rules.has(index)) continue;
    const groups = groupNodes(rule);
    const lists =
      groups.length === 0
        ? [listInRule(rule, recipient.kind)]
        : groups.flatMap((group) => listsInGroup(group, recipient.kind));
    for (const list of lists) removal.fromList(list);
  }
  if (root !== null) removal.unusedAnchors(root);
  return applySplices(source.text, joined(removal.splices()));
}

class Removal {
  readonly #source: Source;
  readonly #recipient: RuleRecipient;
  readonly #gone = new Map<MappingNode | SequenceNode, Set<YamlNode>>();
  readonly #texts = new Map<ScalarNode, readonly Splice[]>();
  readonly #comments: Splice[] = [];

  constructor(source: Source, recipient: RuleRecipient) {
    this.#source = source;
    this.#recipient = recipient;
  }

  splices(): Splice[] {
    const lists = [...this.#gone].flatMap(([collection, gone]) => takeOut(this.#source, collection, gone));
    return [...lists, ...[...this.#texts.values()].flat(), ...this.#comments];
  }

  fromList({ owner, pair }: ListPlace): void {
    if (pair === null) return;
    const list = targetOf(pair.value);
    if (list.kind === 'scalar') {
      const left = this.#fromText(list);
      if (left === 'empty') this.#take(owner, pair.value);
      if (left !== 'other') this.#comments.push(...namingComments(this.#source, pair.key.start, this.#recipient));
      return;
    }
    if (list.kind !== 'sequence') return;
    const gone = list.items.filter((item) => this.#isGone(item));
    if (gone.length > 0) this.#comments.push(...namingComments(this.#source, pair.key.start, this.#recipient));
    if (gone.length === list.items.length) this.#take(owner, pair.value);
    else for (const item of gone) this.#take(list, item);
  }

  /** Definitions such as `keys: [&alice age1…]` of which no alias is left. */
  unusedAnchors(root: YamlNode): void {
    const used = new Set<YamlNode>();
    const defined: [ScalarNode, MappingNode | SequenceNode][] = [];
    for (const { node, parent } of everyNode(root)) {
      if (node.kind === 'alias' && !(parent !== null && this.#gone.get(parent)?.has(node))) used.add(node.target);
      if (node.kind === 'scalar' && node.anchor !== null && parent !== null) defined.push([node, parent]);
    }
    const aliased = new Set<YamlNode>();
    for (const gone of this.#gone.values())
      for (const node of gone) if (node.kind === 'alias') aliased.add(node.target);
    for (const [node, parent] of defined) {
      if (node.value.trim() !== this.#recipient.id || used.has(node) || !aliased.has(node)) continue;
      const all = parent.kind === 'sequence' ? parent.items.length : parent.pairs.length;
      if (all > 1) this.#take(parent, node);
    }
  }

  #isGone(item: YamlNode): boolean {
    const node = targetOf(item);
    if (node.kind === 'scalar') return this.#fromText(node) === 'empty';
    const { kind, id } = this.#recipient;
    const entry = entryOf(node.kind === 'mapping' ? node : null, idEntry[kind] ?? '')?.value;
    return entry !== undefined && textOf(entry) === id;
  }

  /** Takes the recipient out of a text with commas. @returns `other` where it is not in it, `empty` where nothing else is */
  #fromText(node: ScalarNode): 'other' | 'shorter' | 'empty' {
    const { id, kind } = this.#recipient;
    const parts = node.value.split(',').map((part) => part.trim());
    const isIt = (part: string) => idOf(kind, part) === id;
    if (!parts.some(isIt)) return 'other';
    if (parts.every((part) => part === '' || isIt(part))) return 'empty';
    this.#texts.set(node, withoutName(this.#source, node, parts.filter(isIt)));
    return 'shorter';
  }

  #take(collection: MappingNode | SequenceNode, node: YamlNode): void {
    const gone = this.#gone.get(collection) ?? new Set();
    gone.add(node);
    this.#gone.set(collection, gone);
  }
}

function idOf(kind: RuleRecipient['kind'], text: string): string {
  if (kind === 'age') return text;
  return kind === 'kms' ? awsRecipient(text, { context: {}, profile: '' }).id : foreignRecipient(kind, text).id;
}

function textOf(node: YamlNode): string | null {
  const target = targetOf(node);
  return target.kind === 'scalar' ? target.value : null;
}

/** The comment lines above an entry that only say whose key this is (`# Bob: age1…`). */
function namingComments(source: Source, key: number, { id }: RuleRecipient): Splice[] {
  const end = source.lineStart(key);
  const splices: Splice[] = [];
  for (let start = commentStart(source, key) ?? end; start < end; start = source.nextLine(start)) {
    const line = source.text.slice(start, source.lineEnd(start));
    if (line.trimEnd().endsWith(`: ${id}`)) splices.push({ start, end: source.nextLine(start), text: '' });
  }
  return splices;
}

/** The same splices without overlaps: a comment may go for two reasons. */
function joined(splices: readonly Splice[]): Splice[] {
  const result: Splice[] = [];
  for (const splice of splices.toSorted((a, b) => a.start - b.start)) {
    const last = result.at(-1);
    if (last === undefined || splice.start >= last.end) result.push(splice);
    else if (last.text === '' && splice.text === '') {
      result[result.length - 1] = { start: last.start, end: Math.max(last.end, splice.end), text: '' };
    } else result.push(splice);
  }
  return result;
}
