import fc from 'fast-check';

const space = fc.constantFrom('', '', '', ' ', '\n', '\t', '\r\n', '\n  ');
const number = fc.constantFrom(
  '0',
  '-0',
  '-0.0',
  '1',
  '42',
  '1.50',
  '3.0',
  '-3.0',
  '1e3',
  '1E-7',
  '9223372036854775807',
  '9223372036854775808',
  '-9223372036854775808',
  '1e21',
  '1e-400',
  '0.1',
  '123456789012345678901234567890',
  '5e-324',
  '1.7976931348623157e308',
  '1e22',
  '12345678.0',
);
const piece = fc.constantFrom(
  'a',
  'b c',
  'é',
  '\\u00e9',
  '\\/',
  '/',
  '\\n',
  '\\u000a',
  '\\"',
  '\\\\',
  '\\ud83d\\ude00',
  '😀',
  '\\ud800',
  '\\udc00',
  '<',
  '&',
  '\u2028',
  'ENC[',
  ':',
  ',',
  '{',
  '\\u0000',
  '\u007f',
  '\\t',
  "'",
  '#',
);
const string = fc.array(piece, { maxLength: 4 }).map((parts) => `"${parts.join('')}"`);
const scalar = fc.oneof(number, string, fc.constantFrom('true', 'false', 'null', '""'));
const key = fc.constantFrom(
  'a',
  'b',
  'c',
  'd/e',
  'f~',
  '',
  'x_unencrypted',
  '\\u0067',
  'é',
  '0',
  '__proto__',
  'sop',
  'mac',
  'data',
);

const { value } = fc.letrec<{ value: string; list: string; object: string }>((tie) => ({
  value: fc.oneof({ depthSize: 'small' }, scalar, scalar, tie('list'), tie('object')),
  list: entries(
    '[',
    fc.tuple(space, tie('value'), space).map((parts) => parts.join('')),
    ']',
  ),
  object: object(tie('value')),
}));

function object(inner: fc.Arbitrary<string>): fc.Arbitrary<string> {
  const member = fc.tuple(space, key, space, space, inner, space);
  return fc.tuple(fc.array(member, { maxLength: 4 }), space).map(([members, empty]) => {
    const texts = members.map(([a, name, b, c, text, d]) => `${a}"${name}"${b}:${c}${text}${d}`);
    return `{${texts.length === 0 ? empty : texts.join(',')}}`;
  });
}

function entries(open: string, item: fc.Arbitrary<string>, close: string): fc.Arbitrary<string> {
  return fc.array(item, { maxLength: 3 }).map((items) => open + items.join(',') + close);
}

/** An object in any layout, with the escapes and numbers that have more than one spelling, and keys that stand twice. */
export const jsonText: fc.Arbitrary<string> = fc
  .tuple(space, object(value), fc.constantFrom('', '\n', '\r\n', ' \n\n'))
  .map((parts) => parts.join(''));
