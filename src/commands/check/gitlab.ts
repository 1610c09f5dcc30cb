import { severityOf } from '../../document/finding.ts';
import { fingerprintOf } from '../../document/fingerprint.ts';
import type { Report } from './report.ts';
import { sentenceOf } from './sentence.ts';

/** GitLab's code quality report, a list of Code Climate issues; it wants a line for each and no fingerprint twice. */
export function gitlabReport({ findings }: Report): string {
  const seen = new Map<string, number>();
  const issues = findings.map((finding) => {
    const fingerprint = fingerprintOf(finding);
    const before = seen.get(fingerprint) ?? 0;
    seen.set(fingerprint, before + 1);
    return {
      description: `${sentenceOf(finding)} To mend it: ${finding.mend}`,
      check_name: finding.kind,
      fingerprint: before === 0 ? fingerprint : `${fingerprint}-${before}`,
      severity: severityOf(finding.kind) === 'error' ? 'critical' : 'minor',
      location: { path: finding.path, lines: { begin: finding.line ?? 1 } },
    };
  });
  return `${JSON.stringify(issues, null, 2)}\n`;
}
