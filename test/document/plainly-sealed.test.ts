import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import type { CreationRule } from '../../src/document/creation-rule.ts';
import { encryptFile } from '../../src/document/encrypt-file.ts';
import { judgeParsed } from '../../src/document/judge.ts';
import { plainlySealed } from '../../src/document/plainly-sealed.ts';
import { plainlyVerified } from '../../src/document/plainly-verified.ts';
import { readPlainBody } from '../../src/format/yaml/plain-blocks.ts';
import { readPlainFrame } from '../../src/format/yaml/plain-frame.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { defaultSelector, type Selector } from '../../src/tree/selector.ts';

const slow = process.env['GIT_SOPS_SLOW'] === '1';

const own = generateKeyFile();
const rule = (selector: Selector): CreationRule => ({
  index: 0,
  line: 1,
  pathRegex: null,
  groups: [[{ kind: 'age', id: own.recipient }]],
  shamirThreshold: 0,
  selector,
  macOnlyEncrypted: false,
});
const rules = [
  rule(defaultSelector),
  rule({ kind: 'encrypted_regex', value: '^(data|stringData|password)$' }),
  rule({ kind: 'unencrypted_regex', value: '^(kind|metadata)$' }),
  rule({ kind: 'encrypted_suffix', value: 'word' }),
];
const sources = [
  'kind: Secret\nmetadata:\n  name: db\nstringData:\n  user: "admin"\n  password: hunter2\n',
  '# about\nkind: Secret\nmetadata:\n    # of whom\n    name: db\nspec:\n    list:\n        - a\n        - key: 1\n          password: hunter2\n    none:\n    empty: ""\ndata:\n    tls.crt: |\n        line one\n        line two\n    # the key\n    pin: 1234\n',
  "password: a\nusers:\n- name: b\n  password: c\n- name: d\n  deep:\n    password: 'e'\nlast: true\n",
];

async function seal(source: string, to: CreationRule): Promise<string> {
  const options = { input: 'yaml', output: 'yaml', indent: null, backend: nodeBackend, now: () => new Date() } as const;
  return Buffer.from(await encryptFile({ ...options, source: Buffer.from(source), rule: to })).toString();
}

const byParsing = (text: string, to: CreationRule) =>
  judgeParsed({ path: 'a.yaml', content: Buffer.from(text), rule: to, keyring: null, backend: nodeBackend });
const isPlain = async (text: string, to: CreationRule) =>
  (await plainlySealed('a.yaml', Buffer.from(text), to)) !== null;

const keyring = createKeyring({
  env: { SOPS_AGE_KEY: /AGE-SECRET-KEY-\w+/.exec(own.text)?.[0] },
  platform: 'linux',
  home: null,
});
const withKey = (text: string, to: CreationRule) =>
  judgeParsed({ path: 'a.yaml', content: Buffer.from(text), rule: to, keyring, backend: nodeBackend });
/** Null where the short way does not take it. */
async function isVerified(text: string, to: CreationRule): Promise<boolean | null> {
  const sealed = await plainlySealed('a.yaml', Buffer.from(text), to);
  if (sealed === null) return null;
  const { dataKey } = await keyring.dataKey(sealed.metadata.keyGroups, sealed.metadata.shamirThreshold);
  return dataKey !== null && plainlyVerified(sealed, dataKey, nodeBackend);
}

/** Values in the clear that are no text to some reader, or another text than they look like. */
const typed = [
  ...['0644', '1.0', '1e3', '0x1F', '12345678901234567', '1_000', '+1', '-1', '007', '.5', '2026-01-02', '12:30:45'],
  ...['True', 'null', 'Null', '~', 'NULL', 'y', 'Off', '""', "'0644'", '"null"', "'true'", 'nul', 'trues', 'e1', '<<'],
  ...['|\n    12', '|-\n    12', '|-\n    true', '|\n    word\n    more', '|+\n    0644'],
].map((value) => `kind: x\nmetadata:\n  name: ${value}\ndata:\n  password: hunter2\n`);

