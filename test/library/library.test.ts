import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { sealConflict } from '../../src/document/conflict-envelope.ts';
import {
  createKeyring,
  decrypt,
  encrypt,
  type FileOptions,
  GitSopsError,
  inspect,
  keyringOf,
  newIdentity,
  nobleBackend,
  readSopsFile,
  update,
} from '../../src/index.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { hasSops, sops } from '../sops.ts';

const folder = mkdtempSync(join(tmpdir(), 'git-sops-library-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** Throw-away keys. */
const own = await newIdentity();
const other = await newIdentity();

const text = (bytes: Uint8Array) => new TextDecoder().decode(bytes);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => 'none',
    (error: unknown) => (error instanceof GitSopsError ? error.code : String(error)),
  );
/** Still base64 of as many bytes. */
const changedByte = [/data:./, (start: string) => (start === 'data:A' ? 'data:B' : 'data:A')] as const;
const lines = (bytes: Uint8Array) => text(bytes).split('\n');

const files: Readonly<Record<string, string>> = {
  'a.yaml': '# why\na: 1\nb:\n  - "x"\n  - |\n    long\n---\nc: {d: é}\n',
  'a.json': '{\n  "a": [1.50, true, null, "x"]\n}\n',
  'a.env': '# c\nA=é\nB=\n',
  'a.ini': '[s]\nk = v\n',
  'a.key': '\u0000 binary\n',
};

describe('the library', () => {
  it.each(Object.entries(files))(
    '%s goes out and comes back byte for byte, with either backend',
    async (path, source) => {
      for (const backend of [undefined, nobleBackend]) {
        const options = { path, ...(backend && { backend }) };
        const file = await encrypt(source, { ...options, recipients: [own.recipient, other.recipient] });
        expect(text(file)).not.toContain('é');
        for (const identities of [own.identity, [other.identity], `# mine\n${own.identity}\n`]) {
          expect(text(await decrypt(file, { ...options, identities }))).toBe(source);
        }
        expect(Buffer.compare(await update(file, source, { ...options, identities: own.identity }), file)).toBe(0);
      }
    },
  );

  it.skipIf(!hasSops)('sops reads what it writes, and it what sops writes (needs sops)', async () => {
    const env = { SOPS_AGE_KEY: own.identity };
    for (const [path, source] of Object.entries(files)) {
      const file = join(folder, path);
      writeFileSync(file, await encrypt(source, { path, recipients: [own.recipient] }));
      const read = sops(['decrypt', file], { env });
      expect([path, read.code, read.stderr]).toEqual([path, 0, '']);
      writeFileSync(file, source);
      const made = sops(['encrypt', '--age', own.recipient, file], { env });
      expect(made.stderr).toBe('');
      const plain = await decrypt(made.stdout, { path, identities: own.identity });
      expect(text(plain)).toBe(read.stdout.toString());
    }
  });

  it.skipIf(!hasSops)('an update keeps what did not change, and sops verifies it (needs sops)', async () => {
    const value = fc
      .string({ minLength: 1, maxLength: 8, unit: fc.constantFrom(...'abc xyz') })
      .map((word) => `v${word}v`);
    await fc.assert(
      fc.asyncProperty(fc.array(value, { minLength: 2, maxLength: 6 }), fc.nat(), value, async (values, at, next) => {
        const path = 'u.yaml';
        const source = (list: readonly string[]) => list.map((word, i) => `key${i}: "${word}"\n`).join('');
        const changed = values.map((word, i) => (i === at % values.length ? `${next}!` : word));
        const file = await encrypt(source(values), { path, recipients: [own.recipient] });
        const now = new Date('2031-01-01T00:00:00Z');
        const updated = await update(file, source(changed), { path, identities: own.identity, now });
        const differing = lines(updated).filter((line) => !lines(file).includes(line));
        expect(differing.map((line) => line.trim().split(':')[0])).toEqual([
          `key${at % values.length}`,
          'lastmodified',
          'mac',
        ]);
        writeFileSync(join(folder, path), updated);
        const read = sops(['decrypt', join(folder, path)], { env: { SOPS_AGE_KEY: own.identity } });
        expect([read.code, read.stdout.toString().split('\n').length]).toEqual([0, values.length + 1]);
      }),
      { numRuns: 15 },
    );
  });

  it('tells without a key who reads a file and what of it is encrypted', async () => {
    const rules = `creation_rules:
  - path_regex: ^apps/
    encrypted_regex: ^data$
    mac_only_encrypted: true
    shamir_threshold: 2
    key_groups:
      - age: [${own.recipient}]
      - age: [${other.recipient}]
`;
    const path = 'apps/a.yaml';
    const now = new Date('2030-02-03T04:05:06Z');
    const file = await encrypt('kind: Secret\ndata:\n  a: 1\n  b: ""\n', { path, rules, now });
    expect(await inspect(file, { path })).toEqual({
      format: 'yaml',
      recipients: [[own.recipient], [other.recipient]],
      shamirThreshold: 2,
      selector: { kind: 'encrypted_regex', value: '^data$' },
      macOnlyEncrypted: true,
      lastModified: now,
      version: '3.13.2',
      values: [
        { keyPath: 'kind', encrypted: false },
        { keyPath: 'data.a', encrypted: true },
        { keyPath: 'data.b', encrypted: true },
      ],
    });
    expect(await inspect('a: 1\n', { path })).toBeNull();
    expect(await codeOf(decrypt(file, { path, identities: own.identity }))).toBe('no-identity');
    expect(text(await decrypt(file, { path, identities: [own.identity, other.identity] }))).toContain('a: 1');
  });

  it('takes the format from the name, else as it is told, else YAML', async () => {
    const to = async (source: string, options: FileOptions) =>
      (await inspect(await encrypt(source, { ...options, recipients: [own.recipient] }), options))?.format;
    expect(await to('a: 1\n', {})).toBe('yaml');
    expect(await to('A=1\n', { format: 'dotenv' })).toBe('dotenv');
    expect(await to('A=1\n', { path: '.env.local', format: 'dotenv' })).toBe('dotenv');
    expect(await to('A=1\n', { path: '.env.local' })).toBe('binary');
    const file = await encrypt('a: 1\nb: [x]\n', { output: 'json', recipients: [own.recipient] });
    const json = await decrypt(file, { format: 'json', identities: own.identity });
    expect(JSON.parse(text(json))).toEqual({ a: 1, b: ['x'] });
  });

  it("opens with sops's own key sources on Node", async () => {
    const file = await encrypt('a: hunter2\n', { recipients: [own.recipient] });
    const keyFile = join(folder, 'keys.txt');
    writeFileSync(keyFile, `${own.identity}\n`, { mode: 0o600 });
    const keyring = createKeyring({ env: { SOPS_AGE_KEY_FILE: keyFile }, platform: process.platform, home: null });
    expect(text(await decrypt(file, { identities: keyring }))).toBe('a: hunter2\n');
  });

  describe('refuses, with a code and without a value', () => {
    const path = 'secrets/a.yaml';
    const made = encrypt('a: hunter2\nb_unencrypted: x\n', { path, recipients: [own.recipient] });
    const broken = (from: string | RegExp, to: string | ((found: string) => string)) =>
      made.then((file) => text(file).replace(from, to as () => string));
    const open = (file: string) => decrypt(file, { path, identities: own.identity });

    it.each<[string, string, () => Promise<unknown>]>([
      ['what is not encrypted', 'no-sops-metadata', () => open('a: hunter2\n')],
      ['a value that was changed', 'broken-tag', async () => open(await broken(...changedByte))],
      [
        'a value in the clear that was changed',
        'broken-mac',
        async () => open(await broken('unencrypted: x', 'unencrypted: y')),
      ],
      ['a stranger', 'no-identity', async () => decrypt(await made, { path, identities: other.identity })],
      ['nobody', 'no-identity', async () => decrypt(await made, { path, identities: '' })],
      ['what is no identity', 'broken-identity', async () => decrypt(await made, { path, identities: 'hunter2' })],
      [
        'an update of what is not encrypted',
        'no-sops-metadata',
        () => update('a: 1\n', 'a: hunter2\n', { path, identities: own.identity }),
      ],
      [
        'an update by a stranger',
        'no-identity',
        async () => update(await made, 'a: hunter2\n', { path, identities: other.identity }),
      ],
      [
        'an update of what was changed',
        'broken-mac',
        async () =>
          update(await broken('unencrypted: x', 'unencrypted: y'), 'a: hunter2\n', { path, identities: own.identity }),
      ],
      [
        'an update to a file that somebody else can read',
        'encrypted-already',
        async () =>
          update(await made, await encrypt('a: hunter2\n', { path, recipients: [other.recipient] }), {
            path,
            identities: own.identity,
          }),
      ],
      ['an update to nothing', 'empty-file', async () => update(await made, '', { path, identities: own.identity })],
      [
        'what is encrypted already',
        'encrypted-already',
        async () => encrypt(await made, { path, recipients: [own.recipient] }),
      ],
      ['nobody to encrypt for', 'no-recipients', () => encrypt('a: hunter2\n', { path, recipients: [] })],
      ['what is no recipient', 'invalid-recipient', () => encrypt('a: hunter2\n', { path, recipients: ['age1x'] })],
      [
        'a path that no rule covers',
        'no-matching-rule',
        () => encrypt('a: hunter2\n', { path, rules: `creation_rules: [{path_regex: ^x, age: ${own.recipient}}]` }),
      ],
      [
        'a regular expression that is none',
        'bad-regex',
        () =>
          encrypt('a: hunter2\n', {
            path,
            recipients: [own.recipient],
            selector: { kind: 'encrypted_regex', value: '(' },
          }),
      ],
      ['what does not parse', 'invalid-yaml', () => encrypt('a: "hunter2\n', { path, recipients: [own.recipient] })],
    ])('%s', async (_what, code, work) => {
      const error = await work().then(
        () => null,
        (thrown: unknown) => thrown,
      );
      expect(error).toBeInstanceOf(GitSopsError);
      expect((error as GitSopsError).code).toBe(code);
      expect(String(error)).not.toContain('hunter2');
      if (code !== 'broken-identity')
        expect((error as GitSopsError).facts.file).toMatch(/^(?:secrets\/a\.yaml|\.sops\.yaml)$/);
    });
  });

  it('takes no unresolved conflict of Git for a file', async () => {
    const options = { path: 'a.yaml', identities: own.identity };
    const file = await readSopsFile(
      'a.yaml',
      await encrypt('a: hunter2\n', { path: 'a.yaml', recipients: [own.recipient] }),
    );
    if (file === null) throw new Error('it is encrypted');
    const { keyGroups, shamirThreshold } = file.metadata;
    const { dataKey } = await (await keyringOf(own.identity)).dataKey(keyGroups, shamirThreshold);
    if (dataKey === null) throw new Error('it opens');
    const markers = Buffer.from('<<<<<<< ours\na: hunter2\n=======\na: b\n>>>>>>> theirs\n');
    const now = () => new Date();
    const conflict = await sealConflict({
      text: markers,
      metadata: file.metadata,
      dataKey,
      backend: nobleBackend,
      now,
    });
    expect(await codeOf(decrypt(conflict, options))).toBe('conflict-markers');
    expect(await codeOf(update(conflict, 'a: b\n', options))).toBe('conflict-markers');
  });

  it('tells programs without types what they said', async () => {
    const anything = (options: object) => encrypt('a: 1\n', options as Parameters<typeof encrypt>[1]);
    await expect(anything({ recipients: own.recipient })).rejects.toThrow(/recipients is a list/);
    await expect(anything({})).rejects.toThrow(/recipients is a list/);
    await expect(anything({ recipients: [own.recipient], format: 'toml' })).rejects.toThrow(/a format is one of/);
    await expect(anything({ recipients: [own.recipient], output: 'toml' })).rejects.toThrow(/a format is one of/);
    const selector = { kind: 'encryptedRegex', value: 'a' };
    await expect(anything({ recipients: [own.recipient], selector })).rejects.toThrow(/encrypted_regex/);
    const content = { a: 1 } as unknown as string;
    await expect(encrypt(content, { recipients: [own.recipient] })).rejects.toThrow(/a string or a Uint8Array/);
    const file = await encrypt('a: 1\n', { recipients: [own.recipient] });
    const identities = undefined as unknown as string;
    await expect(decrypt(file, { identities })).rejects.toThrow(/identities is a string/);
  });

  it('takes no half of a character for a whole one', async () => {
    expect(await codeOf(encrypt('a: "\ud800"\n', { recipients: [own.recipient] }))).toBe('not-utf8');
    const file = await encrypt('a: "\u{1f600}"\n', { recipients: [own.recipient] });
    expect(text(await decrypt(file, { identities: own.identity }))).toBe('a: "\u{1f600}"\n');
    expect(await codeOf(update(file, 'a: "\udc00"\n', { identities: own.identity }))).toBe('not-utf8');
  });

  it('the MAC alone can be let go, the tags never', async () => {
    const file = text(await encrypt('a: hunter2\nb_unencrypted: x\n', { recipients: [own.recipient] }));
    const options = { identities: own.identity, ignoreMac: true };
    expect(text(await decrypt(file.replace('unencrypted: x', 'unencrypted: y'), options))).toContain(
      'b_unencrypted: y',
    );
    expect(await codeOf(decrypt(file.replace(...changedByte), options))).toBe('broken-tag');
  });

  it('a new identity is one that age-keygen could have made', async () => {
    const keyFile = generateKeyFile().text.split('\n')[2] ?? '';
    expect(own.identity).toMatch(/^AGE-SECRET-KEY-1[A-Z0-9]{58}$/);
    expect(own.identity.length).toBe(keyFile.length);
    expect(own.identity).not.toBe((await newIdentity()).identity);
  });
});
