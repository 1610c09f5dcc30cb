import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jsonDiff } from '../../../src/commands/diff/json.ts';
import { markdownDiff } from '../../../src/commands/diff/markdown.ts';
import { describePem } from '../../../src/commands/diff/pem.ts';
import { redact } from '../../../src/commands/diff/redact.ts';
import type { DiffReport } from '../../../src/commands/diff/report.ts';
import { textDiff } from '../../../src/commands/diff/text.ts';
import { compareTexts } from '../../document/diff/sides.ts';

async function reportOf(before: string | null, after: string | null, path = 'f.yaml'): Promise<DiffReport> {
  const content = await compareTexts(before, after, path.replace(/^.*\./s, 'f.'));
  const files = [{ status: 'changed' as const, path, from: path, mode: null, conflict: false, content }];
  return { files, names: new Map(), redacted: false };
}

const text = async (before: string | null, after: string | null) => textDiff(await reportOf(before, after), false);
const pem = (name: string) => readFileSync(join('test/fixtures/pem', name), 'utf8');
const indented = (value: string) => value.trimEnd().replace(/^/gm, '    ');
const formats = {
  text: (report: DiffReport) => textDiff(report, true),
  json: jsonDiff,
  markdown: markdownDiff,
};

describe('a diff for people', () => {
  it('aligns key paths and shows old and new', async () => {
    expect(await text('name: a\npassword: "x y"\nn: 1\n', 'name: b\npassword: "x z"\nn: "1"\nnew: null\n')).toBe(`f.yaml
  ~ name      "a" → "b"
  ~ password  "x y" → "x z"
  ~ n         1 → "1" (int → str)
  + new       null
`);
  });

  it('shows a text of several lines as a small diff', async () => {
    const lines = (word: string) => `t: |\n  1\n  2\n  3\n  ${word}\n  5\n  6\n  7\n`;
    expect(await text(lines('four'), lines('vier'))).toBe(`f.yaml
  ~ t
      … 1 line
        2
        3
      - four
      + vier
        5
        6
      … 1 line
`);
  });

  it('shows of a long text what differs', async () => {
    const long = 'x'.repeat(300);
    const shown = await text(`a: ${long}1${long}\n`, `a: ${long}2${long}\n`);
    expect(shown).toContain('1xxxx');
    expect(shown).toContain('2xxxx');
    expect(shown.length).toBeLessThan(250);
  });

  it('shows PEM by what it is, not as base64', async () => {
    const shown = await text(`a: |\n${indented(pem('one.crt'))}\n`, `a: |\n${indented(pem('two.crt'))}\n`);
    // As openssl x509 -fingerprint -sha256 -enddate prints it.
    expect(shown).toContain(
      'certificate CN=one.example.com, O=Example, expires 2036-11-21, SHA-256 74c2bf98730b038c77b73c827487228c38b9df44e09d71536eb0bccfb78356c8',
    );
    expect(shown).toContain('CN=two.example.com, O=Example, expires 2046-11-19');
    expect(shown).not.toContain('MII');
    expect(shown).not.toContain('BEGIN');
  });

  it('knows keys by their public side, as OpenSSL and ssh-keygen fingerprint it', () => {
    expect(describePem(pem('one.key'))).toEqual([
      'private key, ec prime256v1, SHA-256 f55ed9d74a5db70783565ca6beada51cf100cd8cade48fd857fa9d51d7128a04',
    ]);
    expect(describePem(pem('openssh.key'))).toEqual([
      'OpenSSH private key, ssh-ed25519, SHA256:YwcqMr3SKuj4La3M4/zIMJP93wXvHuieSQE9yHVHHrk',
    ]);
    expect(describePem('-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n')?.[0]).toMatch(
      /^certificate, \d+ characters$/,
    );
    expect(describePem('no PEM')).toBeNull();
  });

  it('lets no text reach the terminal as an order', async () => {
    const before = '{"a\\u001b]0;x\\u0007": "1", "b": "x\\u001b[2J\\n\\u202ey", "c": "\\u202ez\\u009b1m"}';
    const report = await reportOf(before, '{}', 'f\u001b[31m.json');
    const printed = [textDiff(report, false), jsonDiff(report), markdownDiff(report), markdownDiff(redact(report))];
    for (const format of printed) {
      expect(format).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
    }
  });
});

