import type { CreationRule } from '../../document/creation-rule.ts';
import { isNeverCovered, type RuleFinder } from '../../document/rule-finder.ts';
import type { GitPath } from '../../git/path.ts';
import type { Candidate } from './snapshot.ts';

export interface CoveredByRule {
  readonly ruleOf: ReadonlyMap<GitPath, CreationRule>;
  readonly files: readonly Candidate[];
}

export interface Covered extends Pick<CoveredByRule, 'ruleOf'> {
  readonly filtered: ReadonlySet<GitPath>;
  /** The files that a rule covers, and those that carry the attribute. */
  readonly judged: readonly Candidate[];
}

/** @param paths those of the files, and of what is in conflict */
export async function coveredByRule(
  files: readonly Candidate[],
  paths: readonly GitPath[],
  rules: RuleFinder,
): Promise<CoveredByRule> {
  const ruleOf = new Map<GitPath, CreationRule>();
  const covered: Candidate[] = [];
  for (const [i, { rule }] of await rules.findAll(paths)) {
    ruleOf.set(paths[i] as GitPath, rule);
    const file = files[i];
    if (file !== undefined) covered.push(file);
  }
  return { ruleOf, files: covered };
}

/** @param filtered which paths carry the attribute */
export function sortOut(
  files: readonly Candidate[],
  { ruleOf, files: covered }: CoveredByRule,
  filtered: ReadonlySet<GitPath>,
): Covered {
  if ([...filtered].every((path) => ruleOf.has(path))) return { ruleOf, filtered, judged: covered };
  const isJudged = (path: GitPath) => (ruleOf.has(path) || filtered.has(path)) && !isNeverCovered(path);
  return { ruleOf, filtered, judged: files.filter(({ path }) => isJudged(path)) };
}

export function isCovered({ ruleOf, filtered }: Pick<Covered, 'ruleOf' | 'filtered'>, path: GitPath): boolean {
  return ruleOf.has(path) || filtered.has(path);
}
