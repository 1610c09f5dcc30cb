/**
 * Turns a `path_regex` into `.gitattributes` patterns that match the same paths, where that is exact.
 *
 * The regular expression is spread into alternatives without groups; each is a row of pieces, of which only `.*` and `.+` may cross
 * a `/`. Git's `**` stands for whole folders, so such a crossing becomes two patterns: one that stays within its folder,
 * one that goes deeper. A `.` is one character and Git's `?` one byte, so one pattern more takes names with something other
 * than ASCII there. That one, and RE2's `.` not matching a newline where Git's `*` does, may give an odd path the attribute
 * without a rule, and it is refused then; never the other way.
 *
 * @param folder of the `.sops.yaml`, empty or with `/` at its end
 * @returns patterns for a `.gitattributes` at the top, or null where there are none that are exact
 */
export function attributePatterns(pathRegex: string | null, folder: string): string[] | null {
  if (pathRegex === null) return [simplest(`/${escapeGlob(folder)}**`)];
  const rows = parseRegex(pathRegex);
  if (rows === null) return null;
  const patterns = new Set<string>();
  for (const row of rows) {
    const globs = globsOf(row);
    if (globs === null) return null;
    for (const glob of globs) patterns.add(simplest(`/${escapeGlob(folder)}${glob}`));
    if (patterns.size > most) return null;
  }
  return [...patterns];
}

/** More lines than this and a list of files is easier to read. */
const most = 32;

/** A piece of an alternative: text, a glob that stays within its folder, something that may cross folders, or an end. */
type Piece = { text: string } | { glob: string } | { any: 'zero' | 'one' } | 'character' | 'start' | 'end';
type Row = readonly Piece[];

function parseRegex(regex: string): Row[] | null {
  const parser = { at: 0 };
  const rows = alternation(regex, parser);
  return rows === null || parser.at !== regex.length || rows.length > most ? null : rows;
}

function alternation(regex: string, parser: { at: number }): Row[] | null {
  const rows: Row[] = [];
  for (;;) {
    const branch = sequence(regex, parser);
    if (branch === null) return null;
    rows.push(...branch);
    if (regex[parser.at] !== '|') return rows;
    parser.at++;
  }
}

function sequence(regex: string, parser: { at: number }): Row[] | null {
  let rows: Row[] = [[]];
  while (parser.at < regex.length && regex[parser.at] !== '|' && regex[parser.at] !== ')') {
    const atom = readAtom(regex, parser);
    if (atom === null) return null;
    const next = repeat(atom, regex, parser);
    if (next === null) return null;
    rows = rows.flatMap((row) => next.map((tail) => [...row, ...tail]));
    if (rows.length > most) return null;
  }
  return rows;
}

/** The alternatives of one atom. */
function readAtom(regex: string, parser: { at: number }): Row[] | null {
  const c = regex[parser.at++] as string;
  // Half of a pair of surrogates is no character.
  if (/[\ud800-\udfff]/.test(c)) return null;
  if (c === '(') {
    if (regex.startsWith('?:', parser.at)) parser.at += 2;
    else if (regex[parser.at] === '?') return null;
    const rows = alternation(regex, parser);
    if (rows === null || regex[parser.at++] !== ')') return null;
    return rows;
  }
  if (c === '[') {
    const end = regex.indexOf(']', parser.at + 1);
    const body = end < 0 ? '' : regex.slice(parser.at, end);
    parser.at = end + 1;
    if (body === '^/') return [[{ glob: '[^/]' }]];
    return /^(?:[a-z]-[a-z]|[A-Z]-[A-Z]|\d-\d|\w)+$/.test(body) ? [[{ glob: `[${body}]` }]] : null;
  }
  if (c === '.') return [[{ glob: '.' }]];
  if (c === '^') return [['start']];
  if (c === '$') return [['end']];
  if (c === '\\') {
    const next = regex[parser.at++] ?? '';
    if (next === 'd') return [[{ glob: '[0-9]' }]];
    return /^[^\w\s]$/.test(next) ? [[{ text: next }]] : null;
  }
  return /^[*+?{}]$/.test(c) ? null : [[{ text: c }]];
}