describe('a diff without values', () => {
  it('holds none in any format, whatever changed', async () => {
    // A word that no key, type or sentence contains.
    const word = fc.stringMatching(/^[0-9a-f]{6}$/).map((hex) => `QZX${hex}`);
    const value = fc.oneof(
      word,
      fc.tuple(word, word).map(([a, b]) => `${a}\n${b}\n`),
      fc.array(word, { maxLength: 3 }),
      fc.record({ name: word, x: word }),
    );
    const file = fc.dictionary(fc.constantFrom('a', 'b', 'kind', 'metadata', 'data'), value, { maxKeys: 5 });
    await fc.assert(
      fc.asyncProperty(file, file, async (before, after) => {
        const report = await reportOf(JSON.stringify(before), JSON.stringify(after), 'f.json');
        for (const print of Object.values(formats)) expect(print(redact(report))).not.toContain('QZX');
      }),
      { seed: 11, numRuns: 200 },
    );
  });

  it('does not name documents by their values, nor show comments', async () => {
    const doc = (name: string) => `kind: Secret # QZX\nmetadata: {name: QZX${name}}\n`;
    const report = await reportOf(`${doc('a')}---\n${doc('b')}`, `${doc('a')}x: QZX1\n---\n${doc('c')}# QZX\n`);
    expect(textDiff(report, false)).toContain('Secret/QZXa');
    for (const print of Object.values(formats)) expect(print(redact(report))).not.toContain('QZX');
  });
});

describe('a diff as a comment', () => {
  it('is a table without values, and a fenced diff with them', async () => {
    const report = await reportOf('a: 1\nb: x\n', 'a: "2"\nc: y|`\n');
    expect(markdownDiff(redact(report))).toBe(`<!-- git-sops diff -->
**1 secret file changed** (without values)

### \`f.yaml\`

| | key | |
| --- | --- | --- |
| changed | \`a\` | \`int → str\` |
| removed | \`b\` | \`str\` |
| added | \`c\` | \`str\` |
`);
    expect(markdownDiff(report)).toContain('```diff\n- a: 1\n+ a: "2" (int → str)\n- b: "x"\n+ c: "y|`"\n```\n');
  });

  it('lets no value or name end its fence or cell', async () => {
    const fenced = markdownDiff(await reportOf('a: "x"\n', 'a: "```` </details>"\n'));
    expect(fenced).toContain('`````diff\n');
    const named = markdownDiff(redact(await reportOf('{}', '{"a|b`c": 1}', 'd`|x.json')));
    expect(named).toContain('| added | <code>&#91;&#34;a&#124;b&#96;c&#34;&#93;</code> | `int` |');
    expect(named).toContain('### <code>d&#96;&#124;x&#46;json</code>');
  });

  it('stays as short as a comment may be', async () => {
    const big = (word: string) =>
      Array.from({ length: 300 }, (_, i) => `k${i}: ${word}${'x'.repeat(100)}${i}\n`).join('');
    const { files, ...rest } = await reportOf(big('a'), big('b'));
    const many = markdownDiff({ ...rest, files: Array.from({ length: 40 }, () => files).flat() });
    expect(many.length).toBeLessThan(65_536);
    expect(many).toContain('150 changes more');
    expect(many).toMatch(/… and \d+ files more/);
  });
});

describe('a diff for machines', () => {
  it('says of each change what docs/diff-json.md promises', async () => {
    const { files } = JSON.parse(jsonDiff(await reportOf('a: 1\nold: some-text\n', 'a: x\nnew: some-text\n')));
    expect(files[0].changes).toEqual([
      {
        kind: 'changed',
        of: 'value',
        path: 'a',
        keys: ['a'],
        document: 0,
        before: { type: 'int', encrypted: true, value: '1' },
        after: { type: 'str', encrypted: true, value: 'x' },
      },
      {
        kind: 'moved',
        of: 'value',
        path: 'new',
        keys: ['new'],
        document: 0,
        from: 'old',
        fromKeys: ['old'],
        values: 1,
      },
    ]);
  });
});
