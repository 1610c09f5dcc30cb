import type { Shown } from '../../document/diff/change.ts';
import { escapeText } from '../../quote.ts';
import { describePem } from './pem.ts';

/** A value for people: nothing (it is hidden), on one line, or on several. Safe for a terminal. */
export type Display =
  | { readonly kind: 'hidden' }
  | { readonly kind: 'inline'; readonly text: string }
  | { readonly kind: 'block'; readonly lines: readonly string[] };

export function displayOf({ content, type }: Shown): Display {
  if (content === null) return { kind: 'hidden' };
  if (typeof content !== 'string') return { kind: 'inline', text: `binary, ${content.length} bytes` };
  if (type === 'comment') return { kind: 'inline', text: escapeText(`#${content}`) };
  if (type !== 'str') return { kind: 'inline', text: escapeText(content) };
  const pem = describePem(content);
  if (pem !== null) {
    const [only, ...more] = pem.map(safeLine);
    return more.length === 0 ? { kind: 'inline', text: only ?? '' } : { kind: 'block', lines: [only ?? '', ...more] };
  }
  const lines = content.replace(/\n$/, '').split('\n');
  if (lines.length > 1) return { kind: 'block', lines: lines.map(safeLine) };
  return { kind: 'inline', text: quoted(content) };
}

/** A line of text, where a tab may stay a tab. */
function safeLine(line: string): string {
  return line.split('\t').map(escapeText).join('\t');
}

function quoted(text: string): string {
  return escapeText(JSON.stringify(text));
}

/** Long texts as what differs between them, with a little around it. */
export function clipPair(before: string, after: string): [string, string] {
  if (Math.max(before.length, after.length) <= longest) return [before, after];
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < shorter - head && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  const cut = (text: string) => {
    const start = Math.max(0, head - around);
    const end = Math.min(text.length, text.length - tail + around);
    const middle = text.slice(start, end);
    return `${start > 0 ? '…' : ''}${clip(middle)}${end < text.length ? '…' : ''}`;
  };
  return [cut(before), cut(after)];
}

export function clip(text: string): string {
  return text.length <= longest ? text : `${text.slice(0, longest - around)}… (${text.length} characters)`;
}

const longest = 160;
const around = 20;
