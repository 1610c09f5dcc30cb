import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { GitSopsError } from '../../src/errors.ts';
import { dotenv } from '../../src/format/dotenv.ts';
import { runs } from './runs.ts';
import { everything, hasTools, SopsFolder, type Tokens, usual, Vault } from './vault.ts';

const vault = Vault.loose();
const bytes = (text: string) => Buffer.from(text);
const seal = (source: string) => Buffer.from(vault.seal(dotenv, source)).toString();
const codeOf = (source: string | Uint8Array): string => {
  try {
    dotenv.parse(Buffer.from(source as string));
  } catch (error) {
    if (error instanceof GitSopsError) return `${error.code}:${error.facts.line}`;
  }
  return 'accepted';
};

const part = fc.constantFrom(
  'a',
  'K',
  '=',
  ' ',
  '"',
  "'",
  '#',
  '\\n',
  '\\\\n',
  '\\',
  '\r',
  'é',
  '$',
  'ENC[',
  '_unencrypted',
  '\u2028',
  '\u0085',
  '\0',
);
const line = fc.array(part, { maxLength: 6 }).map((parts) => parts.join(''));
const text = fc
  .tuple(
    fc.array(
      fc.oneof(
        line,
        line.map((l) => `K=${l}`),
        line.map((l) => `#${l}`),
        fc.constant(''),
      ),
      { maxLength: 8 },
    ),
    fc.boolean(),
  )
  .map(
    ([lines, finished]) =>
      lines.filter((l) => l === '' || l[0] === '#' || l.includes('=')).join('\n') + (finished ? '\n' : ''),
  );

describe('leaves of dotenv', () => {
  test('lines, comments, and what stands above', () => {
    const { leaves } = dotenv.parse(bytes('# a\n\n#b\nK = "x\\ny" # z\nL=\n')).view(everything);
    expect(
      leaves.map(({ path, plaintext, comments, line, column }) => [path, plaintext, comments, line, column]),
    ).toEqual([
      [[], ' a', [[' a']], 1, 1],
      [[], 'b', [[' a', 'b']], 3, 1],
      [['K '], ' "x\ny" # z', [[' a', 'b']], 4, 4],
      [['L'], '', [[]], 5, 3],
    ]);
  });

  test('the selector sees the comments at the time of each leaf', () => {
    const seen: string[] = [];
    dotenv.parse(bytes('#a\n#b\nK=1\nL=2')).view((keys, comments, isComment) => {
      seen.push(JSON.stringify([keys, comments, isComment]));
      return true;
    });
    expect(seen).toEqual([
      '[[],[["a"]],true]',
      '[[],[["a","b"]],true]',
      '[["K"],[["a","b"]],false]',
      '[["L"],[[]],false]',
    ]);
  });

  test.each([
    ['A=1\n # no\n', 'invalid-dotenv:2'],
    ['A=1\n\nnonsense', 'invalid-dotenv:3'],
    ['A=1\nsops_x=2\n', 'sops-key-in-plaintext:2'],
    ['sops_mac=a\nsops_mac=b\n', 'duplicate-key:2'],
    ['sops_mac=a\nsops_mac__map_x=b\n', 'sops-key-in-plaintext:1'],
    [Buffer.from([0x41, 0x3d, 0xe9, 0x0a]), 'not-utf8:1'],
  ])('%j: %s', (source, code) => {
    expect(codeOf(source)).toBe(code);
  });
});

describe('the metadata lines', () => {
  test('stand at the end, without a final newline where the file has none', () => {
    expect(seal('A=1')).toMatch(
      /^A=ENC\[.*\]\nsops_age__list_0__map_enc=.*\\n\nsops_age__list_0__map_recipient=.*\nsops_lastmodified=.*\nsops_mac=ENC\[.*\]\nsops_unencrypted_suffix=_unencrypted\nsops_version=3\.13\.2$/,
    );
    expect(seal('A=1\n')).toMatch(/3\.13\.2\n$/);
    expect(seal('A=1\r\n')).toMatch(/\]\nsops_[^\r]*$/);
  });

  test('become the tree that JSON and YAML have', () => {
    const source =
      'sops_mac=m\nsops_shamir_threshold=2\nsops_mac_only_encrypted=true\nsops_key_groups__list_0__map_age__list_0__map_enc=a\\nb\n';
    expect(dotenv.parse(bytes(source)).metadata).toEqual({
      mac: 'm',
      shamir_threshold: 2,
      mac_only_encrypted: true,
      key_groups: [{ age: [{ enc: 'a\nb' }] }],
    });
  });

  test('keep their bytes and order where nothing changed', () => {
    const base = 'A=ENC[A]\nsops_version=3\nsops_mac=m\nsops_lastmodified=x\n';
    const like = dotenv.parse(bytes(base));
    const again = (metadata: object) =>
      Buffer.from(
        dotenv
          .parse(bytes('A=v\n'))
          .view(everything)
          .seal({ token: () => 'ENC[A]', metadata: { ...like.metadata, ...metadata }, like }),
      ).toString();
    expect(again({})).toBe(base);
    expect(again({ mac: 'n', git_sops_layout: 'l' })).toBe(
      'A=ENC[A]\nsops_git_sops_layout=l\nsops_version=3\nsops_mac=n\nsops_lastmodified=x\n',
    );
  });

  test('at the start of the file they stay there', () => {
    const base = 'sops_mac=m\nsops_version=3\n\nA=ENC[A]';
    const like = dotenv.parse(bytes(base));
    const opened = like.view(everything).open({ layout: [], plaintext: () => ({ type: 'str', plaintext: 'v' }) });
    expect(Buffer.from(opened).toString()).toBe('\nA=v');
    const sealed = dotenv
      .parse(opened)
      .view(everything)
      .seal({ token: () => 'ENC[A]', metadata: like.metadata ?? {}, like });
    expect(Buffer.from(sealed).toString()).toBe(base);
  });
});

