import type { CreationRule } from '../document/creation-rule.ts';
import { createRuleFinder } from '../document/rule-finder.ts';
import { GitSopsError } from '../errors.ts';
import { defaultSelector, prepareSelector, type Selector, selectorKinds } from '../tree/selector.ts';
import { bytesOf, type FileOptions, type Source } from './file-options.ts';

/** Who can open a new file, and which of its values are encrypted. */
export type Protection = NamedRecipients | ByRules;

export interface NamedRecipients {
  /** age recipients: `age1…`, `age1pq1…`; on Node also SSH public keys. */
  readonly recipients: readonly string[];
  /** Default: sops's own, all values but those of keys that end in `_unencrypted`. */
  readonly selector?: Selector;
  /** Whether the MAC leaves out what is not encrypted. Default: no. */
  readonly macOnlyEncrypted?: boolean;
  readonly rules?: undefined;
}

export interface ByRules {
  /** The content of a `.sops.yaml`: the first creation rule that matches `path`, which counts from the folder of `.sops.yaml`. */
  readonly rules: Source;
  readonly path: string;
  readonly recipients?: undefined;
}

/** @throws GitSopsError `no-recipients`, `no-matching-rule`, `bad-regex`, or what is wrong with the rules, with the line */
export async function ruleOf(options: FileOptions & Protection): Promise<CreationRule> {
  if (options.rules !== undefined) return matchingRule(options);
  const { recipients, selector = defaultSelector, macOnlyEncrypted = false } = options;
  // Programs without types may say anything, and nothing shall be encrypted for nobody.
  if (!Array.isArray(recipients))
    throw new TypeError('recipients is a list of age recipients; or there are rules and a path');
  if (!selectorKinds.includes(selector.kind))
    throw new TypeError(`the kind of a selector is one of ${selectorKinds.join(', ')}`);
  if (recipients.length === 0) throw new GitSopsError('no-recipients');
  await prepareSelector(selector);
  const groups = [recipients.map((id) => ({ kind: 'age', id }) as const)];
  return { index: 0, line: 0, pathRegex: null, groups, shamirThreshold: 0, selector, macOnlyEncrypted };
}

async function matchingRule({ rules, path }: ByRules): Promise<CreationRule> {
  // Whatever folder the path names, these are the rules for it.
  const finder = createRuleFinder(async (file) => (file === '.sops.yaml' ? bytesOf(rules) : null));
  const found = await finder.find(path);
  if (found === null) throw new GitSopsError('no-matching-rule', { file: path, detail: '.sops.yaml' });
  return found.rule;
}
