import { GitSopsError } from '../errors.ts';

/** A compiled pattern with the meaning of Go's regexp (RE2 syntax, leftmost match anywhere in the text). */
export interface Pattern {
  test(text: string): boolean;
}

let engine: typeof import('re2js').RE2JS | null = null;

/** A longer text may take the platform's engine long, where the time is quadratic. Hardly a path is as long. */
export const mostShort = 1000;

/**
 * Loads the RE2 engine if the pattern needs it: nearly no pattern in use does, and it is as large as the rest of what an
 * ordinary `git add` loads. Call it before `compileRe2`.
 */
export async function prepareRe2(pattern: string): Promise<void> {
  if (engine === null && !compiled.has(pattern) && translate(pattern) === null) await loadEngine();
}

/** The same for texts of any length: keys and comments. */
export async function prepareLinear(pattern: string): Promise<void> {
  if (engine !== null || linear.has(pattern)) return;
  if (translate(pattern)?.linear !== true) return loadEngine();
  if (linear.size >= mostRemembered) linear.clear();
  linear.add(pattern);
}

/** What needs no engine, whatever the text: each file of a run asks about the same few. */
const linear = new Set<string>();

/** For any pattern, and any text. */
export async function loadEngine(): Promise<void> {
  engine ??= (await import('re2js')).RE2JS;
}

/**
 * The time is linear in the text, or at most quadratic in a short one: patterns and texts come from repositories, which may be hostile,
 * and the platform's own engine backtracks.
 * @throws GitSopsError `bad-regex` with the engine's reason
 */
export function compileRe2(pattern: string): Pattern {
  const known = compiled.get(pattern);
  if (known !== undefined) return known;
  const made = compile(pattern);
  if (compiled.size >= mostRemembered) compiled.clear();
  compiled.set(pattern, made);
  return made;
}

/** What each text that matches begins with, as far as that can be seen at once: the letters and such behind a `^`, where there is no choice. */
export function literalPrefix(pattern: string): string {
  if (pattern.includes('|')) return '';
  const [, literals = ''] = /^\^((?:[A-Za-z0-9_/-]|\\[./-])*)/.exec(pattern) ?? [];
  // What is repeated may be there no time at all.
  const behind = pattern[1 + literals.length] ?? '';
  return literals.slice(0, '*?{'.includes(behind) && behind !== '' ? -1 : undefined).replace(/\\/g, '');
}

/** The files of a repository share a few patterns. They hold no state. */
const compiled = new Map<string, Pattern>();
const mostRemembered = 100;

function compile(pattern: string): Pattern {
  const native = translate(pattern);
  if (native === null) return compileByEngine(pattern);
  const expression = new RegExp(native.source, 'u');
  if (native.linear) return expression;
  let byEngine: Pattern | null = null;
  return {
    test(text) {
      if (text.length <= mostShort) return expression.test(text);
      byEngine ??= compileByEngine(pattern);
      return byEngine.test(text);
    },
  };
}

function compileByEngine(pattern: string): Pattern {
  if (engine === null) throw new Error('the engine was not loaded');
  try {
    const program = engine.compile(pattern);
    return { test: (text) => program.matcher(text).find() };
  } catch (cause) {
    throw new GitSopsError('bad-regex', { detail: pattern.slice(0, 200), other: (cause as Error).message }, { cause });
  }
}

/** Patterns longer or with more ways through are the engine's: nobody's rule, but a hostile one's. */
const mostLength = 1000;
const mostWays = 64;
/** Where the time is quadratic. */
const mostSlowWays = 8;

interface Native {
  /** In the platform's syntax. */
  readonly source: string;
  /** Whether its time is linear in the text. */
  readonly linear: boolean;
}

const plain = /^[A-Za-z0-9_/ ,:@=%~<>"'&;!#-]$/;
const classPlain = /^[A-Za-z0-9_/. -]$/;

/**
 * The pattern in the platform's syntax, or null where the two engines might differ or backtracking might hurt. The subset:
 * letters, digits and harmless signs, escaped punctuation, `.`, `^` at the start, `$` at the end, alternation in groups that are
 * not repeated, small classes, and `*`, `+`, `?` behind a single character; at most two unbounded repeats, one where the search
 * is not anchored, and few ways through the alternatives. `.` is spelled out, since the two disagree on what a line break is.
 */
function translate(pattern: string): Native | null {
  if (pattern.length > mostLength) return null;
  let rest = pattern;
  // Unanchored search makes these do nothing, and they are what costs.
  while (/^\.\*(?![*+?{])/.test(rest)) rest = rest.slice(2);
  while (rest.endsWith('.*') && !rest.endsWith('\\.*')) rest = rest.slice(0, -2);
  const anchored = rest.startsWith('^');
  let out = '';
  let repeats = 0;
  // How many ways there are through the options and alternatives, at most: each way may be tried at each place.
  let ways = 1;
  const branches = [1];
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
      if (c === '?') ways *= 2;
      else repeats++;
      out += c;
      atom = false;
    } else if (c === '(') {
      if (rest[i + 1] === '?') return null;
      branches.push(1);
      out += '(?:';
      atom = false;
    } else if (c === ')') {
      ways *= branches.pop() ?? 1;
      if (branches.length === 0) return null;
      out += ')';
      atom = false;
    } else if (c === '|') {
      branches.push((branches.pop() ?? 1) + 1);
      out += '|';
      atom = false;
    } else if (c === '^' || c === '$') {
      out += c;
      atom = false;
    } else return null;
    if (ways > mostWays) return null;
  }
  if (branches.length !== 1) return null;
  ways *= branches[0] ?? 1;
  const degree = repeats + (anchored && !rest.includes('|') ? 0 : 1);
  if (degree > 2 || ways > (degree === 2 ? mostSlowWays : mostWays)) return null;
  return { source: out, linear: degree < 2 };
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
