import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareTexts, shortDiff } from './sides.ts';

describe('comparing two contents by key', () => {
  it('tells added, removed and changed values in the order of the file', async () => {
    expect(await shortDiff('a: 1\nb: two\nc: 3\n', 'a: 1\nx: new\nb: zwei\n')).toEqual([
      '+ x: new',
      '~ b: two → zwei',
      '- c: 3',
    ]);
  });

  it('takes another type for a change, and another spelling or quote for none', async () => {
    expect(await shortDiff('port: 5432\n', 'port: "5432"\n')).toEqual(['~ port: 5432 → 5432 (int → str)']);
    const quotes = await compareTexts('a: "x"\nn: 1.50\n', "a: 'x'  # \nn: 1.5\n".replace('  # ', ''));
    expect(quotes.changes).toEqual([]);
    expect(quotes.otherwise).toBe('layout');
  });

  it('tells a value that became a mapping as what went and what came', async () => {
    expect(await shortDiff('db: url\n', 'db:\n  host: h\n')).toEqual(['- db: url', '+ db.host: h']);
  });

  it('finds values and whole branches at another key', async () => {
    expect(await shortDiff('old: a-secret\nb: 1\n', 'b: 1\nnew: a-secret\n')).toEqual(['> new was old, 1']);
    expect(
      await shortDiff('db: {host: hhhhh, pw: ppppp, on: true}\n', 'data: {host: hhhhh, pw: ppppp, on: true}\n'),
    ).toEqual(['> data was db, 3']);
    expect(await shortDiff('db: {host: hhhhh, pw: ppppp}\n', 'data: {host: hhhhh, pw: other}\n')).toEqual([
      '> data was db, 1',
      '~ data.pw: ppppp → other was db.pw',
    ]);
  });

  it('moves a value alone where its branch stays', async () => {
    expect(await shortDiff('a: {x: secret-1, y: 2}\nb: {z: 3}\n', 'a: {y: 2}\nb: {z: 3, x: secret-1}\n')).toEqual([
      '> b.x was a.x, 1',
    ]);
  });

  it('takes equal values of several keys, and trifles, for chance', async () => {
    const equal = await shortDiff('a: same-text\nb: same-text\n', 'c: same-text\nd: same-text\n');
    expect(equal.filter((line) => line.startsWith('>'))).toEqual([]);
    expect(await shortDiff('debug: true\n', 'verbose: true\n')).toEqual(['- debug: true', '+ verbose: true']);
  });

  it('aligns lists by name where items have one, else by what is equal', async () => {
    const before = 'users:\n  - name: ann\n    pw: one\n  - name: bob\n    pw: two\n';
    const after = 'users:\n  - name: bob\n    pw: three\n  - name: ann\n    pw: one\n  - name: cid\n    pw: four\n';
    expect(await shortDiff(before, after)).toEqual([
      'reordered users',
      '~ users[0].pw: two → three was users[1].pw',
      '+ users[2].name: cid',
      '+ users[2].pw: four',
    ]);
    expect(await shortDiff('l: [a, b, c]\n', 'l: [x, a, b, d]\n')).toEqual(['+ l[0]: x', '~ l[3]: c → d was l[2]']);
  });

  it('knows an item and a document that got another name, and does not call it moved', async () => {
    const list = (name: string, port: string) =>
      `l:\n  - name: ${name}\n    port: ${port}\n  - name: b\n    port: two-2\n`;
    expect(await shortDiff(list('a', 'one-1'), list('a2', 'one-1'))).toEqual(['~ l[0].name: a → a2']);
    expect(await shortDiff(list('a', 'one-1'), list('a2', 'six-6'))).toEqual([
      '- l[0].name: a',
      '+ l[0].name: a2',
      '- l[0].port: one-1',
      '+ l[0].port: six-6',
    ]);
    const doc = (space: string) => `kind: Secret\nmetadata:\n  name: x\n  namespace: ${space}\n`;
    const two = (space: string) => `${doc(space)}---\nkind: Other\nmetadata: {name: y}\n`;
    expect(await shortDiff(two('test'), two('prod'))).toEqual(['~ Secret/x metadata.namespace: test → prod']);
  });

  it('tells another order of keys', async () => {
    expect(await shortDiff('a: 1\nb: 2\n', 'b: 2\na: 1\n')).toEqual(['reordered (top level)']);
  });

  it('knows the documents of a manifest by what they are', async () => {
    const doc = (name: string, value: string) =>
      `kind: Secret\nmetadata:\n  name: ${name}\nstringData:\n  a: ${value}\n`;
    expect(
      await shortDiff(
        `${doc('x', '1')}---\n${doc('y', '2')}`,
        `${doc('n', '0')}---\n${doc('x', '1')}---\n${doc('y', '3')}`,
      ),
    ).toEqual([
      '+ Secret/n kind: Secret',
      '+ Secret/n metadata.name: n',
      '+ Secret/n stringData.a: 0',
      '~ Secret/y stringData.a: 2 → 3',
    ]);
  });

  it('compares comments by text, wherever they stand', async () => {
    expect(await shortDiff('# one\na: 1\n', '# two\na: 1\n')).toEqual(['~ (top level):  one →  two']);
    expect(await shortDiff('a:\n  b: 1\n# c\nd: 1\n', 'a:\n  b: 1\n  # c\nd: 1\n')).toEqual([]);
  });

  it('decodes the data of a Secret, and only that', async () => {
    const secret = (value: string, kind = 'Secret') => `kind: ${kind}\ndata:\n  a: ${value}\n`;
    expect(await shortDiff(secret('b25l'), secret('dHdv'))).toEqual(['~ data.a: one → two']);
    expect(await shortDiff(secret('b25l', 'Other'), secret('dHdv', 'Other'))).toEqual(['~ data.a: b25l → dHdv']);
    const { changes } = await compareTexts(secret('AAE='), secret('/w=='));
    expect(changes[0]).toMatchObject({ after: { content: new Uint8Array([255]), decoded: true } });
  });

  it('counts the lines of a text that came and went', async () => {
    const { changes } = await compareTexts('t: |\n  a\n  b\n  c\n', 't: |\n  a\n  x\n  y\n  c\n');
    expect(changes[0]).toMatchObject({ lines: { added: 2, removed: 1 } });
  });

  it('reads JSON, dotenv, INI and whole files', async () => {
    expect(await shortDiff('{"a": [1, true]}', '{"a": [1, false], "b": null}', 'f.json')).toEqual([
      '~ a[1]: true → false',
      '+ b: null',
    ]);
    expect(await shortDiff('A=1\n', 'A=2\n', 'f.env')).toEqual(['~ A: 1 → 2']);
    expect(await shortDiff('[s]\na = 1\n', '[s]\na = 2\n', 'f.ini')).toEqual(['~ s.a: 1 → 2']);
    expect(await shortDiff('one', 'two', 'f.key')).toEqual(['~ data: one → two']);
  });

  it('tells every value of a new or deleted file', async () => {
    expect(await shortDiff(null, 'a: 1\n')).toEqual(['+ a: 1']);
    expect(await shortDiff('a: 1\n', null)).toEqual(['- a: 1']);
  });

  it('tells exactly the keys that differ, for any two flat files', async () => {
    const file = fc.dictionary(fc.constantFrom('a', 'b', 'c', 'd', 'e'), fc.integer({ min: 0, max: 3 }), {
      noNullPrototype: true,
    });
    const text = (values: Record<string, number>) =>
      Object.keys(values)
        .sort()
        .map((key) => `${key}: ${values[key]}\n`)
        .join('') || '{}\n';
    await fc.assert(
      fc.asyncProperty(file, file, async (before, after) => {
        const { changes } = await compareTexts(text(before), text(after));
        const expected = [...new Set([...Object.keys(before), ...Object.keys(after)])]
          .filter((key) => before[key] !== after[key])
          .sort();
        expect(changes.map(({ path }) => path[0]).sort()).toEqual(expected);
      }),
      { seed: 7, numRuns: 150 },
    );
  });

  it('tells nothing of a file and itself, however it is nested', async () => {
    const { json } = fc.letrec((tie) => ({
      json: fc.oneof({ depthSize: 'small' }, fc.string(), fc.integer(), fc.boolean(), tie('list'), tie('map')),
      list: fc.array(tie('json'), { maxLength: 4 }),
      map: fc.dictionary(
        fc.string().filter((key) => key !== 'sops'),
        tie('json'),
        { maxKeys: 4 },
      ),
    }));
    await fc.assert(
      fc.asyncProperty(json, async (value) => {
        const text = JSON.stringify({ v: value });
        const diff = await compareTexts(text, `${text}\n`, 'f.json');
        expect(diff.changes).toEqual([]);
        expect(diff.otherwise).toBe('layout');
      }),
      { seed: 8, numRuns: 150 },
    );
  });
});
