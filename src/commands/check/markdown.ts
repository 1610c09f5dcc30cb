import { findingKinds, severityOf } from '../../document/finding.ts';
import { escapeText, quotePath } from '../../quote.ts';
import { codeSpan } from '../diff/markdown-text.ts';
import { count } from '../terminal/count.ts';
import { grouped, inHistory, response } from './grouped.ts';
import type { Report } from './report.ts';
import { firstCommitOf, hasDetail } from './sentence.ts';

/** For a comment on a pull request or a step's summary: a table, without values. */
export function markdownReport({
  scope,
  files,
  counted = 'covered file',
  findings,
  accepted = [],
  warnings,
}: Report): string {
  const errors = findings.filter(({ kind }) => severityOf(kind) === 'error').length;
  const lines = ['### git sops check', ''];
  const told = `${count(files, counted)} in ${codeSpan(escapeText(scope))}`;
  const more = accepted.length === 0 ? '' : `, ${accepted.length} accepted`;
  if (findings.length === 0) lines.push(`Clean: ${told}${more}.`);
  else {
    lines.push(`**${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}** in ${told}${more}.`, '');
    lines.push('| | Where | What | Try |', '|---|---|---|---|');
    for (const { finding, later } of grouped(findings)) {
      const { kind, path, line, keyPath, detail, foundIn, mend } = finding;
      const where = [codeSpan(quotePath(path) + (line === undefined ? '' : `:${line}`))];
      if (keyPath !== undefined) where.push(codeSpan(escapeText(keyPath)));
      const what = [`${findingKinds[kind].title} (${codeSpan(kind)})`];
      if (hasDetail(detail)) what.push(codeSpan(escapeText(detail)));
      if (foundIn !== undefined)
        what.push(firstCommitOf(foundIn) + (later === 0 ? '' : ` and ${count(later, 'later version')}`));
      lines.push(
        `| ${severityOf(kind)} | ${where.join('<br>')} | ${what.join('<br>')} | ${codeSpan(escapeText(mend))} |`,
      );
    }
  }
  if (warnings.length > 0) lines.push('', ...warnings.map((warning) => `- warning: ${codeSpan(escapeText(warning))}`));
  if (findings.some(inHistory)) lines.push('', ...response.map((step, i) => `${i + 1}. ${step}`));
  return `${lines.join('\n')}\n`;
}
