import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { editValues } from '../../../src/document/edit/edit-values.ts';
import type { FormatName } from '../../../src/format/format.ts';
import { loadValueReader } from '../../../src/format/values/read.ts';
import { readJsonValue } from '../../../src/format/values/read-json.ts';
import { parseValuePath, withoutValue, withValue } from '../../../src/tree/values/value-path.ts';
import { emptyMap, sameValues, type ValueTree } from '../../../src/tree/values/value-tree.ts';
import { runs } from '../../format/runs.ts';

const texts: Readonly<Record<string, string>> = {
  yaml: `# top
a: secret   # inline
q: "dq"   # keep
s: 'sq'
# about list
list:
- x
- y: 1
  z: 2
- [1, 2]
m:
  k: v   # kc
  # multi comment
  multi: |
    l1
    l2

  flow: {a: 1, b: "two"}
base: &b
  p: 1
use:
  <<: *b
  own: 2
al: *b
last: end
# foot
`,
  json: '{\n  "a": "x",\n  "l": [1, 2],\n  "m": {\n    "k": "v"\n  },\n  "e": {}\n}\n',
  dotenv: '# c\nA=1\n\n# b\nB=x y\nC=3',
  ini: '; c\ntop=1\n[s]\nk: v ; cc\nq = "w "\n\n; about\n[t]\nz=1\n[e]\n',
};

/** What is taken away and what comes, as `diff` has it. */
async function changed(format: string, path: string, value: string | null): Promise<string> {
  const source = texts[format] ?? '';
  const at = parseValuePath(path) ?? [];
  const change =
    value === null
      ? ({ kind: 'unset', path: at } as const)
      : ({ kind: 'set', path: at, value: readJsonValue(value) ?? emptyMap } as const);
  const edited = Buffer.from(await editValues(format as FormatName, Buffer.from(source), change)).toString();
  const [old, now] = [source.split('\n'), edited.split('\n')];
  let start = 0;
  while (start < old.length && old[start] === now[start]) start++;
  let end = 0;
  while (end < Math.min(old.length, now.length) - start && old.at(-1 - end) === now.at(-1 - end)) end++;
  const part = (lines: string[], sign: string) =>
    lines.slice(start, lines.length - end).map((line) => `${sign}${line}`);
  return [...part(old, '-'), ...part(now, '+')].join('|');
}

