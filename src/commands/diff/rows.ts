import type { Change, Changed, ContentDiff, Shown } from '../../document/diff/change.ts';
import { trailingBreaks } from '../../format/line-breaks.ts';
import { escapeText, quotePath } from '../../quote.ts';
import { showKeyPath } from '../../tree/key-path.ts';
import { clip, clipPair, displayOf } from './display.ts';
import { allLines, type DiffLine, lineDiff } from './line-diff.ts';
import type { DiffReport, FileDiff } from './report.ts';

/** A line of a diff for people, before it gets colours or markup. All text in it is safe for a terminal. */
export interface Row {
  /** Added, removed, changed, moved, or of a concern: in the clear, broken. */
  readonly sign: '+' | '-' | '~' | '>' | '!';
  /** A key path, or what of the metadata. */
  readonly label: string;
  /** Values, where they are shown on one line. */
  readonly before: string | null;
  readonly after: string | null;
  /** More about it, in words. */
  readonly note: string | null;
  /** A text of several lines. */
  readonly lines: readonly DiffLine[];
}

/** What happened to the file as a whole, in a few words. */
export function headOf({ status, from, conflict, content }: FileDiff): string[] {
  const words: string[] = [];
  if (status === 'added') words.push('new file');
  if (status === 'removed') words.push('deleted');
  if (status === 'renamed' || status === 'copied') words.push(`${status} from ${quotePath(from)}`);
  if (conflict) words.push('in conflict');
  if (content?.basis === 'ciphertext' && !isBroken(content)) words.push('no key here: compared as ciphertext');
  return words;
}

export function rowsOf(file: FileDiff, { names }: DiffReport): Row[] {
  const { content, mode } = file;
  const rows: Row[] = [];
  if (mode !== null) rows.push({ ...row('~', 'mode'), before: mode.before, after: mode.after });
  if (content === null) return rows;
  for (const [side, { state, why }] of [
    ['old', content.before],
    ['new', content.after],
  ] as const) {
    if (state !== 'broken' && state !== 'unreadable') continue;
    rows.push({
      ...row('!', `${side} side ${state === 'broken' ? 'is broken' : 'does not parse'}`),
      note: sentenceOf(why),
    });
  }
  if (content.encryption === 'began') rows.push(row('!', 'is encrypted now; it was plaintext in Git'));
  if (content.encryption === 'ended') rows.push(row('!', 'is plaintext now; it was encrypted in Git'));
  for (const recipient of content.recipients.added)
    rows.push({ ...row('+', 'recipient'), after: named(recipient, names) });
  for (const recipient of content.recipients.removed) {
    rows.push({ ...row('-', 'recipient'), before: named(recipient, names) });
  }
  for (const { name, before, after } of content.settings) {
    rows.push({ ...row('~', name), before: escapeText(before), after: escapeText(after) });
  }
  if (content.dataKeyRotated) rows.push({ ...row('~', 'data key'), note: 'rotated' });
  for (const change of content.changes) rows.push(rowOf(change, content));
  if (content.unknown > 0) {
    const values = content.unknown === 1 ? 'a value' : `${content.unknown} values`;
    rows.push({ ...row('!', `${values} cannot be compared: one side stays encrypted`) });
  }
  if (content.otherwise === 'layout') rows.push(row('~', 'layout only: no value changed'));
  if (content.otherwise === 'ciphertext') rows.push(row('~', 'encrypted again: no value changed'));
  return rows;
}

function rowOf(change: Change, content: ContentDiff): Row {
  const label = labelOf(change, content);
  switch (change.kind) {
    case 'added':
      return valueRow('+', label, change.after);
    case 'removed':
      return valueRow('-', label, change.before);
    case 'changed':
      return changedRow(label, change);
    case 'moved': {
      const values = change.values > 1 ? `, ${change.values} values` : '';
      return { ...row('>', label), note: `was ${showKeyPath(change.from)}${values}` };
    }
    case 'reordered':
      return { ...row('~', label), note: 'other order' };
    case 'exposed':
      return { ...row('!', label), note: 'is in the clear now' };
    case 'protected':
      return { ...row('~', label), note: 'is encrypted now' };
  }
}

