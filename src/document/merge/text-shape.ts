import type { FormatName } from '../../format/format.ts';

/** What of a text is no matter of single lines: its line breaks, how it ends, its byte order mark. */
export interface TextShape {
  readonly crlf: boolean;
  readonly finalBreak: boolean;
  readonly mark: boolean;
}

export interface Shaped {
  /** Without a mark, with `\n` between lines and at the end. */
  readonly text: string;
  readonly shape: TextShape;
}

const MARK = '\ufeff';

/**
 * Whether line breaks are no matter of single lines: not in dotenv, where a carriage return belongs to the value, and not
 * where a file has both kinds.
 */
export function haveOneBreak(sources: readonly string[], format: FormatName): boolean {
  return format !== 'dotenv' && sources.every((source) => !source.includes('\r\n') || !/(?<!\r)\n/.test(source));
}

/** @param oneBreak whether every version has one kind of line break */
export function shapeOf(source: string, oneBreak: boolean): Shaped {
  const mark = source.startsWith(MARK);
  const body = mark ? source.slice(1) : source;
  const crlf = oneBreak && body.includes('\r\n');
  const text = crlf ? body.replaceAll('\r\n', '\n') : body;
  const finalBreak = text === '' || text.endsWith('\n');
  return { text: finalBreak ? text : `${text}\n`, shape: { crlf, finalBreak, mark } };
}

/** What both have, or what the one has that changed it. */
export function mergeShapes(base: TextShape | null, ours: TextShape, theirs: TextShape): TextShape {
  const pick = (part: keyof TextShape) => (base !== null && base[part] === ours[part] ? theirs[part] : ours[part]);
  return { crlf: pick('crlf'), finalBreak: pick('finalBreak'), mark: pick('mark') };
}

export function withShape(text: string, { crlf, finalBreak, mark }: TextShape): string {
  const body = finalBreak ? text : text.replace(/\n$/, '');
  return (mark ? MARK : '') + (crlf ? body.replaceAll('\n', '\r\n') : body);
}
