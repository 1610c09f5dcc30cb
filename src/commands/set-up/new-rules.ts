import { parseRecipient } from '../../keys/recipient.ts';
import { globToRegex } from './glob-to-regex.ts';

/** A first `.sops.yaml`: one rule for each glob, all for these recipients. @throws GitSopsError `invalid-recipient` */
export async function newRules(recipients: readonly string[], globs: readonly string[]): Promise<string> {
  return rulesText(recipients, await Promise.all(globs.map(globToRegex)));
}

/** The same for regular expressions. @param selector a line for each rule, such as `encrypted_regex: ^data$` */
export async function rulesText(
  recipients: readonly string[],
  regexes: readonly string[],
  selector: string | null = null,
): Promise<string> {
  for (const recipient of recipients) parseRecipient(recipient);
  const rules = regexes.map(
    (regex) =>
      `  - path_regex: '${regex.replaceAll("'", "''")}'\n${selector === null ? '' : `    ${selector}\n`}    age:\n${recipients.map((r) => `      - ${scalar(r)}\n`).join('')}`,
  );
  return `# Which files are encrypted, and for whom. git sops init wrote it; it is yours to edit.\ncreation_rules:\n${rules.join('')}`;
}

/** The comment of an SSH key may be anything, a mapping in YAML's eyes too. */
function scalar(recipient: string): string {
  return /^[\w@.+/= -]+$/.test(recipient) ? recipient : `'${recipient.replaceAll("'", "''")}'`;
}
