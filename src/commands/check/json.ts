import { type Finding, findingKinds, severityOf } from '../../document/finding.ts';
import type { Report } from './report.ts';

/** The stable machine format: fields are added, never renamed. Lines and columns count from 1. */
export function jsonReport({ scope, files, findings, warnings }: Report): string {
  return `${JSON.stringify({ version: 1, scope, files, findings: findings.map(entryOf), warnings }, null, 2)}\n`;
}

function entryOf(finding: Finding) {
  const { kind, path, line, column, keyPath, detail, mend } = finding;
  return {
    kind,
    severity: severityOf(kind),
    title: findingKinds[kind].title,
    path,
    line,
    column,
    keyPath,
    detail,
    mend,
  };
}