describe('a value set or taken away in the user’s layout', () => {
  it.each([
    ['yaml', '["a"]', '"new"', '-a: secret   # inline|+a: new   # inline'],
    ['yaml', '["q"]', '"x\\"y"', '-q: "dq"   # keep|+q: "x\\"y"   # keep'],
    ['yaml', '["s"]', '"it\'s"', "-s: 'sq'|+s: 'it''s'"],
    ['yaml', '["q"]', '"1"', '-q: "dq"   # keep|+q: "1"   # keep'],
    ['yaml', '["q"]', 'null', '-q: "dq"   # keep|+q: null   # keep'],
    ['yaml', '["list"][0]', '"r"', '-- x|+- r'],
    ['yaml', '["list"][9]["k"]', '"r"', '+- k: r'],
    ['yaml', '["list"][2][5]', '9', '-- [1, 2]|+- [1, 2, 9]'],
    ['yaml', '["m"]["multi"]', '"one\\ntwo\\n"', '-    l1|-    l2|+    one|+    two'],
    ['yaml', '["m"]["k"]', '"one\\ntwo"', '-  k: v   # kc|+  k: "one\\ntwo"   # kc'],
    // The comment stays where the value moves to lines of its own.
    ['yaml', '["m"]["k"]', '{"x": 1}', '-  k: v   # kc|+  k: # kc|+    x: 1'],
    ['yaml', '["a"]["x"]', '[1]', '-a: secret   # inline|+a: # inline|+  x:|+    - 1'],
    ['yaml', '["m"]["flow"]["c"]', '{"d": [1]}', '-  flow: {a: 1, b: "two"}|+  flow: {a: 1, b: "two", c: {d: [1]}}'],
    ['yaml', '["m"]["new"]', '"yes"', '+  new: "yes"'],
    ['yaml', '["new"]["deep"][0]', '"q"', '+new:|+  deep:|+    - q'],
    ['yaml', '["use"]["p"]', '3', '+  p: 3'],
    ['yaml', '["al"]["p"]', '5', '-al: *b|+al:|+  p: 5'],
    // What referred to the value keeps the one that it had.
    [
      'yaml',
      '["base"]["p"]',
      '2',
      '-  p: 1|-use:|-  <<: *b|-  own: 2|-al: *b|+  p: 2|+use:|+  p: 1|+  own: 2|+al: {p: 1}',
    ],
    ['yaml', '["list"][1]["y"]', null, '-- y: 1|-  z: 2|+- z: 2'],
    ['yaml', '["m"]["flow"]["a"]', null, '-  flow: {a: 1, b: "two"}|+  flow: {b: "two"}'],
    ['yaml', '["last"]', null, '-last: end'],
    ['json', '["l"][5]', '3', '-  "l": [1, 2],|+  "l": [1, 2, 3],'],
    ['json', '["e"]["k"]', '1', '-  "e": {}|+  "e": {|+    "k": 1|+  }'],
    [
      'json',
      '["m"]["z"]',
      '{"q": [1]}',
      '-    "k": "v"|+    "k": "v",|+    "z": {|+      "q": [|+        1|+      ]|+    }',
    ],
    ['json', '["m"]["k"]', null, '-  "m": {|-    "k": "v"|-  },|+  "m": {},'],
    ['json', '["e"]', null, '-  },|-  "e": {}|+  }'],
    ['dotenv', '["A"]', '5', '-A=1|+A=5'],
    ['dotenv', '["D"]', '"n\\nm"', '+D=n\\nm'],
    ['dotenv', '["C"]', null, '-C=3'],
    ['ini', '["s"]["k"]', '"a;b"', '-k: v ; cc|+k: `a;b` ; cc'],
    ['ini', '["s"]["new"]', '"n"', '+new = n'],
    ['ini', '["e"]["k"]', '1', '+k = 1'],
    ['ini', '["t"]["z"]', null, '-z=1'],
  ])('%s %s %s: %s', async (format, path, value, expected) => {
    expect(await changed(format, path, value)).toBe(expected);
  });

  it.each([
    ['yaml', '["list"]["x"]', '1', 'bad-set-path'],
    ['yaml', '["list"][-1]', '1', 'bad-set-path'],
    ['yaml', '[0]', '1', 'bad-set-path'],
    ['yaml', '["a"]["b"]', null, 'not-a-collection'],
    ['yaml', '["m"]["no"]', null, 'no-such-key'],
    ['yaml', '["use"]["<<"]', '3', 'cannot-emit'],
    ['json', '["sops"]', '1', 'sops-key-in-plaintext'],
    ['dotenv', '["A"]', '{}', 'cannot-emit'],
    ['dotenv', '["sops_x"]', '"1"', 'sops-key-in-plaintext'],
    ['ini', '["s"]', '"x"', 'cannot-emit'],
    ['binary', '["x"]', '"1"', 'cannot-emit'],
  ])('%s %s %s is refused: %s', async (format, path, value, code) => {
    await expect(changed(format, path, value)).rejects.toMatchObject({ code });
  });

  const key = fc.constantFrom('a', 'b', 'k 1', 'yes', '1', 'c:d', '- e', '#f', '"');
  const scalar = fc.oneof(
    fc.constantFrom(
      '',
      'x',
      'true',
      '12',
      '1.5',
      'two\nlines',
      ' lead',
      'trail ',
      '# no comment',
      "it's",
      '- a',
      '{',
      'é\t',
    ),
    fc.string({ maxLength: 8 }),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
  );
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      scalar,
      fc.array(tie('value'), { maxLength: 3 }),
      fc.dictionary(key, tie('value'), { maxKeys: 3, noNullPrototype: true }),
    ),
  })).value;
  const document = fc.dictionary(key, json, { minKeys: 1, maxKeys: 4, noNullPrototype: true });
  const path = fc
    .tuple(key, fc.array(fc.oneof(key, fc.nat(3)), { maxLength: 3 }))
    .map(([first, rest]) => [first, ...rest]);

  it.each(['yaml', 'json'] as const)('reads as what was asked for, whatever %s it is in', async (format) => {
    const read = await loadValueReader(format);
    const layouts = format === 'json' ? [2, 0, '\t'] : [2, 0];
    await fc.assert(
      fc.asyncProperty(
        document,
        path,
        fc.option(json),
        fc.constantFrom(...layouts),
        async (root, at, value, layout) => {
          // JSON is YAML: in lines or in one, flow collections.
          const source = Buffer.from(JSON.stringify(root, null, layout));
          const before = read(source)[0] as ValueTree;
          const asked = readJsonValue(JSON.stringify(value)) ?? emptyMap;
          let wanted: ValueTree;
          try {
            wanted = value === null ? withoutValue(before, at) : withValue(before, at, asked);
          } catch {
            return;
          }
          const change =
            value === null
              ? ({ kind: 'unset', path: at } as const)
              : ({ kind: 'set', path: at, value: asked } as const);
          const after = read(await editValues(format, source, change))[0] as ValueTree;
          expect(sameValues(after, wanted)).toBe(true);
        },
      ),
      runs(150),
    );
  });

  it('reads as what was asked for in block YAML too, edit after edit', async () => {
    const read = await loadValueReader('yaml');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(path, fc.option(json)), { minLength: 1, maxLength: 6 }), async (edits) => {
        let source: Uint8Array = Buffer.from(texts['yaml'] ?? '');
        for (const [at, value] of edits) {
          const before = read(source)[0] as ValueTree;
          const asked = readJsonValue(JSON.stringify(value)) ?? emptyMap;
          let wanted: ValueTree;
          try {
            wanted = value === null ? withoutValue(before, at) : withValue(before, at, asked);
          } catch {
            continue;
          }
          const change =
            value === null
              ? ({ kind: 'unset', path: at } as const)
              : ({ kind: 'set', path: at, value: asked } as const);
          source = await editValues('yaml', source, change);
          expect(sameValues(read(source)[0] as ValueTree, wanted)).toBe(true);
          // The comments of what was not asked for stay.
          expect(Buffer.from(source).toString()).toContain("s: 'sq'\n# about list\nlist:\n- x\n");
        }
      }),
      runs(100),
    );
  });
});
