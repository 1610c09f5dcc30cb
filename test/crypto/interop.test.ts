import { describe, expect, it } from 'vitest';
import { newDataKey } from '../../src/crypto/data-key.ts';
import { computeMac, openMac, sameMac } from '../../src/crypto/mac.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import { canonicalOf, decryptValue } from '../../src/crypto/value-cipher.ts';
import { readKeyGroups } from '../../src/keys/key-group.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { parseRecipient } from '../../src/keys/recipient.ts';
import { wrapForGroups } from '../../src/keys/wrap-key-groups.ts';
import type { ValueType } from '../../src/tree/leaf.ts';
import { sealedJson } from '../sealed-json.ts';
import { hasSops, sops } from '../sops.ts';

// A key for this run only.
const { text: identity, recipient } = generateKeyFile();

async function seal(values: Record<string, { type: ValueType; plaintext: string }>, options = {}): Promise<string> {
  const dataKey = newDataKey(nodeBackend);
  const groups = await wrapForGroups(dataKey, [[parseRecipient(recipient)]], 0, nodeBackend);
  return sealedJson(dataKey, groups, values, options);
}

function sopsDecrypts(sealed: string) {
  const done = sops(['decrypt', '--input-type', 'json', '--output-type', 'json'], {
    env: { SOPS_AGE_KEY: identity },
    input: sealed,
  });
  return { ...done, tree: done.code === 0 ? JSON.parse(done.stdout.toString()) : null };
}

describe.skipIf(!hasSops)('values, MAC and data key with the real sops (needs sops)', () => {
  it('sops verifies every spelling that we hash as Go would', async () => {
    const spellings: [ValueType, string][] = [
      ...['x', 'ä€😀', 'line\nline', '\ufeff', '\u0000'].map((text): [ValueType, string] => ['str', text]),
      ...['1', '+12', '007', '-0', '9007199254740993', '-9223372036854775808'].map((text): [ValueType, string] => [
        'int',
        text,
      ]),
      ...[
        '1.50',
        '1e3',
        '+1.5',
        '.5',
        '5.',
        '1_000.5',
        '0x1p4',
        '1e21',
        '5e-324',
        '-0.0',
        '1.7976931348623157e308',
      ].map((text): [ValueType, string] => ['float', text]),
      ...['1', 't', 'TRUE', 'False', 'f', '0'].map((text): [ValueType, string] => ['bool', text]),
      ...['2001-12-14T21:59:43.100-05:00', '2001-12-14T1:59:43,5Z', '2001-12-14T21:59:43+05:60'].map(
        (text): [ValueType, string] => ['time', text],
      ),
    ];
    const values = Object.fromEntries(spellings.map(([type, plaintext], i) => [`k${i}`, { type, plaintext }]));
    for (const onlyEncrypted of [false, true]) {
      const done = sopsDecrypts(await seal(values, { onlyEncrypted }));
      expect(done.stderr).toBe('');
      expect(done.tree.k1).toBe('ä€😀');
      expect(done.stdout.toString()).toContain('9007199254740993');
    }
  });

  it('sops hashes infinity and NaN as we do, although JSON cannot show them', async () => {
    const done = sops(['decrypt', '--input-type', 'json', '--output-type', 'yaml'], {
      env: { SOPS_AGE_KEY: identity },
      input: await seal({
        a: { type: 'float', plaintext: 'inf' },
        b: { type: 'float', plaintext: '-Infinity' },
        c: { type: 'float', plaintext: 'nan' },
      }),
    });
    expect([done.code, done.stdout.toString()]).toEqual([0, 'a: .inf\nb: -.inf\nc: .nan\n']);
  });

  it('sops reads 5 MB in one value', async () => {
    const done = sopsDecrypts(await seal({ big: { type: 'str', plaintext: 'ä'.repeat(2_500_000) } }));
    expect(done.tree.big.length).toBe(2_500_000);
  });

  it('we verify what sops wrote, every type', async () => {
    const plain =
      's: text\ni: 0x1F\nf: 1e21\nneg: -0.0\nb: yes\nt: true\nd: 2001-12-14t21:59:43.10-05:00\ninf: .inf\nnothing: null\n';
    const done = sops(
      ['encrypt', '--filename-override', 'x.yaml', '--age', recipient, '--input-type', 'yaml', '--output-type', 'json'],
      {
        input: plain,
      },
    );
    expect(done.stderr).toBe('');
    const { sops: metadata, ...tokens } = JSON.parse(done.stdout.toString());
    const keyring = createKeyring({ env: { SOPS_AGE_KEY: identity }, platform: 'linux', home: null });
    const { dataKey } = await keyring.dataKey(readKeyGroups(metadata), 0);
    if (dataKey === null) throw new Error('no data key');
    const opened = Object.entries(tokens).flatMap(([key, token]) =>
      typeof token === 'string' ? [decryptValue(nodeBackend, dataKey, `${key}:`, token)] : [],
    );
    expect(opened.map((plain) => plain && [plain.type, plain.plaintext])).toEqual([
      ['str', 'text'],
      ['int', '31'],
      ['float', '1000000000000000000000'],
      ['float', '-0'],
      ['str', 'yes'],
      ['bool', 'True'],
      ['time', '2001-12-14T21:59:43.1-05:00'],
      ['float', '+Inf'],
    ]);
    const mac = computeMac(
      nodeBackend,
      opened.flatMap((plain) => (plain === null ? [] : [canonicalOf(plain.type, plain.plaintext)])),
      false,
    );
    expect(sameMac(mac, openMac(nodeBackend, dataKey, metadata.mac, metadata.lastmodified) ?? '')).toBe(true);
  });

  it.each<[ValueType, string]>([
    ['int', '0x1F'],
    ['float', '.inf'],
    ['bool', 'yes'],
    ['time', '2001-01-01'],
  ])('sops refuses the %s %j, as we do', async (type, plaintext) => {
    expect(() => canonicalOf(type, plaintext)).toThrow(expect.objectContaining({ code: 'broken-value' }));
    const sealed = JSON.parse(await seal({ a: { type: 'str', plaintext } }));
    sealed.a = sealed.a.replace('type:str', `type:${type}`);
    expect(sopsDecrypts(JSON.stringify(sealed)).code).toBe(25);
  });

  it('sops notices a changed value and a moved one', async () => {
    const sealed = JSON.parse(await seal({ a: { type: 'str', plaintext: 'x' }, b: { type: 'str', plaintext: 'y' } }));
    expect(sopsDecrypts(JSON.stringify({ ...sealed, a: sealed.b })).code).not.toBe(0);
    expect(sopsDecrypts(JSON.stringify({ b: sealed.b, a: sealed.a, sops: sealed.sops })).code).toBe(51);
  });
});