function valueRow(sign: '+' | '-', label: string, shown: Shown): Row {
  const display = displayOf(shown);
  const base = { ...row(sign, label), note: notesOf(shown.decoded ? 'base64' : null) };
  if (display.kind === 'block') return { ...base, lines: allLines(sign, display.lines) };
  if (display.kind === 'hidden') return { ...base, note: shown.type === 'comment' ? null : shown.type };
  return sign === '+' ? { ...base, after: clip(display.text) } : { ...base, before: clip(display.text) };
}

function changedRow(label: string, { before, after, from, lines }: Changed): Row {
  const [old, now] = [displayOf(before), displayOf(after)];
  const types = before.type === after.type ? null : `${before.type} → ${after.type}`;
  const was = from === null ? null : `was ${showKeyPath(from)}`;
  const exposed = before.encrypted && !after.encrypted ? 'is in the clear now' : null;
  const base = row('~', label);
  if (old.kind === 'hidden' || now.kind === 'hidden') {
    const count = lines === null ? null : `+${lines.added} −${lines.removed} lines`;
    return { ...base, note: notesOf(types ?? after.type, count, was, exposed) };
  }
  const note = notesOf(types, was, after.decoded ? 'base64' : null, exposed);
  if (old.kind === 'inline' && now.kind === 'inline') {
    if (old.text === now.text) return { ...base, after: clip(now.text), note: notesOf(note, unseen(before, after)) };
    const [a, b] = clipPair(old.text, now.text);
    return { ...base, before: a, after: b, note };
  }
  const diff = lineDiff(linesOf(old), linesOf(now));
  const same = diff.every(({ sign }) => sign === '…' || sign === ' ');
  return same ? { ...base, note: notesOf(note, unseen(before, after)) } : { ...base, note, lines: diff };
}

/** How two values differ that look the same. */
function unseen({ content: a }: Shown, { content: b }: Shown): string {
  const isText = typeof a === 'string' && typeof b === 'string';
  return isText && withoutBreaks(a) === withoutBreaks(b) ? 'other newlines at its end' : 'other bytes';
}

function withoutBreaks(text: string): string {
  return text.slice(0, text.length - trailingBreaks(text));
}

function linesOf(display: ReturnType<typeof displayOf>): readonly string[] {
  if (display.kind === 'block') return display.lines;
  return display.kind === 'inline' ? [display.text] : [];
}

function labelOf(change: Change, { format, basis }: ContentDiff): string {
  const { path, documentName } = change;
  const shown = 'before' in change ? change.before : 'after' in change ? change.after : null;
  const key =
    format === 'binary' || basis === 'text'
      ? 'content'
      : shown?.type === 'comment'
        ? commentPlace(path)
        : showKeyPath(path);
  if (documentName === null) return key;
  return `${escapeText(documentName)}: ${key}`;
}

function commentPlace(path: Change['path']): string {
  return path.length === 0 ? 'comment' : `comment in ${showKeyPath(path)}`;
}

function named(recipient: string, names: DiffReport['names']): string {
  const name = names.get(recipient);
  return escapeText(name === undefined ? recipient : `${recipient} (${name})`);
}

function sentenceOf(why: Error | null): string | null {
  return why === null ? null : escapeText(why.message);
}

function notesOf(...notes: (string | null)[]): string | null {
  const given = notes.filter((note) => note !== null);
  return given.length === 0 ? null : given.join(', ');
}

function isBroken({ before, after }: ContentDiff): boolean {
  return before.state === 'broken' || after.state === 'broken';
}

function row(sign: Row['sign'], label: string): Row {
  return { sign, label, before: null, after: null, note: null, lines: [] };
}
