import { GitSopsError } from '../errors.ts';
import { compileRe2, prepareRe2 } from '../tree/re2.ts';
import { defaultSelector, type Selector, selectorKinds } from '../tree/selector.ts';
import type { CreationRule, RuleRecipient } from './creation-rule.ts';

/** `.sops.yaml` as sops reads it (its config/config.go). */
export interface CreationRules {
  /** Null where the file has no `creation_rules`, which sops takes for no file at all. */
  readonly rules: readonly CreationRule[] | null;
}

type Node = { readonly [entry: string]: unknown };

/** @throws GitSopsError `invalid-rules`, `bad-regex`, `two-selectors`, `no-recipients`, with the line of the rule */
export async function parseCreationRules(source: Uint8Array): Promise<CreationRules> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(source);
  } catch {
    throw new GitSopsError('not-utf8');
  }
  const { isMap, isSeq, LineCounter, parseDocument } = await import('yaml');
  const lines = new LineCounter();
  // go-yaml reads YAML 1.2's scalars with 1.1's merge keys.
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false, logLevel: 'silent' });
  const [error] = document.errors;
  if (error !== undefined) {
    const { line, col } = lines.linePos(error.pos[0]);
    throw new GitSopsError('invalid-rules', { line, column: col, detail: error.message });
  }
  const root: unknown = document.toJS({ maxAliasCount: 1000 });
  if (root === null) return { rules: null };
  if (!isNode(root)) throw new GitSopsError('invalid-rules', { line: 1, detail: 'its top level is no mapping' });
  const list = root['creation_rules'];
  if (list === undefined || list === null) return { rules: null };
  if (!Array.isArray(list)) throw new GitSopsError('invalid-rules', { detail: 'creation_rules is no list' });
  const items = isMap(document.contents) ? document.contents.get('creation_rules', true) : null;
  const lineOf = (index: number): number => {
    const item = isSeq(items) ? (items.items[index] as { range?: [number, number, number] } | undefined) : undefined;
    return item?.range === undefined ? 1 : lines.linePos(item.range[0]).line;
  };
  const rules: CreationRule[] = [];
  for (const [index, entry] of list.entries()) rules.push(await readRule(entry, index, lineOf(index)));
  return { rules };
}

/** The first rule that matches. @param path from the folder of `.sops.yaml`, with `/` */
export function matchRule({ rules }: CreationRules, path: string): CreationRule | null {
  return rules?.find(({ pathRegex }) => pathRegex === null || compileRe2(pathRegex).test(path)) ?? null;
}

async function readRule(entry: unknown, index: number, line: number): Promise<CreationRule> {
  try {
    if (!isNode(entry)) throw new GitSopsError('invalid-rules', { detail: 'a rule is no mapping' });
    const pathRegex = textOf(entry, 'path_regex');
    if (pathRegex !== '') {
      await prepareRe2(pathRegex);
      compileRe2(pathRegex);
    }
    const groups = groupsOf(entry);
    if (groups.length === 0 || groups.some((group) => group.length === 0)) throw new GitSopsError('no-recipients');
    return {
      index,
      line,
      pathRegex: pathRegex === '' ? null : pathRegex,
      groups,
      shamirThreshold: numberOf(entry, 'shamir_threshold'),
      selector: await selectorOf(entry),
      macOnlyEncrypted: entry['mac_only_encrypted'] === true,
    };
  } catch (error) {
    throw error instanceof GitSopsError ? error.with({ line }) : error;
  }
}

async function selectorOf(entry: Node): Promise<Selector> {
  const given = selectorKinds.filter((kind) => textOf(entry, kind) !== '');
  if (given.length > 1) throw new GitSopsError('two-selectors', { detail: given.join(', ') });
  const [kind] = given;
  if (kind === undefined) return defaultSelector;
  const selector = { kind, value: textOf(entry, kind) };
  if (kind.endsWith('regex')) {
    await prepareRe2(selector.value);
    compileRe2(selector.value);
  }
  return selector;
}

/** `key_groups` where there are any, else the rule's own lists as one group. */
function groupsOf(entry: Node): RuleRecipient[][] {
  const groups = entry['key_groups'];
  if (Array.isArray(groups) && groups.length > 0) return groups.map((group) => unique(groupOf(group)));
  return [
    unique([
      ...namesOf(entry, 'age').map((id) => ({ kind: 'age' as const, id })),
      ...namesOf(entry, 'pgp').map((id) => ({ kind: 'pgp' as const, id: id.replaceAll(' ', '') })),
      ...namesOf(entry, 'kms').map((id) => ({ kind: 'kms' as const, id })),
      ...namesOf(entry, 'gcp_kms').map((id) => ({ kind: 'gcp_kms' as const, id })),
      ...namesOf(entry, 'hckms').map((id) => ({ kind: 'hckms' as const, id })),
      ...namesOf(entry, 'azure_keyvault').map((id) => ({ kind: 'azure_kv' as const, id })),
      ...namesOf(entry, 'hc_vault_transit_uri').map((id) => ({ kind: 'hc_vault' as const, id })),
    ]),
  ];
}

function groupOf(group: unknown): RuleRecipient[] {
  if (!isNode(group)) throw new GitSopsError('invalid-rules', { detail: 'a key group is no mapping' });
  const merged = Array.isArray(group['merge']) ? group['merge'].flatMap(groupOf) : [];
  const records = (name: string, id: string) =>
    (Array.isArray(group[name]) ? group[name] : []).filter(isNode).map((record) => textOf(record, id));
  return [
    ...merged,
    ...namesOf(group, 'age').map((id) => ({ kind: 'age' as const, id })),
    ...namesOf(group, 'pgp').map((id) => ({ kind: 'pgp' as const, id: id.replaceAll(' ', '') })),
    ...records('kms', 'arn').map((id) => ({ kind: 'kms' as const, id })),
    ...records('gcp_kms', 'resource_id').map((id) => ({ kind: 'gcp_kms' as const, id })),
    ...records('hckms', 'key_id').map((id) => ({ kind: 'hckms' as const, id })),
    ...records('azure_keyvault', 'vaultUrl').map((id) => ({ kind: 'azure_kv' as const, id })),
    ...namesOf(group, 'hc_vault').map((id) => ({ kind: 'hc_vault' as const, id })),
  ];
}

/** A comma list, a folded one, or a YAML list; an entry of a list may itself be a comma list. */
function namesOf(entry: Node, name: string): string[] {
  const value = entry[name];
  if (value === undefined || value === null) return [];
  const list = Array.isArray(value) ? value : [value];
  return list.flatMap((item) => {
    if (typeof item !== 'string')
      throw new GitSopsError('invalid-rules', { detail: `${name} holds something other than text` });
    return item
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '');
  });
}

function unique(recipients: RuleRecipient[]): RuleRecipient[] {
  const seen = new Set<string>();
  return recipients.filter(({ kind, id }) => !seen.has(`${kind} ${id}`) && seen.add(`${kind} ${id}`));
}

function textOf(entry: Node, name: string): string {
  const value = entry[name];
  if (value === undefined || value === null) return '';
  // go-yaml puts a number or boolean into a text field as it is spelled; nobody means one as a regular expression.
  if (typeof value !== 'string') throw new GitSopsError('invalid-rules', { detail: `${name} is no text` });
  return value;
}

function numberOf(entry: Node, name: string): number {
  const value = entry[name] ?? 0;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
    throw new GitSopsError('invalid-rules', { detail: `${name} is no whole number` });
  }
  return value;
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