function repeat(atom: Row[], regex: string, parser: { at: number }): Row[] | null {
  const quantifier = regex[parser.at];
  const [only] = atom;
  const piece = atom.length === 1 && only?.length === 1 ? only[0] : undefined;
  if (quantifier === '?' || quantifier === '*' || quantifier === '+') {
    parser.at++;
    if (regex[parser.at] === '?' || regex[parser.at] === '+') return null;
  } else if (quantifier === '{') return null;
  const glob = typeof piece === 'object' && 'glob' in piece ? piece.glob : null;
  switch (quantifier) {
    case '?':
      return [[], ...single(atom)];
    case '*':
      return glob === '.' ? [[{ any: 'zero' }]] : glob === '[^/]' ? [[{ glob: '*' }]] : null;
    case '+':
      return glob === '.' ? [[{ any: 'one' }]] : glob === '[^/]' ? [[{ glob: '?*' }]] : null;
    default:
      return single(atom);
  }
}

/** A character outside ASCII is two to four bytes, none of which is printable ASCII. */
const notAscii = '[^ -~]*';

/** A lone `.` is any one character, a slash as well. */
function single(atom: Row[]): Row[] {
  return atom.flatMap((row): Row[] => {
    const [piece] = row;
    if (row.length !== 1 || typeof piece !== 'object' || !('glob' in piece)) return [row];
    if (piece.glob === '.') return [['character']];
    return piece.glob === '[^/]' ? [[{ glob: '?' }], [{ glob: notAscii }]] : [row];
  });
}

/** Globs from the folder of the rules on. */
function globsOf(row: Row): string[] | null {
  const pieces = [...row];
  const start = pieces[0] === 'start';
  if (start) pieces.shift();
  const end = pieces.at(-1) === 'end';
  if (end) pieces.pop();
  if (pieces.some((piece) => piece === 'start' || piece === 'end')) return null;
  // A search that is not anchored may begin and end anywhere.
  if (!start) pieces.unshift({ any: 'zero' });
  if (!end) pieces.push({ any: 'zero' });

  let globs = [''];
  for (let i = 0; i < pieces.length; i++) {
    const piece = pieces[i] as Exclude<Piece, 'start' | 'end'>;
    const crossing = takeCrossing(pieces, i);
    if (crossing !== null) {
      if (crossing.least > 1) return null;
      i += crossing.length - 1;
      const last = i === pieces.length - 1;
      globs = globs.flatMap((glob) => cross(glob, crossing.least, last));
    } else if (piece === 'character') {
      globs = globs.flatMap((glob) => [append(glob, '?'), `${glob}/`, append(glob, notAscii)]);
    } else if ('text' in piece) globs = globs.map((glob) => glob + escapeGlob(piece.text));
    else if ('glob' in piece) globs = globs.map((glob) => append(glob, piece.glob));
    if (globs.length > most) return null;
  }
  // Empty names and empty folders do not exist, so such a row matches nothing.
  return globs.filter((glob) => glob !== '' && !glob.startsWith('/') && !glob.includes('//') && !glob.endsWith('/'));
}

/** `.*`, `.+` and the `.` beside them cross together: how many pieces, and how many characters at least. */
function takeCrossing(pieces: readonly Piece[], from: number): { length: number; least: number } | null {
  let length = 0;
  let least = 0;
  let crosses = false;
  for (let piece = pieces[from]; piece !== undefined; piece = pieces[from + length]) {
    const any = typeof piece === 'object' && 'any' in piece ? piece.any : null;
    if (any === null && piece !== 'character') break;
    crosses ||= any !== null;
    if (any !== 'zero') least++;
    length++;
  }
  return crosses ? { length, least } : null;
}

function cross(glob: string, least: number, last: boolean): string[] {
  const atFolder = glob === '' || glob.endsWith('/');
  if (last) return atFolder ? [`${glob}**`] : [`${glob}${least === 0 ? '*' : '?*'}`, `${glob}*/**`];
  if (atFolder && least === 0) return [`${glob}**/*`];
  return [append(glob, least === 0 ? '*' : '?*'), `${append(glob, '*')}/**/*`];
}

/** A second `*` within a name adds nothing, and `**` would mean folders. */
function append(glob: string, piece: string): string {
  return piece === '*' && /(?:^|[^\\])\*$/.test(glob) ? glob : glob + piece;
}

function escapeGlob(text: string): string {
  return text.replace(/[*?[\]\\]/g, '\\$&');
}

/** `/**\/*.yaml` is `*.yaml` in fewer words. */
function simplest(pattern: string): string {
  if (pattern === '/**') return '*';
  const name = pattern.startsWith('/**/') ? pattern.slice(4) : '';
  return name !== '' && !name.includes('/') && !/^[#!"[]/.test(name) ? name : pattern;
}