test.each([
  ['int', '007', '7'],
  ['bool', 'True', 'true'],
  ['float', '3', '3.0'],
  ['float', '1234567', '1.234567E+06'],
  ['float', '0.00001', '1E-05'],
  ['float', '1.5', '1.5'],
  ['str', 'a\nb', 'a\\nb'],
] as const)('the %s %j of a token becomes %s, as sops prints it', (type, plaintext, shown) => {
  const sealed = dotenv.parse(bytes(seal('A=x\n')));
  const opened = sealed.view(usual).open({ layout: [], plaintext: () => ({ type, plaintext }) });
  expect(Buffer.from(opened).toString()).toBe(`A=${shown}\n`);
});

test('ciphertext that core.autocrlf gave carriage returns opens as without', () => {
  const source = 'A=1\n# c\n\nB_unencrypted=2\n';
  const converted = seal(source).replaceAll('\n', '\r\n');
  expect(vault.open(dotenv, bytes(converted)).toString()).toBe(source);
});

test('P4: a value in the clear that looks like a token keeps its carriage return in the MAC', () => {
  const [value] = dotenv.parse(bytes(seal('A_unencrypted=ENC[x]\r\n'))).view(usual).leaves;
  expect(value).toMatchObject({ selected: false, canonical: 'ENC[x]\r' });
});

test('P3: every accepted file comes back byte for byte, and nothing selected stays in the clear', () => {
  fc.assert(
    fc.property(text, (source) => {
      const sealed = vault.seal(dotenv, source, { selects: everything });
      expect(vault.open(dotenv, sealed, everything).toString()).toBe(source);
      for (const { plaintext } of dotenv.parse(sealed).view(everything).leaves) {
        expect(plaintext === '' || String(plaintext).startsWith('ENC[AES256_GCM,')).toBe(true);
      }
    }),
    runs(500),
  );
});

test('many comments in a row cost no copy of each other', () => {
  const start = performance.now();
  const { leaves } = dotenv.parse(bytes('# c\n'.repeat(100_000))).view(everything);
  expect(leaves.at(-1)?.comments[0]).toHaveLength(100_000);
  expect(performance.now() - start).toBeLessThan(20_000);
});

describe.skipIf(!hasTools)('dotenv against real sops (needs sops)', () => {
  let folder: SopsFolder;
  beforeAll(() => {
    folder = new SopsFolder();
  });
  afterAll(() => folder.remove());

  test('P4: sops decrypts and verifies what is sealed, comments included', () => {
    fc.assert(
      fc.property(text, (source) => {
        const { stdout, stderr } = folder.run('ours.env', folder.vault.seal(dotenv, source), ['decrypt']);
        // sops itself drops blank lines and ends the last one.
        const lines = source.split('\n').filter((l) => l !== '');
        expect(stdout.toString()).toBe(lines.map((l) => `${l}\n`).join(''));
        expect(stderr).not.toContain('possibly unencrypted comment');
      }),
      runs(40),
    );
  });

  test('P2: a file of sops’s opens to what sops -d gives, and sealing it again gives its bytes', () => {
    fc.assert(
      fc.property(text, (source) => {
        const own = folder.encrypt('own.env', source);
        const parsed = dotenv.parse(own);
        const vault = folder.vaultOf(parsed.metadata ?? {});
        const tokens: Tokens = new Map();
        const opened = vault.open(dotenv, own, usual, tokens);
        expect(opened.toString()).toBe(folder.decrypt('own.env', own).toString());
        const again = vault.seal(dotenv, opened, { like: parsed, metadata: parsed.metadata ?? {}, reuse: tokens });
        expect(Buffer.from(again).toString()).toBe(own.toString());
      }),
      runs(25),
    );
  });

  test('values that sops set gave a type open as sops prints them', () => {
    for (const [value, shown] of [
      ['12', '12.0'],
      ['true', 'true'],
      ['1.50', '1.5'],
      ['3.0', '3.0'],
      ['1e21', '1E+21'],
      ['"a\\nb"', 'a\\nb'],
    ]) {
      const file = folder.set('set.env', folder.vault.seal(dotenv, 'A=x\n'), '["A"]', value as string);
      const parsed = dotenv.parse(file);
      const opened = folder
        .vaultOf(parsed.metadata ?? {})
        .open(dotenv, file)
        .toString();
      expect(opened).toBe(folder.decrypt('set.env', file).toString());
      expect(opened).toBe(`A=${shown}\n`);
    }
  });
});
