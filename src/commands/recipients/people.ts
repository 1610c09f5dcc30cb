import { type RuleRecipient, showRecipient } from '../../document/creation-rule.ts';
import type { SopsFile } from '../../document/sops-file.ts';
import { recipientOf } from '../../document/wrap-recipients.ts';
import { GitSopsError } from '../../errors.ts';
import { escapeText } from '../../quote.ts';
import { nameIn, type RuleFile } from './rule-files.ts';

/** A recipient and what the rules' comments call it. */
export interface Person {
  readonly recipient: RuleRecipient;
  /** `age1…`, or kind and id for the others. */
  readonly shown: string;
  readonly name: string | null;
}

/** Everyone whom a rule names or for whom a file is encrypted, each once. */
export function everyone(rules: readonly RuleFile[], files: readonly SopsFile[]): Person[] {
  const people = new Map<string, Person>();
  const named = rules.flatMap((file) => file.rules.flatMap(({ groups }) => groups.flat()));
  const wrapped = files.flatMap(({ metadata }) => metadata.keyGroups.flat().map(recipientOf));
  for (const recipient of [...named, ...wrapped]) {
    const shown = showRecipient(recipient);
    if (!people.has(shown)) people.set(shown, { recipient, shown, name: nameIn(rules, shown) });
  }
  return [...people.values()];
}

/**
 * The person that is meant by a recipient, or by a name that only one has.
 * @throws GitSopsError `unknown-person`, `ambiguous-person`
 */
export function findPerson(people: readonly Person[], given: string): Person {
  const exact = people.find(({ shown, recipient }) => shown === given || recipient.id === given);
  if (exact !== undefined) return exact;
  const wanted = given.trim().toLowerCase();
  const named = people.filter(({ name }) => name?.toLowerCase() === wanted);
  const [only] = named;
  if (only === undefined) {
    const names = people.flatMap(({ name }) => (name === null ? [] : [name]));
    throw new GitSopsError('unknown-person', { detail: escapeText(given), other: escapeText(names.join(', ')) });
  }
  if (named.length > 1) {
    const other = named.map(({ shown }) => shortRecipient(shown)).join(', ');
    throw new GitSopsError('ambiguous-person', { detail: escapeText(given), other });
  }
  return only;
}

/** A post-quantum recipient has 1,959 characters: its first and last ones tell it apart. */
export function shortRecipient(shown: string): string {
  return shown.length <= 90 ? escapeText(shown) : escapeText(`${shown.slice(0, 24)}…${shown.slice(-8)}`);
}

export function showPerson({ name, shown }: Pick<Person, 'name' | 'shown'>): string {
  return name === null ? shortRecipient(shown) : `${escapeText(name)} (${shortRecipient(shown)})`;
}
