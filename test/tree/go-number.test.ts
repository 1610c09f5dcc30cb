import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatFloat, parseBool, parseFloat64, parseInt64 } from '../../src/tree/go-number.ts';

// What Go 1.26's strconv says to the same text: FormatFloat(ParseFloat(text, 64), 'f', -1, 64), or an error.
const floats: [text: string, go: string | null][] = [
  ['1.50', '1.5'],
  ['+1.5', '1.5'],
  ['.5', '0.5'],
  ['5.', '5'],
  ['-0', '-0'],
  ['-0.0', '-0'],
  ['1e3', '1000'],
  ['1e21', '1000000000000000000000'],
  ['1.5e-7', '0.00000015'],
  ['123456789.125e20', '12345678912500000000000000000'],
  ['5e-324', `0.${'0'.repeat(323)}5`],
  ['1e-400', '0'],
  ['1e400', null],
  ['-1e400', null],
  ['0e99999999999', '0'],
  ['1_000.5', '1000.5'],
  ['1__0', null],
  ['_1', null],
  ['1_.5', null],
  ['1_e5', null],
  ['1e5_0', '100000000000000000000000000000000000000000000000000'],
  ['0x1p4', '16'],
  ['0X1P4', '16'],
  ['-0x1.8p1', '-3'],
  ['0x_1p4', '16'],
  ['0x1_0p4', '256'],
  ['0_x1p4', null],
  ['0x1', null],
  ['0x.p1', null],
  ['0x1.fffffffffffff7p1023', '179769313486231570000'.padEnd(309, '0')],
  ['0x1.fffffffffffff8p1023', null],
  ['0x1p1024', null],
  ['0x1p-1075', '0'],
  ['0x1.8p-1075', `0.${'0'.repeat(323)}5`],
  ['0x1p-100000000000', '0'],
  ['inf', '+Inf'],
  ['+Inf', '+Inf'],
  ['-infinity', '-Inf'],
  ['infi', null],
  ['NaN', 'NaN'],
  ['+nan', null],
  ['.inf', null],
  [' 1.5', null],
  ['1.5 ', null],
  ['1,5', null],
  ['.', null],
  ['1e', null],
  ['', null],
];

describe('numbers as Go reads and writes them', () => {
  it.each(floats)('reads %j as the float %s', (text, go) => {
    const n = parseFloat64(text);
    expect(n === null ? null : formatFloat(n)).toBe(go);
  });

  it('writes every float so that it reads the same again, without an exponent', () => {
    fc.assert(
      fc.property(fc.double(), (n) => {
        const text = formatFloat(n);
        expect(text).toMatch(/^(-?\d+(\.\d+)?|[+-]Inf|NaN)$/);
        expect(Object.is(parseFloat64(text), n)).toBe(true);
      }),
      { seed: 1 },
    );
  });

  it.each([
    ['+12', 12n],
    ['007', 7n],
    ['-0', 0n],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['-9223372036854775808', -9223372036854775808n],
    [`${'0'.repeat(30)}1`, 1n],
    ['9223372036854775808', null],
    ['-9223372036854775809', null],
    ['0x1F', null],
    ['1_000', null],
    ['12 ', null],
    ['', null],
    ['+', null],
  ])('reads %j as the int %s', (text, n) => {
    expect(parseInt64(text)).toBe(n);
  });

  it.each([
    ['T', true],
    ['TRUE', true],
    ['1', true],
    ['False', false],
    ['f', false],
    ['yes', null],
    ['tRUE', null],
    ['true\n', null],
  ])('reads %j as the bool %s', (text, is) => {
    expect(parseBool(text)).toBe(is);
  });
});
