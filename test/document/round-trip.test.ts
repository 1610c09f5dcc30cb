import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { newDataKey } from '../../src/crypto/data-key.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import type { CreationRule } from '../../src/document/creation-rule.ts';
import { newFileMetadata } from '../../src/document/new-file.ts';
import { openFile } from '../../src/document/open.ts';
import { sealFile } from '../../src/document/seal.ts';
import { readContent, readSopsFile } from '../../src/document/sops-file.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { defaultSelector } from '../../src/tree/selector.ts';
import { hasSops, sops } from '../sops.ts';

/** A throw-away key. */
const { recipient, text: keyText } = generateKeyFile();
const rule: CreationRule = {
  index: 0,
  line: 1,
  pathRegex: null,
  groups: [[{ kind: 'age', id: recipient }]],
  shamirThreshold: 0,
  selector: defaultSelector,
  macOnlyEncrypted: false,
};

const files: readonly (readonly [string, string])[] = [
  ['a.yaml', 'a: 1\nb: two\n'],
  [
    'a.yaml',
    '# head\na: 1 # line\nb:\n  # in b\n  c: "x"\n  d: \'y\'\n  # foot\n\n# root foot\ne: |\n  l1\n  l2\n\n# end\n',
  ],
  ['a.yaml', 'a: 1'],
  ['a.yaml', 'a:\r\n  - x # c\r\n  # d\r\n  - y\r\nz: true\r\n'],
  [
    'a.yaml',
    '\ufeffa: 0x1F\nb: 0644\nc: 2001-01-01\nd: ~\ne: ""\nf: True\nh: >-\n  folded\n  text\ni: multi\n  line\n',
  ],
  ['a.yaml', '---\na: 1\n# c\n---\n# d\nb: 2\n...\n---\nc: |+\n  x\n\n'],
  ['a.yaml', '{a: 1, b: [x, y]}\n'],
  ['a.yaml', 'a: |\n  x'],
  ['a.yaml', 'a: &x foo\nb: *x\nc: [*x, 1]\n'],
  ['a.yaml', 'base: &b\n  user: u\n  pass: p\nprod:\n  <<: *b\n  pass: q\ncopy: *b\n'],
  ['a.yaml', 'k: "with \\"esc\\" and \\n nl"\nl: \'it\'\'s\'\nm: !!int "3"\nn: !!binary aGVsbG8=\no: !foo bar\n'],
  ['a.yaml', 'q: |2-\n    lead\n   x\nr: |\n  a\n\n  b\ns: |-\n  end\nt: ""\n'],
  ['a.json', '{"a":1,"b":[true,null,"",1.50,"\\u0041\\/"]}'],
  ['a.json', '{\r\n\t"a" : {"b": "x"},\r\n\t"c": -0.0\r\n}\r\n'],
  ['a.env', '# c\nA=b\n\nC="x"\nD=a\\nb\nE=\n'],
  ['a.ini', '; top\n[s]\n; c\nk = v\nempty =\n\n[t]\nx: "y"\n'],
  ['a.bin', '\u0000\u0001binary\r\n'],
];

async function seal(path: string, source: string): Promise<{ sealed: Uint8Array; dataKey: Uint8Array }> {
  const content = await readContent(path, Buffer.from(source));
  if (content.kind !== 'plaintext') throw new Error('not plaintext');
  const dataKey = newDataKey(nodeBackend);
  const { format, parsed } = content;
  const metadata = await newFileMetadata(rule, dataKey, format.name, nodeBackend);
  const now = () => new Date('2026-01-02T03:04:05Z');
  return {
    sealed: await sealFile({ format, parsed, metadata, dataKey, base: null, now, backend: nodeBackend }),
    dataKey,
  };
}

describe('P3, P4: what is sealed opens to the very bytes, and real sops reads it', () => {
  it.each(files)('%s %j', async (path, source) => {
    const { sealed, dataKey } = await seal(path, source);
    const file = await readSopsFile(path, sealed);
    expect(file).not.toBeNull();
    if (file !== null) expect(Buffer.from(openFile(file, dataKey, nodeBackend).bytes).toString()).toBe(source);
  });

  it.skipIf(!hasSops).each(files)('%s %j (needs sops)', async (path, source) => {
    const folder = mkdtempSync(join(tmpdir(), 'git-sops-round-'));
    try {
      const { sealed } = await seal(path, source);
      writeFileSync(join(folder, path), sealed);
      const done = sops(['decrypt', join(folder, path)], { env: { SOPS_AGE_KEY: keyText.split('\n')[2] ?? '' } });
      expect(done.stderr).toBe('');
      expect(done.code).toBe(0);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
