import { type CreationRule, showRecipient } from '../../document/creation-rule.ts';
import { parseCreationRules } from '../../document/creation-rules.ts';
import type { RecipientRecord } from '../../document/judge.ts';
import type { RuleFinder } from '../../document/rule-finder.ts';
import { sameRecipient } from '../../document/rule-fit.ts';
import { GitSopsError } from '../../errors.ts';
import type { GitPath } from '../../git/path.ts';

interface History {
  earlier(path: GitPath): Promise<readonly Uint8Array[]>;
}

/** Whom the rules above a path name, and named: history is asked only where a file has a recipient that no rule names. */
export function recipientRecord(path: GitPath, rules: RuleFinder, history: History): RecipientRecord {
  return {
    async isNamed(recipient) {
      return (await rules.above(path)).some(({ rules }) => isNamedIn(rules, recipient));
    },
    async wasNamed(recipient) {
      for (const { configPath } of await rules.above(path)) {
        for (const source of await history.earlier(configPath)) {
          if (isNamedIn(await readable(source), recipient)) return true;
        }
      }
      return false;
    },
  };
}

function isNamedIn(rules: readonly CreationRule[] | null, recipient: string): boolean {
  return (rules ?? []).some(({ groups }) =>
    groups.flat().some((asked) => sameRecipient(showRecipient(asked), recipient)),
  );
}

async function readable(source: Uint8Array): Promise<readonly CreationRule[] | null> {
  try {
    return (await parseCreationRules(source, { bare: true })).rules;
  } catch (error) {
    // It was broken then; today's rules are what counts.
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}
