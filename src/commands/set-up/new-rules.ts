import { parseRecipient } from '../../keys/recipient.ts';
import { globToRegex } from './glob-to-regex.ts';

/** What the text of rules says beside recipients and paths. */
interface RulesOptions {
  /** A line for each rule, such as `encrypted_regex: ^data$`. */
  readonly selector?: string | null;
  /** Who a recipient is, in one line: a comment behind it, which `status` and `recipients` show. */
  readonly names?: ReadonlyMap<string, string>;
}

/** A first `.sops.yaml`: one rule for each glob, all for these recipients. @throws GitSopsError `invalid-recipient` */
export async function newRules(
  recipients: readonly string[],
  globs: readonly string[],
  options: RulesOptions = {},
): Promise<string> {
  return rulesText(recipients, await Promise.all(globs.map(globToRegex)), options);
}

/** The same for regular expressions. */
export async function rulesText(
  recipients: readonly string[],
  regexes: readonly string[],
  { selector = null, names = new Map() }: RulesOptions = {},
): Promise<string> {
  for (const recipient of recipients) parseRecipient(recipient);
  const rules = regexes.map(
    (regex) =>
      `  - path_regex: '${regex.replaceAll("'", "''")}'\n${selector === null ? '' : `    ${selector}\n`}    age:\n${recipients.map((r) => `      - ${scalar(r)}${names.has(r) ? ` # ${names.get(r)}` : ''}\n`).join('')}`,
  );
  return `# Which files are encrypted, and for whom. git sops init wrote it; it is yours to edit.\ncreation_rules:\n${rules.join('')}`;
}

/** The comment of an SSH key may be anything, a mapping in YAML's eyes too. */
function scalar(recipient: string): string {
  return /^[\w@.+/= -]+$/.test(recipient) ? recipient : `'${recipient.replaceAll("'", "''")}'`;
}
