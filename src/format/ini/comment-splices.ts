import type { LayoutEntry } from '../format.ts';
import { lineEndOf } from '../source-text.ts';
import type { Splice } from '../splice.ts';
import { type CommentPart, commentText, type IniComment, readCommentLines, unsealedText } from './comment.ts';
import { bodyOf, type CommentSlot } from './leaves.ts';
import { skipSpace } from './space.ts';

/*
 * A comment of several lines, or of lines above and one beside, is one comment to sops and gets one token, on its first line;
 * the other lines go. A section header's line has no room for one: the loader takes the token's bracket for the header's. So its text alone gives back what sops would write: each line below the one before, all above the key.
 * Where it stood otherwise the layout record says how.
 */

/** What the layout record must hold for a comment of a plaintext file. */
export function layoutOf(text: string, { parts, place, owner }: CommentSlot): LayoutEntry[] {
  if (place === null) return [];
  const { above, inline } = split(text, parts);
  const entries: LayoutEntry[] = [];
  if (above !== null) {
    const source = text.slice(above.start, above.end);
    if (source !== above.text) entries.push({ place: `comment ${place}`, source });
  }
  if (inline !== undefined && (above !== null || owner.header !== null)) {
    entries.push({ place: `inline ${place}`, source: text.slice(owner.inlineFrom, inline.end) });
  }
  return entries;
}

export function sealComment(text: string, { parts, owner }: CommentSlot, token: string): Splice[] {
  const { above, inline } = split(text, parts);
  const { sign, start, end } = bodyOf(text, parts);
  if (inline === undefined || (above === null && owner.header === null)) return [{ start, end, text: token }];
  const moved = { start: owner.inlineFrom, end: inline.end, text: '' };
  if (above !== null) return [{ start, end: above.end, text: token }, moved];
  const at = owner.header ?? sign;
  return [{ start: at, end: at, text: text.slice(sign, start) + token + lineEndOf(text) }, moved];
}

export function openComment(
  text: string,
  { parts, place, owner }: CommentSlot,
  sealed: string,
  spelling: ReadonlyMap<string, string>,
): Splice[] {
  const { sign, start, end } = bodyOf(text, parts);
  const whole = unsealedText(text.slice(sign, start), sealed);
  // At the end of a line there is room for one line only.
  if (parts[0]?.inline === true) return whole.includes('\n') ? [] : [{ start: sign, end, text: whole }];
  const beside = place === null ? undefined : spelling.get(`inline ${place}`);
  const above = beside === undefined ? null : withoutInline(whole, beside);
  const splices: Splice[] = [];
  if (beside !== undefined && above !== null) {
    splices.push({ start: owner.inlineFrom, end: owner.inlineFrom, text: beside });
    // Nothing is left above: the line was made for the token.
    if (above === '') return [{ start: sign, end: text.indexOf('\n', end) + 1, text: '' }, ...splices];
  }
  const lines = above ?? whole;
  const recorded = place === null ? undefined : spelling.get(`comment ${place}`);
  const source = recorded !== undefined && readCommentLines(recorded) === lines ? recorded : lines;
  return [{ start: sign, end, text: source }, ...splices];
}

/** The lines of a comment that stand above, when the last stands beside as recorded; null where the record does not fit. */
function withoutInline(whole: string, beside: string): string | null {
  const last = beside.slice(skipSpace(beside, 0, beside.length));
  if (!/^[#;][^\n]*$/.test(last) || beside.includes('\n')) return null;
  if (whole === last) return '';
  return whole.endsWith(`\n${last}`) ? whole.slice(0, -last.length - 1) : null;
}

function split(
  text: string,
  parts: IniComment,
): { above: { start: number; end: number; text: string } | null; inline: CommentPart | undefined } {
  const inline = parts.find((part) => part.inline);
  const lines = parts.filter((part) => !part.inline);
  const first = lines[0];
  const last = lines.at(-1);
  if (first === undefined || last === undefined) return { above: null, inline };
  // With a part behind it, the loader trims nothing off the last line.
  if (inline !== undefined) {
    const joined = lines.map(({ start, end }) => text.slice(start, end)).join('\n');
    return { above: { start: first.start, end: last.end, text: joined }, inline };
  }
  return { above: { start: first.start, end: bodyOf(text, lines).end, text: commentText(text, lines) }, inline };
}
