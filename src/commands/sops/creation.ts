import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import type { CreationRule, RuleRecipient } from '../../document/creation-rule.ts';
import { matchRule, parseCreationRules, refuseBare } from '../../document/creation-rules.ts';
import { configName } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import { runGit } from '../../git/run.ts';
import { awsRecipient, fieldsOf, foreignRecipient } from '../../keys/foreign-recipient.ts';
import { parseRecipient } from '../../keys/recipient.ts';
import { defaultSelector, prepareSelector, type Selector, sameSelector, selectorKinds } from '../../tree/selector.ts';
import type { Io } from '../io.ts';
import { type Session, wholeNumber, withRecipientCode } from './session.ts';

/** What flags say of a file that is to be encrypted. */
export type CreationFlags = { readonly [flag: string]: string | boolean | readonly string[] | undefined };

/** Flag, variable and kind of each type of recipient, in sops's order. */
const recipientKinds = [
  ['kms', 'SOPS_KMS_ARN', 'kms'],
  ['gcp-kms', 'SOPS_GCP_KMS_IDS', 'gcp_kms'],
  ['hckms', 'SOPS_HUAWEICLOUD_KMS_IDS', 'hckms'],
  ['azure-kv', 'SOPS_AZURE_KEYVAULT_URLS', 'azure_kv'],
  ['pgp', 'SOPS_PGP_FP', 'pgp'],
  ['hc-vault-transit', 'SOPS_VAULT_URIS', 'hc_vault'],
  ['age', 'SOPS_AGE_RECIPIENTS', 'age'],
] as const;

/**
 * How a file of this name is encrypted: by flags and environment, else by the creation rule that matches it.
 * @param file absolute
 * @throws GitSopsError `no-config`, `no-matching-rule`, `conflicting-flags`, or what is wrong with `.sops.yaml`
 */
export async function creationRuleFor(
  file: string,
  name: string,
  flags: CreationFlags,
  session: Session,
): Promise<CreationRule> {
  const named = namedRecipients(flags, '', session.io.env);
  const rule = await findRule(file, name, session, named.length > 0);
  if (rule === null && named.length === 0) throw new GitSopsError('no-config', { file: name });
  const threshold = flags['shamir-secret-sharing-threshold'];
  return {
    index: 0,
    line: 0,
    pathRegex: null,
    groups: rule?.groups ?? [],
    ...rule,
    ...(named.length > 0 && { groups: [named] }),
    shamirThreshold:
      wholeNumber('shamir-secret-sharing-threshold', threshold as string | undefined) || (rule?.shamirThreshold ?? 0),
    selector: await selectorOf(flags, rule),
    macOnlyEncrypted: flags['mac-only-encrypted'] === true || rule?.macOnlyEncrypted === true,
  };
}

/**
 * @param prefix `add-` or `rm-`, where the variables have no say
 * @throws GitSopsError `bad-encryption-context`; `invalid-recipient`, `malformed-recipient` with the argument's name
 */
export function namedRecipients(flags: CreationFlags, prefix: string, env: Io['env'] = {}): RuleRecipient[] {
  const profile = flags['aws-profile'];
  const aws = { context: contextOf(flags), profile: typeof profile === 'string' ? profile : '' };
  return recipientKinds.flatMap(([flag, variable, kind]) => {
    const given = flags[prefix + flag];
    const isFlag = given !== undefined && given !== '';
    const list = isFlag ? given : (env[variable] ?? '');
    const recipients = [list]
      .flat()
      .join(',')
      .split(',')
      .map((id) => id.trim())
      .filter((id) => id !== '')
      .map((id): RuleRecipient => {
        if (kind === 'age') return { kind, id };
        return kind === 'kms' ? awsRecipient(id, aws) : foreignRecipient(kind, id);
      });
    // What is taken out of a file may be whatever stands there.
    if (prefix !== 'rm-') requireWellFormed(recipients, isFlag ? `--${prefix}${flag}` : variable);
    return recipients;
  });
}

