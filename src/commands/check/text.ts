import { styleText } from 'node:util';
import { findingKinds, severityOf } from '../../document/finding.ts';
import { escapeText, quotePath } from '../../quote.ts';
import { count } from '../terminal/count.ts';
import { type Grouped, grouped, inHistory, response } from './grouped.ts';
import type { Report } from './report.ts';
import { firstCommitOf, hasDetail } from './sentence.ts';

type Paint = (style: 'bold' | 'red' | 'yellow' | 'green' | 'dim', text: string) => string;

/** For people: by file, aligned, with the one command that mends each; no values. */
export function textReport(
  { scope, files, counted = 'covered file', findings, accepted = [], warnings }: Report,
  colour: boolean,
): string {
  const paint: Paint = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
  const lines: string[] = [];
  for (const [path, here] of byPath(grouped(findings))) {
    lines.push(paint('bold', quotePath(path)), ...here.flatMap((group) => linesOf(group, paint)));
  }
  for (const warning of warnings) lines.push(`${paint('yellow', 'warning')}  ${escapeText(warning)}`);
  const errors = findings.filter(({ kind }) => severityOf(kind) === 'error').length;
  const told = `${count(files, counted)} in ${scope}${accepted.length === 0 ? '' : `, ${accepted.length} accepted`}`;
  if (findings.length === 0) lines.push(`${paint('green', 'clean')}: ${told}`);
  else lines.push('', `${count(errors, 'error')}, ${count(findings.length - errors, 'warning')}: ${told}`);
  const [first] = findings;
  if (first !== undefined) lines.push(paint('dim', `what a kind means: git sops check --explain ${first.kind}`));
  if (findings.some(inHistory)) lines.push(...response.map((step, i) => `${i === 0 ? '\n' : ''}  ${i + 1}. ${step}`));
  return `${lines.join('\n')}\n`;
}

function linesOf({ finding, later }: Grouped, paint: Paint): string[] {
  const { kind, line, keyPath, detail, foundIn, mend } = finding;
  const severity = severityOf(kind);
  const label = paint(severity === 'error' ? 'red' : 'yellow', severity.padEnd(7));
  const place = [line === undefined ? null : `line ${line}`, keyPath].filter((part) => part != null).join(', ');
  const lines = [`  ${label}  ${findingKinds[kind].title}${place === '' ? '' : ` (${escapeText(place)})`}  [${kind}]`];
  if (hasDetail(detail)) lines.push(`           ${escapeText(detail)}`);
  if (foundIn !== undefined) {
    lines.push(`           ${firstCommitOf(foundIn)}${later === 0 ? '' : `, and in ${count(later, 'later version')}`}`);
  }
  lines.push(`           ${paint('dim', 'try:')} ${escapeText(mend)}`);
  return lines;
}

function byPath(groups: readonly Grouped[]): Map<string, Grouped[]> {
  const paths = new Map<string, Grouped[]>();
  for (const group of groups) {
    const here = paths.get(group.finding.path) ?? [];
    here.push(group);
    paths.set(group.finding.path, here);
  }
  return paths;
}
