import fc from 'fast-check';

const pick = (...texts: string[]) => fc.constantFrom(...texts);
const blank = pick('', ' ', '\t', '  ');
const word = pick(
  'a',
  'b c',
  'é',
  'x.y',
  '{"j": 1}',
  '0644',
  'true',
  "it's",
  'say "hi"',
  'a`b',
  '%(x)s',
  '\u00a0',
  '=',
  '[x]',
  '\\d',
  'ENC[x]',
);
const comment = fc
  .tuple(
    pick('#', ';', '# ', '; ', ';;; ', '#;', '#!', '##', ';\t'),
    pick('', 'note', 'a b', 'x = 1', '"q"', '[s]', 'a `b', 'ünï', ';', '  pad'),
    blank,
  )
  .map((parts) => parts.join(''));
const value = fc.oneof(
  { weight: 6, arbitrary: word },
  { weight: 2, arbitrary: fc.tuple(pick('"', "'", '`', '"""'), word, word).map(([q, a, b]) => q + a + b + q) },
  { weight: 1, arbitrary: fc.tuple(pick('`', '"""'), word, word).map(([q, a, b]) => `${q}${a}\n${b}${q}`) },
  {
    weight: 1,
    arbitrary: pick(
      '',
      '""',
      "''",
      '``',
      '"',
      '`',
      '"""',
      '""""""',
      'C:\\dir\\',
      '"a;b"',
      'a#b',
      '`a#b`',
      '"  pad "',
      '` pad`',
      '-',
      '\\',
    ),
  },
);
const entry = fc
  .tuple(
    blank,
    pick(
      'k',
      'key',
      'a b',
      'x.y',
      'é',
      'K',
      'n1',
      'n2',
      'n3',
      'n4',
      '`q=r`',
      '"dq"',
      'p_unencrypted',
      '-',
      '#no',
      'na"me',
    ),
    blank,
    pick('=', ':', '=', '='),
    blank,
    value,
    fc.option(fc.tuple(blank, comment), { freq: 4, nil: ['', ''] as [string, string] }),
  )
  .map(([a, b, c, d, e, f, [g, h]]) => a + b + c + d + e + f + g + h);
const header = fc
  .tuple(
    blank,
    pick('s', 't', 'a.b', 'DEFAULT', 'sec tion', 'u_unencrypted', '#x', 'p]q'),
    fc.option(comment, { freq: 4, nil: '' }),
  )
  .map(([a, name, behind]) => `${a}[${name}]${behind === '' ? '' : ` ${behind}`}`);
const line = fc.oneof(
  { weight: 5, arbitrary: entry },
  { weight: 3, arbitrary: fc.tuple(blank, comment).map((parts) => parts.join('')) },
  { weight: 1, arbitrary: header },
  { weight: 1, arbitrary: blank },
);

/** Text that is mostly INI: every spelling that the loader has its own idea of turns up. */
export const iniText: fc.Arbitrary<string> = fc
  .tuple(fc.array(line, { maxLength: 9 }), pick('\n', '\n', '\r\n'), fc.boolean(), pick('', '', '', '\ufeff'))
  .map(([lines, eol, finished, bom]) => bom + lines.join('\n').replaceAll('\n', eol) + (finished ? eol : ''));
