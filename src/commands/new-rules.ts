import { parseRecipient } from '../keys/recipient.ts';
import { globToRegex } from './glob-to-regex.ts';

/** A first `.sops.yaml`: one rule for each glob, all for these recipients. @throws GitSopsError `invalid-recipient` */
export async function newRules(recipients: readonly string[], globs: readonly string[]): Promise<string> {
  for (const recipient of recipients) parseRecipient(recipient);
  const rules: string[] = [];
  for (const glob of globs) {
    const regex = await globToRegex(glob);
    rules.push(
      `  - path_regex: '${regex.replaceAll("'", "''")}'\n    age:\n${recipients.map((r) => `      - ${r}\n`).join('')}`,
    );
  }
  return `# Which files are encrypted, and for whom. git sops init wrote it; it is yours to edit.\ncreation_rules:\n${rules.join('')}`;
}
