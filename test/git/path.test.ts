import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodePath, encodePath, joinPaths, splitPaths } from '../../src/git/path.ts';

const runs = process.env['GIT_SOPS_SLOW'] === '1' ? 20_000 : 500;
const bytes = fc.uint8Array({ maxLength: 40 }).map((array) => Buffer.from(array));
// Random bytes are seldom UTF-8, and names on the border between both are where an escape can go wrong.
const mixed = fc
  .array(
    fc.oneof(
      bytes,
      fc.string({ unit: 'binary' }).map((text) => Buffer.from(text)),
    ),
  )
  .map((parts) => Buffer.concat(parts));

test('any bytes survive as a path', () => {
  fc.assert(
    fc.property(fc.oneof(bytes, mixed), (name) => {
      expect(encodePath(decodePath(name)).equals(name)).toBe(true);
    }),
    { seed: 1, numRuns: runs },
  );
});

test('text is itself, and two names never become one path', () => {
  expect(decodePath(Buffer.from('dir/ü 秘密 😀.yaml'))).toBe('dir/ü 秘密 😀.yaml');
  const names = ['\xff', '\xfe', '\xed\xb2\x80', '\xf0\x9f\x98', '\xc3', '\xc3\xa4'].map((s) =>
    Buffer.from(s, 'latin1'),
  );
  expect(new Set(names.map(decodePath)).size).toBe(names.length);
  expect(decodePath(Buffer.from('a\xffb', 'latin1'))).toBe('a\udcffb');
});

test('a NUL-terminated list goes both ways', () => {
  const paths = ['a', 'b\nc', decodePath(Buffer.from('\xff', 'latin1'))];
  expect(splitPaths(joinPaths(paths))).toEqual(paths);
  expect(splitPaths(Buffer.alloc(0))).toEqual([]);
});
