import { type Finding, findingKinds, isLeak, severityOf } from '../../document/finding.ts';
import { fingerprintOf } from '../../document/fingerprint.ts';
import { inHistory, response } from './grouped.ts';
import type { Report } from './report.ts';

/** The stable machine format; docs/check.schema.json is its schema. Fields are added, never renamed. */
export function jsonReport({ scope, files, findings, accepted = [], warnings }: Report): string {
  const report = {
    version: 1,
    scope,
    files,
    findings: findings.map(entryOf),
    accepted: accepted.map(({ finding, reason }) => ({ ...entryOf(finding), reason })),
    warnings,
    response: findings.some(inHistory) ? response : undefined,
  };
  return `${JSON.stringify(report, null, 2)}\n`;
}

function entryOf(finding: Finding) {
  const { kind, path, line, column, keyPath, detail, oid, foundIn, ref, mend } = finding;
  return {
    kind,
    severity: severityOf(kind),
    leak: isLeak(kind),
    title: findingKinds[kind].title,
    path,
    line,
    column,
    keyPath,
    detail,
    blob: oid,
    commit: foundIn?.commit,
    authorDate: foundIn?.authorDate,
    ref,
    fingerprint: fingerprintOf(finding),
    help: `docs/findings.md#${kind}`,
    mend,
  };
}
