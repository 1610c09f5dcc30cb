import type { Change, ContentDiff, Shown } from '../../document/diff/change.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import { describePem } from './pem.ts';
import type { DiffReport, FileDiff } from './report.ts';

/** The stable machine format that docs/diff-json.md describes: fields are added, never renamed. */
export function jsonDiff({ files, names, redacted }: DiffReport): string {
  const report = { version: 1, redacted, files: files.map((file) => fileEntry(file, names)) };
  return `${JSON.stringify(report, null, 2).replace(unsafe, escaped)}\n`;
}

/** What JSON may hold as it is, and a terminal may take for an order. */
const unsafe = /(?!\n)[\p{Cc}\p{Cf}\u2028\u2029]/gu;

function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, i) => `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`).join(
    '',
  );
}

function fileEntry({ status, path, from, mode, conflict, content }: FileDiff, names: DiffReport['names']) {
  return {
    path,
    ...(from !== path && { from }),
    status,
    ...(mode !== null && { mode }),
    ...(conflict && { conflict }),
    ...(content !== null && contentEntry(content, names)),
  };
}

function contentEntry(content: ContentDiff, names: DiffReport['names']) {
  const { format, before, after, basis, changes, unknown, recipients, settings, encryption, otherwise } = content;
  const person = (recipient: string) => ({ recipient, ...(names.has(recipient) && { name: names.get(recipient) }) });
  return {
    format,
    before: sideEntry(before),
    after: sideEntry(after),
    basis,
    changes: changes.map(changeEntry),
    ...(unknown > 0 && { unknown }),
    recipients: { added: recipients.added.map(person), removed: recipients.removed.map(person) },
    settings,
    dataKeyRotated: content.dataKeyRotated,
    ...(encryption !== null && { encryption }),
    ...(otherwise !== null && { otherwise }),
  };
}

function sideEntry({ state, why }: ContentDiff['before']) {
  return { state, ...(why !== null && { problem: why.message }) };
}

function changeEntry(change: Change) {
  const { kind, path, document, documentName } = change;
  const shown = 'after' in change ? change.after : 'before' in change ? change.before : null;
  return {
    kind,
    of: change.kind === 'reordered' ? change.of : shown?.type === 'comment' ? 'comment' : 'value',
    path: showKeyPath(path),
    keys: path,
    document,
    ...(documentName !== null && { documentName }),
    ...('from' in change && change.from !== null && { from: showKeyPath(change.from), fromKeys: change.from }),
    ...('values' in change && { values: change.values }),
    ...('before' in change && { before: shownEntry(change.before) }),
    ...('after' in change && { after: shownEntry(change.after) }),
    ...('lines' in change && change.lines !== null && { lines: change.lines }),
  };
}

function shownEntry({ type, content, encrypted, decoded }: Shown) {
  const text = typeof content === 'string';
  const pem = text ? describePem(content) : null;
  return {
    type,
    encrypted,
    ...(decoded && { decoded: 'base64' }),
    ...(text && { value: content }),
    ...(content !== null && !text && { base64: Buffer.from(content).toString('base64') }),
    ...(pem !== null && { pem }),
  };
}
