import { type Finding, isLeak } from '../../document/finding.ts';
import { isRequestPath, requestFolder } from '../../document/join-request.ts';
import { judgeUncovered } from '../../document/judge.ts';
import { createRuleFinder, isNeverCovered, isRulesPath } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import { joinPaths } from '../../git/path.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { shellPath } from '../../quote.ts';
import { isLink } from './candidates.ts';
import { ContentJudge } from './content-judge.ts';
import { coveredByRule, isCovered, sortOut } from './covered.ts';
import type { Snapshot } from './snapshot.ts';

export interface Verdict {
  /** How many files were judged. */
  readonly files: number;
  readonly findings: Finding[];
}

/**
 * Judges every covered file of a snapshot: those that a rule covers, and those that carry the attribute. Of the others,
 * those that look as if they should not be there in the clear, or as if they were meant to be covered.
 * @throws GitSopsError for rules that cannot be read: nobody can tell what is covered then.
 */
export async function judgeSnapshot(snapshot: Snapshot, keyring: Keyring | null): Promise<Verdict> {
  // With no version of its own it would read as a file that is not there, whose rules cover nothing.
  const inConflict = snapshot.unmerged.find(isRulesPath);
  if (inConflict !== undefined) throw new GitSopsError('rules-in-conflict', { file: inConflict });
  const rules = createRuleFinder((path) => snapshot.read(path));
  const { candidates } = snapshot;
  const byRule = await coveredByRule(snapshot, rules);
  const { ruleOf } = byRule;
  // Git searches, and looks attributes up, while what the rules cover is judged here. What comes first is asked for first.
  const contents = new ContentJudge(snapshot, rules, ruleOf, keyring);
  const judging = contents.judge(byRule.files);
  judging.catch(() => {});
  const asked = snapshot.filtered(() => Buffer.concat([candidates.paths(), joinPaths(snapshot.unmerged)]));
  const sorting = asked.then((filtered) => sortOut(candidates, byRule, filtered));
  sorting.catch(() => {});
  const suspects = snapshot.suspects(candidates, async () => {
    const covered = await sorting;
    return (path) => (!isCovered(covered, path) || isNeverCovered(path)) && !isRequestPath(path);
  });
  suspects.catch(() => {});

  await judging;
  const covered = await sorting;
  const { filtered, judged } = covered;
  await contents.judge(judged.filter(({ path }) => !ruleOf.has(path)));

  const findings: Finding[] = [];
  for (const path of new Set(snapshot.unmerged)) {
    if (!isCovered(covered, path)) continue;
    findings.push({ kind: 'unresolved-conflict', path, mend: `resolve it, then git add -- ${shellPath(path)}` });
  }
  for (const candidate of judged) {
    const { path, oid } = candidate;
    if (!filtered.has(path) && !isLink(candidate))
      findings.push({ kind: 'missing-attribute', path, mend: 'git sops init' });
    for (const finding of contents.findings(candidate))
      findings.push({ ...finding, oid: oid === '' ? undefined : oid });
  }
  if (snapshot.whole) findings.push(...contents.emptyRules());
  const requests = candidates.under([requestFolder]).filter(({ path }) => isRequestPath(path));
  for (const candidate of [...requests, ...(await suspects)]) {
    const content = await snapshot.content(candidate);
    if (content === null) continue;
    const oid = candidate.oid === '' ? undefined : candidate.oid;
    for (const finding of await judgeUncovered(candidate.path, content)) findings.push({ ...finding, oid });
  }
  const told = new Set(findings.filter(({ kind }) => isLeak(kind)).map(({ path }) => path));
  const left = (await snapshot.left?.((path) => ruleOf.has(path), keyring)) ?? [];
  findings.push(...left.filter(({ path }) => !told.has(path)));
  return { files: judged.filter((candidate) => !isLink(candidate)).length, findings };
}
