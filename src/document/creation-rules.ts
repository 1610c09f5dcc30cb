import { GitSopsError } from '../errors.ts';
import { readYamlData, type YamlData } from '../format/yaml/data.ts';
import { awsKey, awsRecipient, foreignRecipient } from '../keys/foreign-recipient.ts';
import { compileRe2, literalPrefix, loadEngine, mostShort, prepareRe2 } from '../tree/re2.ts';
import { defaultSelector, prepareSelector, type Selector, selectorKinds } from '../tree/selector.ts';
import { hasConflictMarkers } from './conflict-markers.ts';
import { type CreationRule, isBare, type RuleRecipient } from './creation-rule.ts';

/** `.sops.yaml` as sops reads it (its config/config.go). */
export interface CreationRules {
  /** Null where the file has no `creation_rules`, which sops takes for no file at all. */
  readonly rules: readonly CreationRule[] | null;
}

type Node = { readonly [entry: string]: unknown };

export interface RulesRequest {
  /** Whether a rule without a recipient is read too, for who may name them elsewhere: `refuseBare` is for the one that is used then. */
  readonly bare?: boolean;
}

/** @throws GitSopsError `rules-in-conflict`, `invalid-rules`, `bad-regex`, `two-selectors`, `no-recipients`, with the line of the rule */
export async function parseCreationRules(
  source: Uint8Array,
  { bare = false }: RulesRequest = {},
): Promise<CreationRules> {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(source);
  } catch {
    throw new GitSopsError('not-utf8');
  }
  const { value: root, lineOf } = readConfig(text, source);
  if (root === null) return { rules: null };
  if (!isNode(root)) throw new GitSopsError('invalid-rules', { line: 1, detail: 'its top level is no mapping' });
  const list = root['creation_rules'];
  if (list === undefined || list === null) return { rules: null };
  if (!Array.isArray(list)) {
    const line = lineOf(['creation_rules']);
    throw new GitSopsError('invalid-rules', { line, detail: 'creation_rules is no list' });
  }
  const rules: CreationRule[] = [];
  for (const [index, entry] of list.entries()) {
    const rule = await readRule(entry, index, lineOf(['creation_rules', index]));
    if (!bare) refuseBare(rule);
    rules.push(rule);
  }
  return { rules };
}

/** sops reads the first document and leaves the others alone. */
function readConfig(text: string, source: Uint8Array): YamlData {
  try {
    return readYamlData(text);
  } catch (error) {
    if (!(error instanceof GitSopsError)) throw error;
    // What YAML has against Git's markers helps nobody.
    if (hasConflictMarkers(source)) throw new GitSopsError('rules-in-conflict', {}, { cause: error });
    if (error.code === 'top-level-not-mapping') {
      // Git has where a symlink leads to as its content.
      const link = text.includes('\n') ? '' : '; a symlink in its place is not followed';
      throw new GitSopsError('invalid-rules', { line: 1, detail: `its top level is no mapping${link}` });
    }
    const { line, column, detail } = error.facts;
    const said = error.code === 'invalid-yaml' ? detail : error.message;
    throw new GitSopsError('invalid-rules', { line, column, detail: said }, { cause: error });
  }
}

/** @throws GitSopsError `no-recipients` where the rule, or one of its key groups, names nobody */
export function refuseBare(rule: CreationRule): void {
  if (isBare(rule)) throw new GitSopsError('no-recipients', { file: rule.file, line: rule.line });
}

/** Which paths a rule covers, unless one in front of it does. */
export interface PathPattern {
  readonly rule: CreationRule;
  /** How each of these paths begins; empty where that is not known. */
  readonly prefix: string;
  /** @param path from the folder of `.sops.yaml`, with `/`; one longer than `mostShort` after `loadEngine` */
  matches(path: string): boolean;
}

export function patternsOf({ rules }: CreationRules): PathPattern[] {
  return (rules ?? []).map((rule) => {
    if (rule.pathRegex === null) return { rule, prefix: '', matches: () => true };
    const pattern = compileRe2(rule.pathRegex);
    return { rule, prefix: literalPrefix(rule.pathRegex), matches: (path) => pattern.test(path) };
  });
}

/** The first rule that matches. @param path from the folder of `.sops.yaml`, with `/` */
export async function matchRule(rules: CreationRules, path: string): Promise<CreationRule | null> {
  if (path.length > mostShort) await loadEngine();
  return patternsOf(rules).find((pattern) => pattern.matches(path))?.rule ?? null;
}

