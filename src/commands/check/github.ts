import { findingKinds, severityOf } from '../../document/finding.ts';
import type { Report } from './report.ts';
import { sentenceOf } from './sentence.ts';

/** Workflow commands that GitHub shows as annotations beside the lines. */
export function githubReport({ findings }: Report): string {
  return findings
    .map((finding) => {
      const { kind, path, line, column, mend } = finding;
      const place = [`file=${property(path)}`];
      if (line !== undefined) place.push(`line=${line}`);
      if (column !== undefined) place.push(`col=${column}`);
      place.push(`title=${property(findingKinds[kind].title)}`);
      return `::${severityOf(kind)} ${place.join(',')}::${data(`${sentenceOf(finding)} Try: ${mend}`)}\n`;
    })
    .join('');
}

/** A message may not end its line, or a path from a hostile repository could write a workflow command of its own. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
