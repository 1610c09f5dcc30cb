import { describe, expect, test } from 'vitest';
import { GitSopsError } from '../../src/errors.ts';
import { yaml } from '../../src/format/yaml.ts';
import type { CommentLeaf, Selects, ValueLeaf } from '../../src/tree/leaf.ts';
import { type Tokens, usual, Vault } from './vault.ts';

const vault = Vault.loose();
const token = /ENC\[AES256_GCM,[^\]]*\]/g;

const parse = (text: string) => yaml.parse(Buffer.from(text));
const valuesOf = (text: string, selects: Selects = usual) =>
  parse(text)
    .view(selects)
    .leaves.filter((leaf): leaf is ValueLeaf => leaf.kind === 'value');
const commentsOf = (text: string, selects: Selects = usual) =>
  parse(text)
    .view(selects)
    .leaves.filter((leaf): leaf is CommentLeaf => leaf.kind === 'comment');

/** The sealed text with `T` for each token, without metadata blocks of sops's spelling. */
function shape(text: string): string {
  const sealed = Buffer.from(vault.seal(yaml, text)).toString();
  return sealed.replace(token, 'T').replace(/^ *sops:\r?\n(?: +.*\r?\n?)*/gm, '');
}

function expectRestored(text: string): void {
  expect(vault.open(yaml, vault.seal(yaml, text)).toString()).toBe(text);
}