/** Lines that people and tools put into such files, and some that nobody should. */
const odd = [
  '    password: hunter3',
  '          password: hunter3',
  '    # hunter3',
  '        - recipient: hunter3',
  '    git_sops_layout: hunter3',
  '    mac: hunter3',
  '    lastmodified: hunter3',
  '    mac: ENC[AES256_GCM,data:hunter3,iv:a,tag:b,type:str]',
  'password: hunter3',
  '  password: hunter3',
  '    password: hunter3',
  '- hunter3',
  '  - hunter3',
  '# a comment',
  '    # a comment',
  'data:',
  'stringData:',
  'kind:',
  'metadata: {password: x}',
  'password: "hunter3"',
  'password:',
  'password: ""',
  '? password',
  ': hunter3',
  'password: &a hunter3',
  'x: *a',
  '---',
  '...',
  '<<: {password: x}',
  'password: |',
  'password: >-',
  '',
  '   ',
  '\tpassword: x',
  'password: x # y',
  'password : x',
  'password:x',
  '"password": x',
  'sops:',
  '    age: []',
  '  mac: x',
  'no: x',
  'word: hunter3',
  'pass-word: !!str x',
  'ENC[AES256_GCM,',
  'x: ENC[AES256_GCM,data:aHVudGVyMg==,iv:a,tag:b,type:str]',
  '#ENC[AES256_GCM,data:x,iv:y,tag:z,type:comment]',
  'é: x',
  '%YAML 1.1',
];
const mutation = fc.record({
  how: fc.constantFrom(
    'insert',
    'delete',
    'double',
    'swap',
    'indent',
    'outdent',
    'value',
    'character',
    'rekey',
    'within',
    'behind',
    'comment',
  ),
  at: fc.double({ min: 0, max: 0.999, noNaN: true }),
  to: fc.double({ min: 0, max: 0.999, noNaN: true }),
  line: fc.constantFrom(...odd),
});
/** What leaves a file that looks sound. */
const tampering = fc.record({
  how: fc.constantFrom('swap', 'double', 'delete', 'name'),
  at: fc.double({ min: 0, max: 0.5, noNaN: true }),
  to: fc.double({ min: 0, max: 0.5, noNaN: true }),
  line: fc.constantFrom(...odd),
});

function mutated(
  text: string,
  { how, at, to, line }: typeof mutation | typeof tampering extends fc.Arbitrary<infer T> ? T : never,
): string {
  const lines = text.split('\n');
  const i = Math.floor(at * lines.length);
  const old = lines[i] ?? '';
  const j = Math.floor(to * lines.length);
  if (how === 'insert') lines.splice(i, 0, line);
  else if (how === 'delete') lines.splice(i, 1);
  else if (how === 'double') lines.splice(j, 0, old);
  else if (how === 'swap') [lines[i], lines[j]] = [lines[j] ?? '', old];
  else if (how === 'name') lines[i] = old.replace(/(name|kind): \w+$/, '$1: another');
  else if (how === 'indent') lines[i] = `${' '.repeat(1 + Math.floor(to * 4))}${old}`;
  else if (how === 'outdent') lines[i] = old.replace(/^ {1,2}/, '');
  else if (how === 'value') lines[i] = old.replace(/ENC\[.*\]/, 'hunter3');
  else if (how === 'rekey')
    lines[i] = old.replace(/[\w.]+:/, ['kind:', 'password:', 'data:', 'other:'][Math.floor(to * 4)] ?? '');
  else if (how === 'comment') {
    const comment = lines.findIndex((one, n) => n >= i && one.includes('#'));
    if (comment >= 0) lines[comment] = lines[comment]?.replace('#', `${to < 0.5 ? '# ' : ''}${line.trim()} #`) ?? '';
  } else if (how === 'behind') lines[i] = `${old} ${line.trim()}`;
  else if (how === 'within') {
    // Between words too, where a comment may begin.
    const place = to < 0.5 ? Math.floor(2 * to * old.length) : Math.max(0, old.search(/\S/));
    lines[i] = `${old.slice(0, place)}${line.trim()}${to < 0.7 ? ' ' : ''}${old.slice(place)}`;
  } else
    lines[i] =
      `${old.slice(0, Math.floor(to * old.length))}${line.slice(0, 1)}${old.slice(Math.floor(to * old.length) + 1)}`;
  return lines.join('\n');
}

