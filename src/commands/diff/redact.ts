import type { Change, Shown } from '../../document/diff/change.ts';
import type { DiffReport } from './report.ts';

/** The same report without a single value or comment: what is not in there no format can print. */
export function redact(report: DiffReport): DiffReport {
  const files = report.files.map((file) =>
    file.content === null
      ? file
      : { ...file, content: { ...file.content, changes: file.content.changes.map(withoutValue) } },
  );
  return { ...report, files, redacted: true };
}

function withoutValue(named: Change): Change {
  // What a document is called stands in its values.
  const documentName = named.documentName === null ? null : `document ${named.document + 1}`;
  const change = { ...named, documentName };
  switch (change.kind) {
    case 'added':
      return { ...change, after: hidden(change.after) };
    case 'removed':
      return { ...change, before: hidden(change.before) };
    case 'changed':
      return { ...change, before: hidden(change.before), after: hidden(change.after) };
    default:
      return change;
  }
}

function hidden(shown: Shown): Shown {
  return { ...shown, content: null };
}
