import type { CreationRule } from '../../document/creation-rule.ts';
import { isNeverCovered, type RuleFinder } from '../../document/rule-finder.ts';
import type { GitPath } from '../../git/path.ts';
import { type Candidate, type Candidates, isJudged } from './candidates.ts';
import type { Snapshot } from './snapshot.ts';

export interface CoveredByRule {
  readonly ruleOf: ReadonlyMap<GitPath, CreationRule>;
  readonly files: readonly Candidate[];
}

export interface Covered extends Pick<CoveredByRule, 'ruleOf'> {
  readonly filtered: ReadonlySet<GitPath>;
  /** The files that a rule covers, and those that carry the attribute. */
  readonly judged: readonly Candidate[];
}

export async function coveredByRule(
  { candidates, rules: configs, unmerged }: Snapshot,
  rules: RuleFinder,
): Promise<CoveredByRule> {
  const reached = configs === undefined ? candidates.all() : candidates.under(await rules.reach(configs));
  const files = reached.filter(isJudged);
  const paths = files.map(({ path }) => path).concat(unmerged);
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
  candidates: Candidates,
  { ruleOf, files: covered }: CoveredByRule,
  filtered: ReadonlySet<GitPath>,
): Covered {
  const others = [...filtered].filter((path) => !ruleOf.has(path) && !isNeverCovered(path));
  return { ruleOf, filtered, judged: [...covered, ...candidates.at(others).filter(isJudged)] };
}

export function isCovered({ ruleOf, filtered }: Pick<Covered, 'ruleOf' | 'filtered'>, path: GitPath): boolean {
  return ruleOf.has(path) || filtered.has(path);
}