async function readRule(entry: unknown, index: number, line: number): Promise<CreationRule> {
  try {
    if (!isNode(entry)) throw new GitSopsError('invalid-rules', { detail: 'a rule is no mapping' });
    const pathRegex = textOf(entry, 'path_regex');
    if (pathRegex !== '') {
      await prepareRe2(pathRegex);
      compileRe2(pathRegex);
    }
    return {
      index,
      line,
      pathRegex: pathRegex === '' ? null : pathRegex,
      groups: groupsOf(entry),
      shamirThreshold: numberOf(entry, 'shamir_threshold'),
      selector: await selectorOf(entry),
      macOnlyEncrypted: flagOf(entry, 'mac_only_encrypted'),
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
  await prepareSelector(selector);
  return selector;
}

/** `key_groups` where there are any, else the rule's own lists as one group. */
function groupsOf(entry: Node): RuleRecipient[][] {
  const groups = listOf(entry, 'key_groups');
  if (groups.length > 0) return groups.map((group) => unique(groupOf(group)));
  return [
    unique([
      ...namesOf(entry, 'age').map((id) => ({ kind: 'age' as const, id })),
      ...namesOf(entry, 'pgp').map((id) => foreignRecipient('pgp', id)),
      ...namesOf(entry, 'kms').map((id) => awsRecipient(id, { context: {}, profile: textOf(entry, 'aws_profile') })),
      ...namesOf(entry, 'gcp_kms').map((id) => foreignRecipient('gcp_kms', id)),
      ...textsOf(entry, 'hckms').map((id) => foreignRecipient('hckms', id)),
      ...namesOf(entry, 'azure_keyvault').map((id) => foreignRecipient('azure_kv', id)),
      ...namesOf(entry, 'hc_vault_transit_uri').map((id) => foreignRecipient('hc_vault', id)),
    ]),
  ];
}

function groupOf(group: unknown): RuleRecipient[] {
  if (!isNode(group)) throw new GitSopsError('invalid-rules', { detail: 'a key group is no mapping' });
  return [
    ...listOf(group, 'merge').flatMap(groupOf),
    ...textsOf(group, 'age').map((id) => ({ kind: 'age' as const, id })),
    ...textsOf(group, 'pgp').map((id) => foreignRecipient('pgp', id)),
    ...recordsOf(group, 'kms').map(awsKeyOf),
    ...recordsOf(group, 'gcp_kms').map((key) => foreignRecipient('gcp_kms', textOf(key, 'resource_id'))),
    ...recordsOf(group, 'hckms').map((key) => foreignRecipient('hckms', textOf(key, 'key_id'))),
    ...recordsOf(group, 'azure_keyvault').map((key) => foreignRecipient('azure_kv', azureOf(key))),
    ...textsOf(group, 'hc_vault').map((id) => foreignRecipient('hc_vault', id)),
  ];
}

function awsKeyOf(key: Node): RuleRecipient {
  const context = key['context'] ?? {};
  const isText = (value: unknown) => typeof value === 'string';
  if (!isNode(context) || !Object.values(context).every(isText)) {
    throw new GitSopsError('invalid-rules', { detail: 'context is no mapping of texts' });
  }
  const settings = { context: context as Record<string, string>, profile: textOf(key, 'aws_profile') };
  return awsKey(textOf(key, 'arn'), textOf(key, 'role'), settings);
}

function azureOf(key: Node): string {
  return `${textOf(key, 'vaultUrl')}/keys/${textOf(key, 'key')}/${textOf(key, 'version')}`;
}

/** A comma list, a folded one, or a YAML list; an entry of a list may itself be a comma list. */
function namesOf(entry: Node, name: string): string[] {
  const value = entry[name];
  return commaSeparated(typeof value === 'string' ? [value] : textsOf(entry, name));
}

/** A YAML list of texts, which may themselves be comma lists. */
function textsOf(entry: Node, name: string): string[] {
  return commaSeparated(
    listOf(entry, name).map((item) => {
      if (typeof item === 'string') return item;
      throw new GitSopsError('invalid-rules', { detail: `${name} holds something other than text` });
    }),
  );
}

function commaSeparated(list: readonly string[]): string[] {
  return list
    .flatMap((item) => item.split(','))
    .map((part) => part.trim())
    .filter((part) => part !== '');
}

function recordsOf(entry: Node, name: string): Node[] {
  return listOf(entry, name).map((item) => {
    if (isNode(item)) return item;
    throw new GitSopsError('invalid-rules', { detail: `${name} holds something other than mappings` });
  });
}

/** What is no list is refused: to overlook it could mean to overlook a recipient. */
function listOf(entry: Node, name: string): readonly unknown[] {
  const value = entry[name] ?? [];
  if (!Array.isArray(value)) throw new GitSopsError('invalid-rules', { detail: `${name} is no list` });
  return value;
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

/** Where a boolean is asked for, go-yaml (its constructor) still takes the words of YAML 1.1, quoted or not. */
function flagOf(entry: Node, name: string): boolean {
  const value = entry[name] ?? false;
  if (typeof value === 'boolean') return value;
  if (typeof value === 'string' && /^(?:[yY]|yes|Yes|YES|on|On|ON)$/.test(value)) return true;
  if (typeof value === 'string' && /^(?:[nN]|no|No|NO|off|Off|OFF)$/.test(value)) return false;
  throw new GitSopsError('invalid-rules', { detail: `${name} is neither true nor false` });
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
