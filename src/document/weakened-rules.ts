import { weakerClauses } from '../clauses.ts';
import { prepareLinear } from '../tree/re2.ts';
import { samplesOf } from '../tree/regex-samples.ts';
import { type Selector, sameSelector, selectsOf } from '../tree/selector.ts';
import { type CreationRule, showRecipient } from './creation-rule.ts';
import { sameRecipient } from './rule-fit.ts';

/** How a rule protects less than the one that covered the same path before; a clause each. */
export interface Weakening {
  readonly weaker: readonly string[];
  /** Who can decrypt new files and could not before. */
  readonly added: readonly string[];
}

/**
 * What the rule that covers a path now does not do that the one before did. Null: no rule covers it any more.
 * @param words that nobody could foresee: key names to try
 */
export async function compareRules(
  before: CreationRule,
  after: CreationRule | null,
  words: readonly string[],
): Promise<Weakening> {
  if (after === null) return { weaker: [weakerClauses.uncovered], added: [] };
  const weaker: string[] = [];
  const key = await losesKeys(before.selector, after.selector, words);
  if (key !== null) {
    weaker.push(weakerClauses.selector(after.selector, before.selector, key));
  }
  if (after.macOnlyEncrypted && !before.macOnlyEncrypted) weaker.push(weakerClauses.mac);
  const [had, has] = [neededOf(before), neededOf(after)];
  if (has < had) weaker.push(weakerClauses.groups(has, had));
  const asked = before.groups.flat().map(showRecipient);
  const added = after.groups
    .flat()
    .map(showRecipient)
    .filter((id) => !asked.some((old) => sameRecipient(old, id) || sameRecipient(id, old)));
  return { weaker, added: [...new Set(added)] };
}

/** Paths that a rule covers, made up from its pattern. @param folder of the `.sops.yaml`, empty or with `/` at its end */
export async function samplePaths(
  { pathRegex }: CreationRule,
  folder: string,
  words: readonly string[],
): Promise<string[]> {
  const plain = ['zq', ...words].flatMap((word) => [`${word}.yaml`, `${word}/${word}.yaml`]);
  const inside = pathRegex === null ? plain : await samplesOf(pathRegex, words);
  // No path begins or ends with a slash, or has an empty part.
  return inside.filter((path) => /^[^/]+(?:\/[^/]+)*$/.test(path)).map((path) => folder + path);
}

/** Why the second selector picks less than the first; null where no sample shows that it does. */
async function losesKeys(before: Selector, after: Selector, words: readonly string[]): Promise<string | null> {
  if (sameSelector(before, after)) return null;
  if (before.kind.endsWith('comment_regex') || after.kind.endsWith('comment_regex')) {
    return weakerClauses.comments;
  }
  const keys = ['zq', ...(await keysOf(before, words)), ...(await keysOf(after, words)), ...words];
  for (const { value, kind } of [before, after]) if (kind.endsWith('regex')) await prepareLinear(value);
  const [had, has] = [selectsOf(before), selectsOf(after)];
  const lost = keys.find((key) => had([key], [], false) && !has([key], [], false));
  if (lost !== undefined) return weakerClauses.key(lost);
  // All but what is named, and only what is named: whatever the names, a new key is in the clear now.
  const turned = before.kind.startsWith('unencrypted_') && after.kind.startsWith('encrypted_');
  return turned && !/^\^?(?:\.[*+])?\$?$/.test(after.value) ? weakerClauses.named : null;
}

async function keysOf({ kind, value }: Selector, words: readonly string[]): Promise<string[]> {
  return kind.endsWith('suffix') ? [value, `zq${value}`] : samplesOf(value, words);
}

/** How many key groups it takes to open a file. */
function neededOf({ groups, shamirThreshold }: CreationRule): number {
  return groups.length > 1 ? shamirThreshold || groups.length : 1;
}