function refusal(text: string, use: (text: string) => unknown = (it) => parse(it).view(usual)): GitSopsError {
  try {
    use(text);
  } catch (error) {
    if (error instanceof GitSopsError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('scalars as go-yaml takes them', () => {
  test.each<[string, string | null, string, string?]>([
    // source, type, canonical, plaintext where it differs from the canonical text
    ['014', 'int', '12'],
    ['0o14', 'int', '12'],
    ['0x1F', 'int', '31'],
    ['0b11', 'int', '3'],
    ['1_000', 'int', '1000'],
    ['+12', 'int', '12', '+12'],
    ['-0', 'int', '0', '-0'],
    ['9223372036854775807', 'int', '9223372036854775807'],
    ['09', 'float', '9', '09'],
    ['0o8', 'str', '0o8'],
    ['_1', 'str', '_1'],
    ['1e3', 'float', '1000', '1e3'],
    ['1.50', 'float', '1.5', '1.50'],
    ['1_0.5', 'float', '10.5'],
    ['.5', 'float', '0.5', '.5'],
    ['-0.0', 'float', '-0'],
    ['3.0', 'float', '3'],
    ['12345678901234567000.0', 'float', '12345678901234567000'],
    ['1e400', 'str', '1e400'],
    ['18446744073709551616', 'float', '18446744073709552000', '18446744073709551616'],
    ['.inf', 'float', '+Inf'],
    ['-.INF', 'float', '-Inf'],
    ['.nan', 'float', 'NaN'],
    ['true', 'bool', 'True'],
    ['TRUE', 'bool', 'True', 'TRUE'],
    ['tRue', 'str', 'tRue'],
    ['yes', 'str', 'yes'],
    ['~', 'null', ''],
    ['null', 'null', ''],
    ['2001-01-01', 'time', '2001-01-01T00:00:00Z'],
    ['2001-12-14 21:59:43.10', 'time', '2001-12-14T21:59:43.1Z'],
    ['2001-12-14t21:59:43+02:00', 'time', '2001-12-14T21:59:43+02:00'],
    ['2001-12-14 21:59:43 -5', 'str', '2001-12-14 21:59:43 -5'],
    ['2001-02-30', 'str', '2001-02-30'],
    ['1:30', 'str', '1:30'],
    ['<<', 'str', '<<'],
    ['"12"', 'str', '12'],
    ["'it''s'", 'str', "it's"],
    ['"\\u00e9\\x41\\/"', null, ''],
    ['!!str 12', 'str', '12'],
    ['!!int "3"', 'int', '3'],
    ['!!float 3', 'float', '3'],
    ['!foo 12', 'str', '12'],
    ['! 12', 'int', '12'],
    ['!!int foo', null, ''],
    ['!!binary aGk', null, ''],
  ])('%s', (source, type, canonical, plaintext) => {
    if (type === null) {
      expect(refusal(`a: ${source}\n`).code).toBe('invalid-yaml');
      return;
    }
    expect(valuesOf(`a: ${source}\n`)).toMatchObject([{ type, canonical, plaintext: plaintext ?? canonical }]);
    expectRestored(`a: ${source}\n`);
    expectRestored(`a: [${source}]\n`);
  });

  test('!!binary gives bytes', () => {
    expect(valuesOf('a: !!binary /w==\n')[0]?.canonical).toEqual(Uint8Array.of(0xff));
    expectRestored('a: !!binary /w==\nb: !!binary |\n  /w==\nc: !!binary aGk=\n');
  });

  test('an integer that only an unsigned one holds is refused, as by sops', () => {
    expect(refusal('a: 9223372036854775808\n').facts).toMatchObject({ line: 1, column: 4 });
  });
});

test.each([
  ['3', '3.0'],
  ['-0', '-0.0'],
  ['12345678901234567000', '12345678901234567000.0'],
  ['1.50', '1.50'],
  ['1e3', '1e3'],
])('P3: the float %s of a token, as sops writes it, stays a float and keeps its token', (plaintext, spelled) => {
  const view = parse(Buffer.from(vault.seal(yaml, 'a: 1.5\n')).toString()).view(usual);
  const opened = Buffer.from(view.open({ layout: [], plaintext: () => ({ type: 'float', plaintext }) })).toString();
  expect(opened).toBe(`a: ${spelled}\n`);
  expect(valuesOf(opened)).toMatchObject([{ type: 'float', plaintext }]);
});

test('P3: a block at the end keeps its line break where the encrypted file lost the one at its end', () => {
  const sealed = vault.seal(yaml, 'a: |\n  x\n');
  expect(vault.open(yaml, sealed.subarray(0, -1)).toString()).toBe('a: |\n  x\n');
  expectRestored('a: |\n  x');
  expectRestored('a: |\n  x\n# c');
});

describe('a token is the whole value, in the style of its source', () => {
  test.each([
    ['plain', 'a: x y\n', 'a: T\n'],
    ['single', "a: 'x'\n", "a: 'T'\n"],
    ['double', 'a: "x"\n', 'a: "T"\n'],
    ['several lines', 'a: x\n  y\nb: "p\n  q"\n', 'a: T\nb: "T"\n'],
    ['flow', 'a: {b: 1, "c": "x", d: [\'y\', z]}\n', "a: {b: 'T', \"c\": \"T\", d: ['T', 'T']}\n"],
    ['literal', 'a: |\n   x\n   y\n\nb: 1\n', 'a: |-\n   T\n\nb: T\n'],
    ['literal, kept breaks', 'a: |+\n  x\n\n\nb: 1\n', 'a: |-\n  T\n\n\nb: T\n'],
    ['literal, indentation sign', 'a: |2-\n    x\n   y\n', 'a: |-\n  T\n'],
    ['folded', 'a: >-\n  x\n  y\n', 'a: |-\n  T\n'],
    ['only line breaks', 'a: |+\n\n\nb: x\n', 'a: "T"\n\n\nb: T\n'],
    ['empty and null', 'a: ""\nb: \'\'\nc:\nd: ~\ne: |\nf: null\n', 'a: ""\nb: \'\'\nc:\nd: ~\ne: |\nf: null\n'],
    ['anchor', 'a: &x y\nb: *x\n', 'a: &x T\nb: T\n'],
    ['tags', 'b: !!int "3"\nc: &n !!int 3\nd: !!str 5\ne: *n\n', 'b: "T"\nc: &n T\nd: !!str T\ne: T\n'],
    // A secret that begins with such a sign is often written without quotes.
    ['own tags, lone anchors', 'a: !foo y\nb: &n !!int 3\nc: &x y\nd: !<t> "y"\n', 'a: T\nb: T\nc: T\nd: "T"\n'],
    ['the same in other styles', "a: &x 'y'\nb: !foo |\n  y\nc: [&x y, !y z]\n", "a: 'T'\nb: |-\n  T\nc: ['T', 'T']\n"],
    ['keys', '"a b": 1\n? c\n: 2\n', '"a b": T\n? c\n: T\n'],
    ['blocks in lists', '- |\n  x\n', null],
    ['list', 'a:\n- 1\n-  x\n- - y\n', 'a:\n- T\n-  T\n- - T\n'],
  ])('%s', (_, source, sealed) => {
    if (sealed === null) {
      expect(refusal(source).code).toBe('top-level-not-mapping');
      return;
    }
    expect(shape(source)).toBe(sealed);
    expectRestored(source);
  });

  test('nearly nothing needs the layout record', () => {
    const needs = (text: string) => parse(text).view(usual).layout;
    expect(needs('a: 1.50\nb: "x y"\nc: \'it\'\'s\'\nd: |\n  x\n\n   y\ne: [1, "2", z]\nf: true\ng: +1\n')).toEqual([]);
    expect(needs('a:\n  - 0x1F\n---\nb: >\n  x\n')).toEqual([
      { place: '0["a",0]', source: '0x1F' },
      { place: '1["b"]', source: '>\n  x' },
    ]);
  });

  test('without the record a value comes back in its canonical spelling', () => {
    const text = 'a: 0x1F\nb: >-\n  x\n  y\nc: &k !!int "3"\nd: True\ne: [\'12\']\nf: "p\\x41"\ng: |+\n  x\nh: .inf\n';
    const sealed = vault.seal(yaml, text, { dropLayout: true });
    expect(vault.open(yaml, sealed).toString()).toBe(
      'a: 31\nb: |-\n  x y\nc: 3\nd: true\ne: [\'12\']\nf: "pA"\ng: |\n  x\nh: .inf\n',
    );
  });

  test('a record that says something else is ignored', () => {
    const view = parse(Buffer.from(vault.seal(yaml, 'a: 0x1F\nb: 0x20\n')).toString()).view(usual);
    const open = (source: string) =>
      Buffer.from(
        view.open({
          layout: [
            { place: '0["a"]', source },
            { place: '0["b"]', source: '0b100000' },
          ],
          plaintext: (leaf) => ({ type: 'int', plaintext: leaf.path[0] === 'a' ? '31' : '32' }),
        }),
      ).toString();
    expect(open('037')).toBe('a: 037\nb: 0b100000\n');
    expect(open('0x20')).toBe('a: 31\nb: 0b100000\n');
    expect(open('31\nc: 1')).toBe('a: 31\nc: 1\nb: 0b100000\n');
    expect(open('"')).toBe('a: 31\nb: 32\n');
  });

  test.each([
    ['12', '"12"'],
    ['true', '"true"'],
    ['x: y', "'x: y'"],
    ['- x', "'- x'"],
    [' x', "' x'"],
    ["it's", "it's"],
    ['#x', "'#x'"],
    ['x\ny', '|-\n    x\n    y'],
    ['x \ny', '"x \\ny"'],
    ['\u0007', '"\\x07"'],
    ['é😀', 'é😀'],
    ['@x', "'@x'"],
  ])('text that a plain token held: %j', (plaintext, spelled) => {
    const view = parse(Buffer.from(vault.seal(yaml, 'a: x\nb_unencrypted: 1\n')).toString()).view(usual);
    const opened = Buffer.from(view.open({ layout: [], plaintext: () => ({ type: 'str', plaintext }) })).toString();
    expect(opened).toBe(`a: ${spelled}\nb_unencrypted: 1\n`);
    expect(valuesOf(opened)[0]).toMatchObject({ type: 'str', canonical: plaintext });
  });
});

describe('comments', () => {
  const paths = (text: string) => commentsOf(text).map(({ path, plaintext }) => `${path.join('.')}#${plaintext}`);

  test.each([
    ['a:\n  b: 1\n  # c\nd: 2\n', ['a# c']],
    ['a:\n  b:\n    c: 1\n  # c\ne: 2\n', ['a.b# c']],
    ['a:\n  b:\n    c: 1\n  # c\n\ne: 2\n', ['a# c']],
    ['a:\n  b:\n    c: 1\n  # c\n  d: 2\n', ['a# c']],
    ['# top\n\n# head\na: 1 # line\n# end\n', ['# top', '# head', '# line', '# end']],
    ['a: # c\n  b: 1\n', ['# c']],
    ['a: &x # c\n  b: 1\n', ['a# c']],
    ['a: {b: 1} # c\n', ['a# c']],
    ['a: | # c\n  x\n', ['# c']],
    ['a:\n- 1\n# c\nb: 2\n', ['# c']],
    ['a:\n- 1\n# c\n\nb: 2\n', ['a# c']],
    ['a: [1, # c\n  2 # d\n] # e\n', ['a# e', 'a# c', 'a# d']],
    ['#\n#x\na: 1\n', ['#', '#x']],
  ])('%j', (text, expected) => {
    expect(paths(text)).toEqual(expected);
    expectRestored(text);
  });

  test('a comment that go-yaml drops is encrypted too', () => {
    expect(shape('a: [ # dropped\n  1]\n')).toBe("a: [ #T\n  'T']\n");
    expectRestored('a: [ # dropped\n  1]\n');
  });

  test('paths are those in the text that is written', () => {
    const asked: string[] = [];
    parse('a:\n  b: 1\n # c\n')
      .view(usual)
      .seal({
        like: null,
        metadata: { mac: 'ENC[x]' },
        token(leaf) {
          asked.push(`${leaf.kind} ${leaf.path.join('.')}`);
          return 'ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]';
        },
      });
    expect(asked).toEqual(['value a.b', 'comment a']);
  });

  test('stacks hold the comments since the last value of each level', () => {
    const [b, d, e] = valuesOf('# 1\na:\n  # 2\n  b: x # 3\n  # 4\n  d: y\n# 5\ne:\n  # 6\n  - z\n');
    expect(b?.comments).toEqual([[' 1'], [' 2', ' 3']]);
    expect(d?.comments).toEqual([[' 1'], [' 4']]);
    expect(e?.comments).toEqual([[' 5'], [' 6']]);
  });

  test('those of unselected containers stay', () => {
    expect(shape('a_unencrypted:\n  # c\n  b: 1\n')).toBe('a_unencrypted:\n  # c\n  b: 1\n');
  });

  test('sops writes a comment in a list as an item', () => {
    const item = (text: string) => `ENC[AES256_GCM,data:${text},iv:eA==,tag:eA==,type:comment]`;
    const text = `a:\n    - ${item('Yw==')}\n    - ENC[AES256_GCM,data:eA==,iv:eA==,tag:eA==,type:str]\nb:\n    - ${item('ZA==')}\nsops:\n    mac: x\n`;
    const opened = parse(text)
      .view(usual)
      .open({
        layout: [],
        plaintext: ({ kind }) => ({ type: kind === 'comment' ? 'comment' : 'str', plaintext: kind }),
      });
    expect(Buffer.from(opened).toString()).toBe('a:\n    #comment\n    - value\nb:\n    [] #comment\n');
  });
});

describe('documents and line ends', () => {
  test.each([
    ['several documents', 'a: 1\n# c\n---\nb: 2\n...\n---\n# d\nc: 3\n'],
    ['empty documents', '---\n---\na: 1\n---\n'],
    ['CRLF', 'a:\r\n  - x # c\r\n  # d\r\n  - |\r\n    l1\r\n    l2\r\nb: 1\r\n'],
    ['byte order mark', '\ufeffa: 1\n# c\n'],
    ['no last line break', 'a: 1\nb: x # c'],
    ['no last line break, literal', 'a: |\n  x'],
    ['no last line break, literal in the clear', 'a: 1\nb_unencrypted: |\n  x'],
    ['blanks at the end', 'a: 1\n\n  \n'],
    ['indented root', '  a: 1\n  # c\n  b: x\n'],
    ['flow root', '{a: 1, b: [x]} # c\n'],
    ['spread flow root', '{ # c\n  a: 1,\n  # d\n  b: x,\n}\n'],
    ['empty flow root', '{}\n'],
    ['document start with a comment', '--- # c\na: 1\n'],
    ['brackets and quotes without indentation', 'a: [\n1,\n2\n]\nb: {\n}\nc: "x\ny"\n'],
    ['tabs between tokens', 'a:\t1\t# c\nb: "x"\t\n'],
  ])('%s', (_, text) => {
    expectRestored(text);
  });

  test('metadata stands in each document that is not empty', () => {
    const sealed = Buffer.from(vault.seal(yaml, 'a: 1\n---\n---\nb: 2\n')).toString();
    expect(sealed.split(/^---\n/m).map((part) => /^sops:$/m.test(part))).toEqual([true, false, true]);
  });

  test('its block ends as the file did, in the same line ends', () => {
    expect(Buffer.from(vault.seal(yaml, 'a: x')).toString()).toMatch(/\nsops:\n.*[^\n]$/s);
    expect(Buffer.from(vault.seal(yaml, 'a: x\r\n')).toString()).not.toMatch(/[^\r]\n/);
  });
});

describe('aliases', () => {
  test.each([
    ['scalar', 'a: &x 0x1F\nb: *x\nc: [*x]\n', "a: &x T\nb: T\nc: ['T']\n"],
    ['in the clear', 'a_unencrypted: &x {b: 1}\nc_unencrypted: *x\n', 'a_unencrypted: &x {b: 1}\nc_unencrypted: *x\n'],
    [
      'mapping',
      'a: &x\n  b: 1 # c\n  d: [~, "", "q"]\ne: *x # f\n',
      "a: &x\n  b: T #T\n  d: [~, \"\", \"T\"]\ne: {b: 'T', d: [null, '', 'T']} #T\n",
    ],
    [
      'merge',
      'a: &x\n  b: 1\n  d: {e: 2}\nf:\n  <<: *x\n  b: 3\n  g: 4\nh: {<<: [*x], i: 5}\n',
      "a: &x\n  b: T\n  d: {e: 'T'}\nf:\n  d: {e: 'T'}\n  b: T\n  g: T\nh: {b: 'T', d: {e: 'T'}, i: 'T'}\n",
    ],
    [
      'merge of what merges',
      'a: &x {b: 1}\nc: &y\n  <<: *x\n  d: 2\ne:\n- <<: *y\n  f: 3\n',
      "a: &x {b: 'T'}\nc: &y\n  b: T\n  d: T\ne:\n- b: T\n  d: T\n  f: T\n",
    ],
  ])('%s', (_, text, sealed) => {
    expect(shape(text)).toBe(sealed);
    expectRestored(text);
  });

  test('one in the clear to what becomes ciphertext is refused', () => {
    const error = refusal('a: &x 1\nb_unencrypted: *x\n', (text) => vault.seal(yaml, text));
    expect(error.code).toBe('unsupported-spelling');
    expect(error.facts).toMatchObject({ line: 2, keyPath: 'b_unencrypted' });
  });

  test.each([
    ['a tag alone', 'a: !Hunter2\n'],
    ['a tag with an empty text', 'a: !Hunter2 ""\n'],
    ['a tag of no core type', 'a: !!Hunter2\n'],
    ['an anchor alone', 'a:\n  - &Hunter2\n'],
    ['an anchor on another line', 'a: &Hunter2\n  x\n'],
  ])('%s is refused: it may be what the user takes for the value', (_, text) => {
    const error = refusal(text, (source) => vault.seal(yaml, source));
    expect(error.code).toBe('unsupported-spelling');
    expect(error.facts.line).toBe(text.split('\n').findIndex((line) => line.includes('Hunter2')) + 1);
    expect(error.message).not.toContain('Hunter2');
  });

  test('an anchor without a value is none where an alias names it, or nothing is selected', () => {
    expect(shape('a: &n\nb: *n\nc: x\n')).toBe('a: &n\nb: *n\nc: T\n');
    expect(shape('a_unencrypted: &n\nb_unencrypted: !foo\nc: x\n')).toBe(
      'a_unencrypted: &n\nb_unencrypted: !foo\nc: T\n',
    );
  });

  test('aliases of aliases do not grow without limit', () => {
    let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
    for (let i = 1; i < 8; i++)
      text += `a${i}: &a${i} [${Array(10)
        .fill(`*a${i - 1}`)
        .join(', ')}]\n`;
    expect(refusal(text).code).toBe('invalid-yaml');
  });
});

describe('metadata', () => {
  const text = 'a: 1\nb: x\n';

  test('is read as a tree', () => {
    const sealed = vault.seal(yaml, text, { metadata: { mac_only_encrypted: true, shamir_threshold: 2 } });
    expect(yaml.parse(sealed).metadata).toMatchObject({
      ...vault.wrapped,
      lastmodified: '2026-01-02T03:04:05Z',
      mac_only_encrypted: true,
      shamir_threshold: 2,
      unencrypted_suffix: '_unencrypted',
    });
    expect(parse(text).metadata).toBeNull();
  });

  test('is spelled as sops spells it', () => {
    const metadata = { encrypted_regex: '^(data|x: y)$', unencrypted_suffix: undefined };
    const sealed = Buffer.from(vault.seal(yaml, text, { metadata, selects: () => false })).toString();
    expect(sealed.replace(token, 'T')).toBe(
      [
        'a: 1',
        'b: x',
        'sops:',
        '    age:',
        '        - enc: |',
        '            -----BEGIN AGE ENCRYPTED FILE-----',
        '            bm90IHJlYWw=',
        '            -----END AGE ENCRYPTED FILE-----',
        '          recipient: age1notreal',
        "    encrypted_regex: '^(data|x: y)$'",
        '    lastmodified: "2026-01-02T03:04:05Z"',
        '    mac: T',
        '    version: 3.13.2',
        '',
      ].join('\n'),
    );
  });

  test('a flow root keeps what Flux looks for', () => {
    expect(Buffer.from(vault.seal(yaml, '{a: 1}\n')).toString()).toMatch(/^\{"sops": \{.*"mac": "ENC\[.*\}, a: 'ENC/);
  });

  test('follows the base byte for byte where nothing differs', () => {
    const odd = Buffer.from(vault.seal(yaml, text))
      .toString()
      .replace('    version: 3.13.2', '    # a note\n    version: "3.13.2" # quoted')
      .replace('    unencrypted_suffix: _unencrypted\n', '');
    const base = parse(odd);
    const tokens = () => {
      const found: Tokens = new Map();
      vault.open(yaml, Buffer.from(odd), usual, found);
      return found;
    };
    const mac = { mac: base.metadata?.['mac'] };
    const without = { ...mac, unencrypted_suffix: undefined };
    const again = vault.seal(yaml, text, { like: base, reuse: tokens(), metadata: without });
    expect(Buffer.from(again).toString()).toBe(odd);
    const edited = vault.seal(yaml, 'a: 2\nb: x\n', {
      like: base,
      reuse: tokens(),
      metadata: { ...without, version: '3.14.0' },
    });
    const lines = Buffer.from(edited).toString().split('\n');
    const changed = odd.split('\n').filter((line) => !lines.includes(line));
    expect(changed.map((line) => line.slice(0, 12))).toEqual(['a: ENC[AES25', '    version:']);
    expect(lines).toContain('    version: 3.14.0 # quoted');
    const added = vault.seal(yaml, text, { like: base, reuse: tokens(), metadata: mac });
    expect(Buffer.from(added).toString()).toContain(
      '\n    # a note\n    unencrypted_suffix: _unencrypted\n    version',
    );
  });

  test('stays first where the base has it first', () => {
    const sealed = Buffer.from(vault.seal(yaml, text)).toString();
    const at = sealed.indexOf('sops:');
    const base = parse(sealed.slice(at) + sealed.slice(0, at));
    const again = Buffer.from(vault.seal(yaml, `# c\n${text}`, { like: base })).toString();
    expect(again).toMatch(/^#ENC\[.*\]\nsops:\n/);
    expect(vault.open(yaml, Buffer.from(again)).toString()).toBe(`# c\n${text}`);
  });

  test('a comment that sops moved to its line is kept', () => {
    const sealed = Buffer.from(vault.seal(yaml, text)).toString().replace('sops:\n', 'sops: #plain\n');
    expect(vault.open(yaml, Buffer.from(sealed)).toString()).toBe(`${text}#plain\n`);
  });
});

describe('a key that stands twice in a later document, as sops takes it', () => {
  test.each([
    'a: 1\n---\nb: s1\nc:\n  d: q\n  d: r\nb: s2\n',
    // Each spelling is its own value's.
    'a: 1\n---\nb: 0x1F\nb: 014\nb: 1_000\n---\nb: 0x2F\n',
    'a: 1\n---\nb: {x: 0x1F}\nb: {x: 0b11, y: 014, y: "\\x41"}\n# c\nb: |\n  x\n  y\n',
  ])('%j', (text) => {
    expectRestored(text);
    const places = parse(text)
      .view(usual)
      .layout.map(({ place }) => place);
    expect(new Set(places).size).toBe(places.length);
  });

  test('shows each of its values', () => {
    expect(valuesOf('a: 1\n---\nb: x\nb: y\n').map(({ path, canonical }) => [path, canonical])).toEqual([
      [['a'], '1'],
      [['b'], 'x'],
      [['b'], 'y'],
    ]);
    expect(shape('a: 1\n---\nb: x\nb: y\n')).toBe('a: T\n---\nb: T\nb: T\n');
  });
});

describe('what grows in a file of somebody else costs no more than it should', () => {
  const numbers = (count: number, line: (i: number) => string) =>
    Array.from({ length: count }, (_, i) => line(i)).join('');
  test.each([
    ['comments in a row', `${numbers(40_000, (i) => `# c${i}\n`)}a: x\nb:\n${numbers(2000, () => '  - c: x\n')}`],
    ['blank lines in a block', `a: |\n  x\n${'\n'.repeat(150_000)}  y\n`],
    ['aliases', numbers(40_000, (i) => `k${i}: &a${i} x\n`) + numbers(40_000, (i) => `l${i}: *a${i}\n`)],
    ['one line', `{${numbers(30_000, (i) => `"k${i}": "v", `)}z: 1}\n`],
    ['quotes in a row', '"'.repeat(1_000_000)],
    ['documents', numbers(5000, (i) => `---\na: ${i}\n`)],
  ])('%s', (_, text) => {
    const before = process.cpuUsage();
    if (text.startsWith('"')) expect(refusal(text).code).toBe('invalid-yaml');
    else expectRestored(text);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(20);
  });
});

describe('what sops refuses is refused, with the place', () => {
  test.each([
    ['- a\n', 'top-level-not-mapping', 1],
    ['just text\n', 'top-level-not-mapping', 1],
    ['', 'empty-file', 1],
    ['# only a comment\n', 'empty-file', 1],
    ['a: 1\nb:\n  c: 1\n  c: 2\n', 'duplicate-key', 4],
    ['a: 1\n---\n<<: {x: 1}\n<<: {y: 2}\n', 'duplicate-key', 4],
    ['a: 1\n---\nb: &x {c: 1, c: 2}\nd: *x\n', 'duplicate-key', 3],
    ['a: ENC[x]\nsops:\n  mac: ENC[x]\n---\nb: 1\nsops:\n  mac: ENC[x]\nsops:\n  mac: ENC[y]\n', 'duplicate-key', 8],
    ['a: ENC[x]\nsops:\n  mac: ENC[x]\n---\nb: 1\nsops:\n  mac: ENC[x]\n  mac: ENC[y]\n', 'duplicate-key', 8],
    ['a: 1\nsops: x\n', 'sops-key-in-plaintext', 2],
    ['a: 1\n---\nsops:\n  mac: x\n', 'sops-key-in-plaintext', 3],
    ['1: a\n', 'invalid-yaml', 1],
    ['a: 1\ntrue: a\n', 'invalid-yaml', 2],
    ['~: a\n', 'invalid-yaml', 1],
    ['? [a]\n: b\n', 'invalid-yaml', 1],
    ['a: &x 1\n*x : 2\n', 'invalid-yaml', 2],
    ['%YAML 1.2\n---\na: 1\n', 'invalid-yaml', 1],
    ['a: 1\n\tb: 2\n', 'invalid-yaml', 2],
    ['a: b: c\n', 'invalid-yaml', 1],
    ['a: *x\n', 'invalid-yaml', 1],
    ['a: &an:chor 1\n', 'invalid-yaml', 1],
    ['a: "x\n', 'invalid-yaml', 1],
    ['a: [1, 2\n', 'invalid-yaml', 2],
    ['a: @x\n', 'invalid-yaml', 1],
    ['a: "\\/"\n', 'invalid-yaml', 1],
    ['a: x\u2028y\n', 'invalid-yaml', 1],
    ['a: x\u0000y\n', 'invalid-yaml', 1],
    ['a:\n  - b\n c: 1\n', 'invalid-yaml', 3],
    ['a\n', 'top-level-not-mapping', 1],
    ['a: 1\nb\nc: 2\n', 'invalid-yaml', 2],
    ['a: |x\n  y\n', 'invalid-yaml', 1],
    ['{? a : 1}\n', null, undefined],
  ])('%j', (text, code, line) => {
    if (code === null) {
      expectRestored(text);
      return;
    }
    expect(refusal(text)).toMatchObject({ code });
    expect(refusal(text).facts.line).toBe(line);
  });

  test('broken UTF-8', () => {
    expect(() => yaml.parse(Uint8Array.of(0x61, 0x3a, 0x0a, 0xff))).toThrow(
      expect.objectContaining({ code: 'not-utf8' }),
    );
  });

  test('no message shows a value', () => {
    for (const text of ['a: "s3cret\n', 'a: !!int s3cret\n', 'k: s3cret: x\n', '- s3cret\n', 'a: 1\ns3cret\nb: 2\n']) {
      expect(refusal(text).message).not.toContain('s3cret');
    }
  });
});
