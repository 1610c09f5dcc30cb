import { styleText } from 'node:util';
import { findingKinds, severityOf } from '../../document/finding.ts';
import { escapeText, quotePath } from '../../git/quote.ts';
import type { Report } from './report.ts';

/** For people: by file, aligned, with the one command that mends each; no values. */
export function textReport({ scope, files, findings, warnings }: Report, colour: boolean): string {
  const paint = (style: 'bold' | 'red' | 'yellow' | 'green' | 'dim', text: string) =>
    colour ? styleText(style, text) : text;
  const lines: string[] = [];
  for (const path of new Set(findings.map((finding) => finding.path))) {
    lines.push(paint('bold', quotePath(path)));
    for (const { kind, line, keyPath, detail, mend } of findings.filter((finding) => finding.path === path)) {
      const severity = severityOf(kind);
      const label = paint(severity === 'error' ? 'red' : 'yellow', severity.padEnd(7));
      const place = [line === undefined ? null : `line ${line}`, keyPath].filter((part) => part != null).join(', ');
      lines.push(`  ${label}  ${findingKinds[kind].title}${place === '' ? '' : ` (${escapeText(place)})`}  [${kind}]`);
      if (detail !== undefined && detail !== 'value' && detail !== 'comment') {
        lines.push(`           ${escapeText(detail)}`);
      }
      lines.push(`           ${paint('dim', 'try:')} ${escapeText(mend)}`);
    }
  }
  for (const warning of warnings) lines.push(`${paint('yellow', 'warning')}  ${escapeText(warning)}`);
  const count = (n: number, what: string) => `${n} ${what}${n === 1 ? '' : 's'}`;
  const errors = findings.filter(({ kind }) => severityOf(kind) === 'error').length;
  const told = `${count(files, 'covered file')} in ${scope}`;
  if (findings.length === 0) lines.push(`${paint('green', 'clean')}: ${told}`);
  else lines.push('', `${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}: ${told}`);
  return `${lines.join('\n')}\n`;
}
