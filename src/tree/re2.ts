import { GitSopsError } from '../errors.ts';

/** A compiled pattern with the meaning of Go's regexp (RE2 syntax, leftmost match anywhere in the text). */
export interface Pattern {
  test(text: string): boolean;
}

let engine: typeof import('re2js').RE2JS | null = null;

/**
 * Loads the RE2 engine if the pattern needs it: nearly no pattern in use does, and it is as large as the rest of what an
 * ordinary `git add` loads. Call it before `compileRe2`.
 */
export async function prepareRe2(pattern: string): Promise<void> {
  if (engine === null && translate(pattern) === null) engine = (await import('re2js')).RE2JS;
}

/**
 * @throws GitSopsError `bad-regex` with the engine's reason. Patterns come from repositories, which may be hostile, so
 *   the platform's own engine, which backtracks, gets only patterns whose time is at most quadratic in the text.
 */
export function compileRe2(pattern: string): Pattern {
  const native = translate(pattern);
  if (native !== null) return new RegExp(native, 'u');
  if (engine === null) throw new Error('prepareRe2 was not called');
  try {
    const compiled = engine.compile(pattern);
    return { test: (text) => compiled.matcher(text).find() };
  } catch (cause) {
    throw new GitSopsError('bad-regex', { detail: pattern.slice(0, 200), other: (cause as Error).message }, { cause });
  }
}

const plain = /^[A-Za-z0-9_/ ,:@=%~<>"'&;!#-]$/;
const classPlain = /^[A-Za-z0-9_/. -]$/;

/**
 * The pattern in the platform's syntax, or null where the two engines might differ or backtracking might hurt. The subset:
 * letters, digits and harmless signs, escaped punctuation, `.`, `^` at the start, `$` at the end, alternation in groups that are
 * not repeated, small classes, and `*`, `+`, `?` behind a single character; together at most one unbounded repeat more than
 * an anchor makes up for. `.` is spelled out, since the two disagree on what a line break is.
 */
function translate(pattern: string): string | null {
  let rest = pattern;
  // Unanchored search makes these do nothing, and they are what costs.
  if (rest.startsWith('.*')) rest = rest.slice(2).replace(/^\.\*+/, '');
  while (rest.endsWith('.*') && !rest.endsWith('\\.*')) rest = rest.slice(0, -2);
  const anchored = rest.startsWith('^');
  let out = '';
  let depth = 0;
  let repeats = 0;
  let atom = false;
  for (let i = 0; i < rest.length; i++) {
    const c = rest[i] as string;
    if (plain.test(c)) {
      // Without this an unescaped `-` or `/` would still be a literal, but with the u flag some escapes are errors.
      out += c === '/' ? '\\/' : c;
      atom = true;
    } else if (c === '.') {
      out += '[^\\n]';
      atom = true;
    } else if (c === '\\') {
      const next = rest[++i] ?? '';
      if (!/^[.\\/^$|()[\]{}*+?-]$/.test(next)) return null;
      out += next === '-' ? '-' : `\\${next}`;
      atom = true;
    } else if (c === '[') {
      const end = rest.indexOf(']', i + 2);
      if (end < 0) return null;
      const negated = rest[i + 1] === '^';
      const body = rest.slice(i + (negated ? 2 : 1), end);
      if (body === '' || ![...body].every((b) => classPlain.test(b)) || !rangesRise(body)) return null;
      out += `[${negated ? '^' : ''}${body.replaceAll('/', '\\/')}]`;
      i = end;
      atom = true;
    } else if (c === '*' || c === '+' || c === '?') {
      if (!atom) return null;
      if (c !== '?') repeats++;
      out += c;
      atom = false;
    } else if (c === '(') {
      if (rest[i + 1] === '?') return null;
      depth++;
      out += '(?:';
      atom = false;
    } else if (c === ')') {
      if (--depth < 0) return null;
      out += ')';
      atom = false;
    } else if (c === '|') {
      out += '|';
      atom = false;
    } else if (c === '^' || c === '$') {
      out += c;
      atom = false;
    } else return null;
  }
  if (depth !== 0 || repeats + (anchored && !rest.includes('|') ? 0 : 1) > 2) return null;
  return out;
}

/** `-` only at an end, or between two letters or two digits that rise. */
function rangesRise(body: string): boolean {
  for (let i = 0; i < body.length; i++) {
    if (body[i] !== '-' || i === 0 || i === body.length - 1) continue;
    const range = body.slice(i - 1, i + 2);
    if (!/^(?:[a-z]-[a-z]|[A-Z]-[A-Z]|[0-9]-[0-9])$/.test(range) || (range[0] as string) > (range[2] as string))
      return false;
    if (body[i + 2] === '-' && i + 2 !== body.length - 1) return false;
  }
  return true;
}
