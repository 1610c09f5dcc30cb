import { skipSpace, trimEnd } from './space.ts';

/** A comment line, or the comment at the end of a line: from its sign to the line's end, or to the last character. */
export interface CommentPart {
  readonly start: number;
  readonly end: number;
  readonly inline: boolean;
  readonly line: number;
  readonly column: number;
}

/**
 * Comments as the loader sees them: all lines above a key or section header, and the one at the end of its line, are one
 * comment, joined by newlines, without the blank lines and the indentation between them.
 */
export type IniComment = readonly CommentPart[];

/** The loader's text of a comment, first sign included. */
export function commentText(text: string, comment: IniComment): string {
  const joined = comment.map(({ start, end }) => text.slice(start, end)).join('\n');
  return joined.slice(0, trimEnd(joined, 0, joined.length));
}

/** How much sops strips from the start of a comment (stripCommentChar in its stores/ini/store.go). */
export function strippedLength(comment: string): number {
  const strip = comment.startsWith(';') ? /^[; ]*/ : comment.startsWith('#') ? /^[# ]*/ : null;
  return strip?.exec(comment)?.[0].length ?? 0;
}

/** sops's value of a comment. */
export function commentValue(comment: string): string {
  return comment.slice(strippedLength(comment));
}

/** ini.v1 crashes when it is to write a comment with an empty first line. */
export function crashesSops(value: string): boolean {
  return value.startsWith('\n');
}

/**
 * What a comment's token holds: sops's value, but where sops could not write that back or it would be taken for one with its
 * sign, the text with its sign.
 */
export function sealedText(comment: string): string {
  const value = commentValue(comment);
  return /^[\n#;]/.test(value) ? comment : value;
}

/** The reverse of `sealedText`, given the sign that stands in front of the token. */
export function unsealedText(sign: string, sealed: string): string {
  const lines = (/^[#;]/.test(sealed) ? sealed : sign + sealed).split('\n');
  // A line without a sign would become a key.
  return lines.map((line, i) => (i === 0 || /^[\s\u0085]*[#;]/.test(line) ? line : `; ${line}`)).join('\n');
}

/** The loader's text of comment lines; null where the source holds anything else. */
export function readCommentLines(source: string): string | null {
  const lines: string[] = [];
  for (const line of source.split('\n')) {
    const start = skipSpace(line, 0, line.length);
    if (start === line.length) continue;
    if (line[start] !== '#' && line[start] !== ';') return null;
    lines.push(line.slice(start));
  }
  return lines.join('\n');
}