/** Here the argument is known that they came by; later they would pass for the file's own. */
function requireWellFormed(recipients: readonly RuleRecipient[], argument: string): void {
  try {
    for (const recipient of recipients) {
      if (recipient.kind === 'age') parseRecipient(recipient.id);
      else fieldsOf(recipient);
    }
  } catch (error) {
    throw error instanceof GitSopsError ? withRecipientCode(error).with({ file: argument }) : error;
  }
}

/** `key:value` pairs with commas. */
function contextOf({ 'encryption-context': given }: CreationFlags): Record<string, string> {
  if (typeof given !== 'string' || given === '') return {};
  const pairs = given.split(',').map((pair) => pair.split(':'));
  if (pairs.some(({ length }) => length !== 2)) throw new GitSopsError('bad-encryption-context');
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value]));
}

/**
 * The rule of the `.sops.yaml` that was named, else of the nearest above the file in its repository, else of sops's own search.
 * @param bare whether it may name nobody, since the command line does
 */
export async function findRule(
  file: string,
  name: string,
  { io, config }: Session,
  bare = false,
): Promise<CreationRule | null> {
  const path = config === null ? ((await configAbove(file)) ?? configOf(io.cwd)) : resolve(io.cwd, config);
  if (path === null) return null;
  const shown = relative(io.cwd, path) || path;
  let source: Uint8Array;
  try {
    source = readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new GitSopsError('cannot-read', { file: shown, detail: code, exit: 1 });
  }
  try {
    const rules = await parseCreationRules(source, { bare: true });
    if (rules.rules === null) return null;
    const folder = dirname(path) + sep;
    const rule = await matchRule(
      rules,
      file.startsWith(folder) ? file.slice(folder.length).split(sep).join('/') : file,
    );
    if (rule === null) throw new GitSopsError('no-matching-rule', { file: name, detail: shown });
    if (!bare) refuseBare(rule);
    return { ...rule, file: shown };
  } catch (error) {
    if (!(error instanceof GitSopsError) || error.code === 'no-matching-rule') throw error;
    throw error.with({ file: shown, exit: 1 });
  }
}

/** Where Git's filter would look: from the file up to the top of its working tree. */
async function configAbove(file: string): Promise<string | null> {
  const cwd = dirname(file);
  if (!existsSync(cwd)) return null;
  const { stdout, code } = await runGit(['rev-parse', '--show-toplevel'], { cwd, okCodes: [0, 128] }).catch(() => ({
    stdout: '',
    code: 128,
  }));
  return code === 0 ? configOf(cwd, stdout.toString().replace(/\n$/, '')) : null;
}

/** The nearest one from a folder upwards. */
function configOf(start: string, last?: string): string | null {
  for (let folder = start; ; folder = dirname(folder)) {
    const path = join(folder, configName);
    if (existsSync(path)) return path;
    if (folder === last || folder === dirname(folder)) return null;
  }
}

async function selectorOf(flags: CreationFlags, rule: CreationRule | null): Promise<Selector> {
  const selectors = selectorKinds.flatMap((kind): Selector[] => {
    const given = flags[kind.replaceAll('_', '-')];
    if (typeof given === 'string' && given !== '') return [{ kind, value: given }];
    const ofRule = rule !== null && rule.selector.kind === kind && !sameSelector(rule.selector, defaultSelector);
    return ofRule ? [rule.selector] : [];
  });
  if (selectors.length > 1) {
    throw new GitSopsError('conflicting-flags', {
      detail: `there is more than one selector: ${selectors.map(({ kind }) => kind).join(', ')}`,
      other: 'name one of them, or none where the rule has one',
    });
  }
  const [selector = defaultSelector] = selectors;
  try {
    await prepareSelector(selector);
  } catch (error) {
    throw error instanceof GitSopsError ? error.with({ file: `--${selector.kind.replaceAll('_', '-')}` }) : error;
  }
  return selector;
}
