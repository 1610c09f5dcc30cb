import { pushTexts } from '../../clauses.ts';
import type { Finding } from '../../document/finding.ts';
import { textReport } from '../check/text.ts';

/** More is no help to anybody who pushes. */
const mostShown = 20;

/** What a push would bring that must not leave, and how to get it out of the commits. */
export function refusal(findings: readonly Finding[], files: number, colour: boolean): string {
  const report = pushReport(findings, files, colour);
  const inCommits = findings.some(({ foundIn }) => foundIn !== undefined);
  return `${pushTexts.refused}${report}${inCommits ? `\n${pushTexts.mend}` : ''}`;
}

/** What a push takes from the protection, where that stops nobody. */
export function changeOfProtection(weakened: readonly Finding[], files: number, colour: boolean): string {
  return `${pushTexts.weakened}${pushReport(weakened, files, colour)}`;
}

/** What is wrong with a push, as a calm text without values. */
function pushReport(findings: readonly Finding[], files: number, colour: boolean): string {
  const found = byPlace(findings);
  const shown = found.slice(0, mostShown);
  const text = textReport({ scope: 'this push', files, findings: shown, warnings: [] }, colour);
  const more = found.length - shown.length;
  return more === 0 ? text : text.replace(/\n\n(.*)\n$/, `\n\n$1; ${pushTexts.more(more)}\n`);
}

/** The first commit that has a finding stands for the later ones. */
function byPlace(findings: readonly Finding[]): Finding[] {
  const groups = new Map<string, { finding: Finding; later: number }>();
  for (const finding of findings) {
    const { kind, path, keyPath, foundIn, detail } = finding;
    const key = JSON.stringify([kind, path, keyPath, foundIn === undefined ? detail : null]);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { finding, later: 0 });
    else group.later++;
  }
  return [...groups.values()].map(({ finding, later }) => withCommit(finding, later));
}

/** Nobody but the pusher has the commits yet, so nothing is said of history. */
function withCommit({ foundIn, ...finding }: Finding, later: number): Finding {
  if (foundIn === undefined) return finding;
  const commit = pushTexts.commit(foundIn.commit, foundIn.authorDate, later);
  const { detail } = finding;
  const told = detail === undefined || detail === 'value' || detail === 'comment';
  return { ...finding, detail: told ? commit : `${detail}; ${commit}` };
}
