import { GitSopsError } from '../../errors.ts';
import { readYamlTree } from '../../format/yaml/data.ts';
import { type CreationRule, type RuleRecipient, showRecipient } from '../creation-rule.ts';
import { parseCreationRules } from '../creation-rules.ts';
import { sameRecipient } from '../rule-fit.ts';
import { type Newcomer, withRecipientIn } from './add-recipient.ts';
import { withoutRecipient } from './remove-recipient.ts';
import { groupNodes, listInGroup, listInRule, ruleNodes } from './rule-nodes.ts';

export interface Addition {
  readonly recipient: RuleRecipient;
  /** As it should stand beside the recipient; null for none. */
  readonly name: string | null;
  /** Indexes of the rules. */
  readonly rules: ReadonlySet<number>;
  /** Of several key groups the one that gets it, from 0. */
  readonly group: number;
}

/**
 * A `.sops.yaml` with a recipient more in some of its rules. Its comments and its layout stay, byte for byte; the recipient is written as
 * the ones beside it are. The very same bytes where all the rules have it.
 * @throws GitSopsError `rules-not-editable` where that would say something else, or what is wrong with the rules
 */
export async function withRecipient(
  source: Uint8Array,
  { recipient, name, rules, group }: Addition,
): Promise<Uint8Array> {
  const before = await rulesOf(source);
  const wanted = before.map((rule) => {
    if (!rules.has(rule.index)) return rule;
    const at = Math.min(group, rule.groups.length - 1);
    const groups = rule.groups.map((has, i) => (i === at && !holds(has, recipient) ? [...has, recipient] : has));
    return { ...rule, groups };
  });
  const changed = before.filter((rule, i) => wanted[i]?.groups.some((has, g) => has !== rule.groups[g]));
  if (changed.length === 0) return source;
  const who: Newcomer = { id: recipient.id, name: name === null ? null : oneLine(name) };
  return edited(source, wanted, changed, (text) => {
    const { source: yaml, root } = readYamlTree(text);
    if (root === null) return text;
    const nodes = ruleNodes(root);
    const lists = changed.flatMap(({ index }) => {
      const node = nodes[index];
      if (node === undefined) return [];
      const groups = groupNodes(node);
      const of = groups[Math.min(group, groups.length - 1)];
      return [of === undefined ? listInRule(node, recipient.kind) : listInGroup(of, recipient.kind)];
    });
    return withRecipientIn(yaml, root, lists, who) + text.slice(yaml.text.length);
  });
}

/**
 * A `.sops.yaml` without a recipient in some of its rules.
 * @throws GitSopsError `last-recipient` where a rule or key group would be left without one, `rules-not-editable`
 */
export async function withoutRecipientIn(
  source: Uint8Array,
  recipient: RuleRecipient,
  rules: ReadonlySet<number>,
): Promise<Uint8Array> {
  const before = await rulesOf(source);
  const wanted = before.map((rule) => {
    if (!rules.has(rule.index)) return rule;
    return { ...rule, groups: rule.groups.map((has) => (holds(has, recipient) ? without(has, recipient) : has)) };
  });
  const changed = before.filter((rule, i) => wanted[i]?.groups.some((has, g) => has !== rule.groups[g]));
  if (changed.length === 0) return source;
  const bare = wanted.find(({ groups }) => groups.some((group) => group.length === 0));
  if (bare !== undefined)
    throw new GitSopsError('last-recipient', { line: bare.line, detail: showRecipient(recipient) });
  return edited(source, wanted, changed, (text) => {
    const { source: yaml, root } = readYamlTree(text);
    return withoutRecipient(yaml, root, recipient, rules) + text.slice(yaml.text.length);
  });
}

/** A name that a comment can hold: one line, without what a terminal takes for an order. */
export function oneLine(name: string): string | null {
  const line = name
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029\s]+/gu, ' ')
    .trim()
    .slice(0, 60)
    .trim();
  return line === '' ? null : line;
}

/** Edits the text, and believes the result only where it reads as wanted. What follows the first document stays. */
async function edited(
  source: Uint8Array,
  wanted: readonly CreationRule[],
  changed: readonly CreationRule[],
  edit: (text: string) => string,
): Promise<Uint8Array> {
  const text = Buffer.from(source.buffer, source.byteOffset, source.byteLength).toString('utf8');
  const mark = text.startsWith('\ufeff') ? '\ufeff' : '';
  const refusal = new GitSopsError('rules-not-editable', { line: changed[0]?.line });
  let result: Uint8Array;
  let after: readonly CreationRule[];
  try {
    result = Buffer.from(mark + edit(text.slice(mark.length)));
    after = await rulesOf(result);
  } catch (error) {
    if (error instanceof GitSopsError || error instanceof RangeError) throw refusal;
    throw error;
  }
  if (JSON.stringify(after.map(meaning)) !== JSON.stringify(wanted.map(meaning))) throw refusal;
  return result;
}

/** All that a rule says, but for its line and the order of its recipients. */
function meaning({ line: _line, groups, ...rule }: CreationRule): unknown {
  return { ...rule, groups: groups.map((group) => group.map(showRecipient).sort()) };
}

async function rulesOf(source: Uint8Array): Promise<readonly CreationRule[]> {
  return (await parseCreationRules(source)).rules ?? [];
}

function holds(group: readonly RuleRecipient[], recipient: RuleRecipient): boolean {
  return group.some((other) => isSame(other, recipient));
}

function without(group: readonly RuleRecipient[], recipient: RuleRecipient): RuleRecipient[] {
  return group.filter((other) => !isSame(other, recipient));
}

function isSame(asked: RuleRecipient, recipient: RuleRecipient): boolean {
  return sameRecipient(showRecipient(asked), showRecipient(recipient));
}
