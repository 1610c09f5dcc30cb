import { CR, HASH, isBlank, isBlankOrEnd, isBreak, LF, TAB } from './character.ts';
import type { Source } from './source.ts';

/*
 * Where go-yaml's scalars and names end (scannerc.go). Its rules are looser than the specification's: sops writes, and reads,
 * collections and quoted texts whose later lines are not indented, which other parsers refuse.
 */

/*
 * Runs of characters that end nothing, for native searches: tokens are long, and most runs of this program are too short for its
 * own loops to be compiled.
 */
const ordinaryInDouble = /[^"\\]+/y;
const ordinaryInSingle = /[^']+/y;
const ordinaryInBlock = /[^ \t\r\n:]+/y;
const ordinaryInFlow = /[^ \t\r\n:,?[\]{}]+/y;

/** Behind the closing quote. @throws GitSopsError `invalid-yaml` where there is none */
export function quotedEnd(source: Source, start: number): number {
  const { text } = source;
  const quote = text.charCodeAt(start);
  let at = start + 1;
  const ordinary = quote === 0x22 ? ordinaryInDouble : ordinaryInSingle;
  for (; at < text.length; at++) {
    ordinary.lastIndex = at;
    if (ordinary.test(text)) at = ordinary.lastIndex;
    const code = text.charCodeAt(at);
    if (code === 0x5c && quote === 0x22) {
      at++;
    } else if (code === quote) {
      if (quote !== 0x27 || text.charCodeAt(at + 1) !== quote) return at + 1;
      at++;
    }
  }
  throw source.invalid(start, 'a quoted text is not closed');
}

/** Whether a plain scalar may begin with the character at an offset. */
export function startsPlain(text: string, start: number, inFlow: boolean): boolean {
  const first = text.charAt(start);
  const next = text.charCodeAt(start + 1);
  if (first === '-') return !isBlank(next);
  if (first === '?' || first === ':') return !inFlow && !isBlankOrEnd(next);
  return !',[]{}#&*!|>\'"%@`'.includes(first);
}

/**
 * Behind the last character of a plain scalar, which may span lines.
 * @param indent column of the block collection around it, -1 for none
 */
export function plainEnd(source: Source, start: number, indent: number, inFlow: boolean): number {
  const { text } = source;
  const ordinary = inFlow ? ordinaryInFlow : ordinaryInBlock;
  let end = start;
  let at = start;
  for (;;) {
    const beginsLine = at === 0 || text.charCodeAt(at - 1) === LF;
    if (beginsLine && isDocumentMarker(text, at)) return end;
    if (at > start && text.charCodeAt(at) === HASH) return end;
    const from = at;
    for (;;) {
      ordinary.lastIndex = at;
      if (ordinary.test(text)) at = ordinary.lastIndex;
      if (isBlankOrEnd(text.charCodeAt(at)) || endsPlain(text, at, inFlow)) break;
      at++;
    }
    if (at > from) end = at;
    if (!isBlankOrEnd(text.charCodeAt(at)) || at >= text.length) return end;
    let column = -1;
    for (; isBlank(text.charCodeAt(at)) || isBreak(text.charCodeAt(at)); at++) {
      const code = text.charCodeAt(at);
      if (code === LF) column = -1 + 1;
      else if (code === CR) continue;
      else if (column >= 0) {
        if (code === TAB && column < indent + 1) {
          throw source.invalid(at, 'a tab stands in the indentation of a text of several lines');
        }
        column++;
      }
    }
    if (column >= 0 && !inFlow && column < indent + 1) return end;
  }
}

function endsPlain(text: string, at: number, inFlow: boolean): boolean {
  const code = text.charCodeAt(at);
  if (code === 0x3a) return isBlankOrEnd(text.charCodeAt(at + 1));
  // , ? [ ] { }
  return inFlow && (code === 0x2c || code === 0x3f || code === 0x5b || code === 0x5d || code === 0x7b || code === 0x7d);
}

/** `---` or `...` with white space behind it; only at the start of a line. */
export function isDocumentMarker(text: string, at: number): boolean {
  return (text.startsWith('---', at) || text.startsWith('...', at)) && isBlankOrEnd(text.charCodeAt(at + 3));
}

const nameCharacter = /[\w-]/;

/** Behind the name of an anchor or alias. */
export function nameEnd(text: string, start: number): number {
  let at = start + 1;
  while (at < text.length && nameCharacter.test(text.charAt(at))) at++;
  return at;
}

/** Behind a tag: white space ends it, nothing else. */
export function tagEnd(text: string, start: number): number {
  let at = start + 1;
  while (!isBlankOrEnd(text.charCodeAt(at))) at++;
  return at;
}

/** Behind `|` or `>` and its signs. */
export function headerEnd(text: string, start: number): number {
  let at = start + 1;
  while (/[-+\d]/.test(text.charAt(at))) at++;
  return at;
}