describe('the short way through the judgement', () => {
  it('takes what sops writes of ordinary files', async () => {
    for (const source of sources)
      for (const to of rules) {
        const sealed = await seal(source, to);
        expect(await byParsing(sealed, to)).toEqual([]);
        // A comment in the clear may be a secret where the keys that stay in the clear are named.
        const doubtful = source.includes('# ') && to.selector.kind === 'unencrypted_regex';
        expect([await isPlain(sealed, to), to.selector.kind], sealed).toEqual([!doubtful, to.selector.kind]);
      }
  });

  it('never takes a file in which the whole judgement finds anything', async () => {
    const sealed = await Promise.all(
      sources.flatMap((source) => rules.map(async (to) => ({ text: await seal(source, to), to }))),
    );
    let taken = 0;
    let all = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sealed),
        fc.array(mutation, { minLength: 1, maxLength: 3 }),
        async ({ text, to }, mutations) => {
          const changed = mutations.reduce(mutated, text);
          all++;
          if (!(await isPlain(changed, to))) return;
          taken++;
          expect(await byParsing(changed, to), changed).toEqual([]);
        },
      ),
      { numRuns: slow ? 20_000 : 1500 },
    );
    // Else the property says nothing.
    expect(taken / all).toBeGreaterThan(0.03);
  });

  it('takes no comment for a ciphertext that only ends in one', async () => {
    const [to = rule(defaultSelector)] = rules;
    const sealed = await seal(sources[1] ?? '', to);
    expect(await isPlain(sealed, to)).toBe(true);
    for (const before of ['# the password is hunter2 ', '#hunter2 ', '# ', '##', '#ENC[ ']) {
      const changed = sealed.replace(/^ *#ENC/m, `${before}$&`.replace('  #', ' #'));
      expect(await isPlain(changed, to), before).toBe(false);
      const kinds = (await byParsing(changed, to)).map(({ kind }) => kind);
      if (before.length > 2) expect(kinds.length, before).toBeGreaterThan(0);
    }
  });

  it('reads a file of a kind that it has met before as any other', async () => {
    const bodies = await Promise.all(
      sources.flatMap((source) => rules.map(async (to) => (await seal(source, to)).replace(/\nsops:\n[\s\S]*/, '\n'))),
    );
    const value = fc.constantFrom(
      'word',
      'true',
      'a/b',
      '"word"',
      '"x y"',
      "'x'",
      '1',
      '"',
      'x #y',
      'x: y',
      '|',
      '',
      ' ',
      '\0',
      '\x01',
    );
    let framed = 0;
    await fc.assert(
      fc.property(
        fc.constantFrom(...bodies),
        fc.array(mutation, { maxLength: 2 }),
        fc.array(fc.record({ at: fc.nat(30), value }), { maxLength: 3 }),
        (body, mutations, values) => {
          const changed = mutations.reduce(mutated, body);
          // Twice, so that the frame is known, then with other values in it.
          for (const _ of [1, 2]) expect(readPlainFrame(changed)).toEqual(readPlainBody(changed));
          const lines = changed.split('\n');
          for (const { at, value } of values) lines[at] = (lines[at] ?? '').replace(/(: ?).*/, `$1${value}`);
          const other = lines.join('\n');
          const read = readPlainBody(other);
          expect(readPlainFrame(other), other).toEqual(read);
          if (read !== null && values.length > 0) framed++;
        },
      ),
      { numRuns: slow ? 50_000 : 3000 },
    );
    expect(framed).toBeGreaterThan(100);
  });

  it('takes nothing for a file of a kind that it has met which only looks like one', () => {
    for (const [known, other] of [
      ['a: v\nb: w\n', 'a\0b: x\n'],
      ['c: v\nd: w\n', 'c\0d: x\0\n'],
      ['e: "v"\n', 'e": v\n'],
      ['f: "v"\n', 'f: v\n'],
      ['g: v\nh: "w"\n', 'g: v\nh": w\n'],
      ['t: |\n    a: x\nb: y\n', 't: |\n    a: z\nb: y\n'],
      ['# u: x\nv: y\n', '# u: z\nv: y\n'],
      ['l:\n    - word\nk: word\n', 'l:\n    - word\nk: other\n'],
      ['l:\n    - m: word\n', 'l:\n    - m: other\n'],
    ] as const) {
      for (const text of [known, known, other]) {
        expect([text, readPlainFrame(text)]).toEqual([text, readPlainBody(text)]);
      }
    }
  });

  it('takes no metadata for those of a kind that it has met which only look like it', async () => {
    const [source = ''] = sources;
    const [to = rule(defaultSelector)] = rules;
    const [one, other] = [await seal(source, to), await seal(source, to)];
    expect([await isPlain(one, to), await isPlain(other, to)]).toEqual([true, true]);
    const key = /( {12}-----BEGIN[\s\S]*?-----END AGE ENCRYPTED FILE-----\n)/.exec(other)?.[1] ?? '';
    const keyLines = key.split('\n');
    const middle = (line: string) => [...keyLines.slice(0, 2), line, ...keyLines.slice(2)].join('\n');
    for (const changed of [
      other.replace(key, '\0'),
      other.replace(key, middle('        - recipient: hunter3')),
      other.replace(key, middle('          password: hunter3')),
      other.replace(key, middle('')),
      other.replace(key, middle('            # é')),
      other.replace(/mac: .*/, 'mac: ENC[hunter3]'),
      other.replace(/mac: .*/, 'mac: ENC[AES256_GCM,data:hunter3,iv:a,tag:b,type:str]'),
      other.replace(/lastmodified: .*/, 'lastmodified: "2026-13-01T00:00:00Z"'),
      other.replace(/lastmodified: .*\n/, '\0'),
      other.replace(/recipient: age1(.)/, (_, one) => `recipient: age1${one === 'q' ? 'p' : 'q'}`),
      other.replace('    lastmodified', '    password: hunter3\n    lastmodified'),
    ]) {
      expect(changed).not.toBe(other);
      expect(await isPlain(changed, to), changed).toBe(false);
    }
  });

  it('verifies tags and MAC as openFile does, of every file that it takes', async () => {
    const sealed = await Promise.all(
      [...sources, ...typed].flatMap((source) =>
        rules.flatMap((to) =>
          [false, true].map(async (macOnlyEncrypted) => {
            const its = { ...to, macOnlyEncrypted };
            return { text: await seal(source, its), to: its };
          }),
        ),
      ),
    );
    for (const { text, to } of sealed) {
      // A reader takes a number, a flag or a null without its quotes for another value.
      const unquoted = text.replace(/(name: )["'](.*)["']\n/, '$1$2\n');
      for (const one of [text, unquoted, text.replace(/(name: )([^"'|\n]+)\n/, '$1"$2"\n')]) {
        if (await isVerified(one, to)) expect(await withKey(one, to), one).toEqual([]);
      }
    }
    const told = { verified: 0, refused: 0 };
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...sealed),
        fc.array(fc.oneof(mutation, tampering), { minLength: 1, maxLength: 2 }),
        async ({ text, to }, mutations) => {
          const changed = mutations.reduce(mutated, text);
          const verified = await isVerified(changed, to);
          if (verified === null) return;
          told[verified ? 'verified' : 'refused']++;
          if (verified) expect(await withKey(changed, to), changed).toEqual([]);
        },
      ),
      { numRuns: slow ? 20_000 : 500 },
    );
    expect(Math.min(told.verified, told.refused)).toBeGreaterThan(20);
  });

  it('needs no parse where the rest is text, and finds what was done to such a file', async () => {
    const [source = ''] = sources;
    const [, to = rule(defaultSelector)] = rules;
    const sealed = await seal(source, to);
    expect(await isVerified(sealed, to)).toBe(true);
    const tokens = sealed.match(/ENC\[AES256_GCM,data:[^\]]*,type:str\]/g) ?? [];
    const [user = '', password = ''] = tokens;
    for (const done of [
      sealed.replace('name: db', 'name: other'),
      sealed.replace('name: db', 'name: db\n  more: x'),
      sealed.replace(user, password),
      sealed.replace(/(stringData:\n)(.*\n)(.*\n)/, '$1$3$2'),
      sealed.replace(`${password}`, password.replace('type:str', 'type:int')),
      sealed.replace(/lastmodified: .*/, 'lastmodified: "2020-01-01T00:00:00Z"'),
      sealed.replace(/mac: .*/, `mac: ${user}`),
    ]) {
      expect(done).not.toBe(sealed);
      expect([await isVerified(done, to), (await withKey(done, to)).length > 0], done).toEqual([false, true]);
    }
  });
});
