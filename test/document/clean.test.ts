import { describe, expect, it } from 'vitest';
import { newDataKey } from '../../src/crypto/data-key.ts';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import { cleanFile } from '../../src/document/clean.ts';
import type { CreationRule } from '../../src/document/creation-rule.ts';
import { newFileMetadata } from '../../src/document/new-file.ts';
import { sealFile } from '../../src/document/seal.ts';
import { smudgeFile } from '../../src/document/smudge.ts';
import { formatNameOf, loadFormat } from '../../src/format/by-path.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { defaultSelector } from '../../src/tree/selector.ts';

/** A throw-away key. */
const { recipient, text: keyText } = generateKeyFile();
const keyring = createKeyring({ env: { SOPS_AGE_KEY: keyText.split('\n')[2] }, platform: 'linux', home: null });
const noKeys = createKeyring({ env: {}, platform: 'linux', home: null });
const rule: CreationRule = {
  index: 0,
  line: 1,
  pathRegex: null,
  groups: [[{ kind: 'age', id: recipient }]],
  shamirThreshold: 0,
  selector: defaultSelector,
  macOnlyEncrypted: false,
};
const now = () => new Date('2026-01-02T03:04:05Z');

function clean(
  path: string,
  content: Uint8Array,
  base: Uint8Array | null,
  keys = keyring,
  by = rule,
): Promise<Uint8Array> {
  return cleanFile({
    path,
    content,
    async *bases() {
      if (base !== null) yield base;
    },
    rule: async () => by,
    keyring: keys,
    backend: nodeBackend,
    now,
  });
}

it.each(['a.bin', 'a.env'])('P2: %s that sops made of an empty file is not seen as changed', async (path) => {
  const format = await loadFormat(formatNameOf(path));
  const dataKey = newDataKey(nodeBackend);
  const metadata = await newFileMetadata(rule, dataKey, format.name, nodeBackend);
  const parsed = format.parse(new Uint8Array(0));
  const blob = await sealFile({ format, parsed, metadata, dataKey, base: null, now, backend: nodeBackend });
  const { state, bytes } = await smudgeFile(path, blob, keyring, nodeBackend);
  expect({ state, length: bytes.length }).toEqual({ state: 'plaintext', length: 0 });
  expect(await clean(path, bytes, blob)).toBe(blob);
  expect(await clean(path, bytes, blob, noKeys)).toBe(bytes);
  expect(await clean(path, bytes, Buffer.from('no sops file'))).toBe(bytes);
});

describe.each([keyring, noKeys])('P1: what was added to a locked file', (keys) => {
  it.each<[string, string, (sealed: string) => string]>([
    ['a.ini', '[s]\na = 1\n', (sealed) => `${sealed}password = hunter2\n`],
    ['a.env', 'A=1\n', (sealed) => `${sealed}sops_password=hunter2\n`],
    ['a.yaml', 'a: 1\n', (sealed) => `${sealed}    password: hunter2\n`],
    ['a.json', '{"a": 1}', (sealed) => sealed.replace('"mac":', '"password": "hunter2", "mac":')],
    ['a.bin', 'x', (sealed) => sealed.replace('"mac":', '"password": "hunter2", "mac":')],
  ])('%s: an entry of the metadata that sops does not have is refused', async (path, source, change) => {
    const sealed = await clean(path, Buffer.from(source), null);
    const changed = Buffer.from(change(Buffer.from(sealed).toString()));
    const refusal = { code: 'not-encrypted', facts: { keyPath: 'sops.password' } };
    await expect(clean(path, changed, sealed, keys)).rejects.toMatchObject(refusal);
    const later = Buffer.from(changed.toString().replace('3.13.2', '3.14.0'));
    expect(await clean(path, later, sealed, keys)).toBe(later);
  });

  it('a binary file in the clear is refused, whatever its metadata and the rule say of key names', async () => {
    const none: CreationRule = { ...rule, selector: { kind: 'encrypted_regex', value: '^none$' } };
    const sealed = Buffer.from(await clean('a.bin', Buffer.from('x'), null, keyring, none)).toString();
    const made = sealed
      .replace(/"data": "ENC[^"]*"/, '"data": "hunter2"')
      .replace('"mac":', '"encrypted_regex": "^none$", "mac":');
    expect(made).toContain('hunter2');
    const done = clean('a.bin', Buffer.from(made), Buffer.from(sealed), noKeys, none);
    await expect(done).rejects.toMatchObject({ code: 'weaker-than-rule', facts: { keyPath: 'data' } });
  });

  it('a second document whose sops entry is made up is refused', async () => {
    const sealed = await clean('a.yaml', Buffer.from('a: 1\n---\nb: 2\n'), null);
    const changed = Buffer.from(`${Buffer.from(sealed)}---\nsops:\n  password: hunter2\n`);
    await expect(clean('a.yaml', changed, sealed, keys)).rejects.toMatchObject({ code: 'sops-key-in-plaintext' });
  });
});
