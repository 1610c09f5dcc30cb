import fc from 'fast-check';

/** Values that are nearly plain, of all types and in all quotes. */
const values = [
  ...['foo', '"foo"', "'foo'", 'a b', 'x:y', 'http://a/b?c=d', '-x', 'a#b', '"it\'s"', "'it''s'", '"a\\nb"', '"a\\"b"'],
  ...[
    '1',
    '-1',
    '+1',
    '012',
    '0x1F',
    '1_000',
    '1.50',
    '3.0',
    '1e3',
    '.5',
    '.inf',
    '12345678901234567',
    '"12"',
    "'1.5'",
  ],
  ...['true', 'True', 'yes', '"yes"', '~', 'null', '', '""', "''", '2001-01-01', '2001-01-01T00:00:00Z', '12:30:45'],
  ...[
    '!!str 5',
    '&k v',
    '|\n        b',
    '>-\n        b',
    '[a, b]',
    '{}',
    'a\n      b',
    'foo # why',
    '"foo" ',
    'ö',
    '<<',
  ],
];
const value = fc.oneof(fc.constantFrom(...values), fc.stringMatching(/^[\x20-\x7e]{1,12}$/));
const keys = fc.uniqueArray(fc.constantFrom('a', 'password', 'b', '"c"', 'on', 'x-y.z/w'), { minLength: 1 });

/** Files as people write them, and close to that. */
export const nearlyPlainFiles = fc
  .tuple(keys, fc.array(value, { minLength: 6, maxLength: 6 }), fc.constantFrom('', '    '), fc.boolean())
  .map(([names, texts, margin, isList]) => {
    const lines = names.map((name, i) => `${margin}${name}: ${texts[i]}\n`);
    const items = isList ? `list:\n    - ${texts[0]}\n    - password: ${texts[1]}\n      a: ${texts[2]}\n` : '';
    return `kind: Secret\n${margin === '' ? '' : 'data:\n'}${lines.join('')}${items}`;
  });
