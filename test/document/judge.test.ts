import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { nodeBackend } from '../../src/crypto/node-backend.ts';
import type { CreationRule } from '../../src/document/creation-rule.ts';
import { encryptFile } from '../../src/document/encrypt-file.ts';
import type { FindingKind } from '../../src/document/finding.ts';
import { type Judged, judge, judgeUncovered } from '../../src/document/judge.ts';
import { formatNameOf } from '../../src/format/by-path.ts';
import { generateKeyFile } from '../../src/keys/keygen.ts';
import { createKeyring } from '../../src/keys/keyring.ts';
import { defaultSelector, type Selector } from '../../src/tree/selector.ts';

/** Throw-away keys. */
const [own, other] = [generateKeyFile(), generateKeyFile()];
const keyring = createKeyring({ env: { SOPS_AGE_KEY: own.text.split('\n')[2] }, platform: 'linux', home: null });

function ruleFor(selector: Selector = defaultSelector, ...recipients: string[]): CreationRule {
  const groups = [(recipients.length > 0 ? recipients : [own.recipient]).map((id) => ({ kind: 'age' as const, id }))];
  return { index: 0, line: 1, pathRegex: null, groups, shamirThreshold: 0, selector, macOnlyEncrypted: false };
}

const regex = (value: string): Selector => ({ kind: 'encrypted_regex', value });
const secret = 'user: admin\npassword: hunter2\nnested:\n  token: abc\n';

async function seal(source: string, rule = ruleFor(), path = 'a.yaml'): Promise<string> {
  const name = formatNameOf(path);
  const sealed = await encryptFile({
    source: Buffer.from(source),
    input: name,
    output: name,
    indent: null,
    rule,
    backend: nodeBackend,
    now: () => new Date(),
  });
  return Buffer.from(sealed).toString();
}

async function kindsOf(content: string, judged: Partial<Judged> = {}): Promise<FindingKind[]> {
  const rest = { path: 'a.yaml', rule: ruleFor(), keyring, backend: nodeBackend };
  const findings = await judge({ ...rest, content: Buffer.from(content), ...judged });
  for (const finding of findings) {
    expect(finding.mend).not.toBe('');
    expect(JSON.stringify(finding)).not.toMatch(/hunter2|abc123/);
  }
  return findings.map(({ kind }) => kind);
}

const named = { isNamed: async () => true, wasNamed: async () => true };
const was = { isNamed: async () => false, wasNamed: async () => true };
const never = { isNamed: async () => false, wasNamed: async () => false };

describe('the judgement of one file: each kind, and what comes close', () => {
  it('plaintext-file: not of a file of which the rule wants nothing encrypted', async () => {
    expect(await kindsOf(secret)).toEqual(['plaintext-file']);
    expect(await kindsOf('kind: Deployment\nspec:\n  replicas: 1\n', { rule: ruleFor(regex('^data$')) })).toEqual([]);
    expect(await kindsOf('kind: Secret\ndata:\n  a: hunter2\n', { rule: ruleFor(regex('^data$')) })).toEqual([
      'plaintext-file',
    ]);
    expect(await kindsOf('')).toEqual([]);
    // In YAML that is a tag and an anchor, and there is no value.
    expect(await kindsOf('password: !hunter2\n')).toEqual(['plaintext-file']);
    expect(await kindsOf('password: &hunter2\n')).toEqual(['plaintext-file']);
    const sealed = await seal(secret);
    const edited = sealed.replace(/token: .*/, 'token: !hunter2');
    expect(await kindsOf(edited, { keyring: null })).toEqual(['plaintext-value']);
    // What somebody writes among the metadata of a locked file is in the clear, and no MAC covers it.
    const among = (line: string) => sealed.replace(/^ {4}mac: /m, `${line}\n$&`);
    for (const line of ['    # hunter2', '# hunter2', '    note: hunter2']) {
      expect([line, await kindsOf(among(line), { keyring: null })]).toEqual([line, ['plaintext-value']]);
    }
    // A ciphertext of the file among them is no reason to stumble.
    const own = sealed.match(/ENC\[[^\]]*\]/)?.[0].replace('type:str', 'type:comment');
    expect(await kindsOf(among(`    #${own}`))).toEqual([]);
    const inKey = sealed.replace(/^( +)recipient: /m, '$1note: hunter2\n$&');
    expect(await kindsOf(inKey, { keyring: null })).toEqual(['plaintext-value']);
    const mac = sealed.replace(/( mac: ENC\[AES256_GCM,data:)[^,]*/, '$1hunter2');
    expect(await kindsOf(mac, { keyring: null })).toEqual(['plaintext-value']);
    const ini = await seal('[s]\na = hunter2\n', ruleFor(), 'a.ini');
    for (const line of ['; hunter2', '# hunter2']) {
      const text = ini.replace(/^mac /m, `${line}\n$&`);
      expect(await kindsOf(text, { path: 'a.ini', keyring: null })).toEqual(['plaintext-value']);
    }
    expect(await kindsOf('sops: a made-up block\npassword: hunter2\n')).toEqual(['plaintext-file']);
  });

  it('plaintext-value: not of what sops calls its versions, in Python too, nor of a later one without entries of its own', async () => {
    const sealed = await seal(secret);
    const of = (version: string) => sealed.replace('version: 3.13.2', `version: ${version}`);
    for (const version of ['3.99.0', '3.14.0-rc.1', 'v3.9.1', '3.8.1+ds-1', '3.7'])
      expect([version, await kindsOf(of(version), { keyring: null })]).toEqual([version, []]);
    const python = `${of('"1.17"')}    attention: This section contains key material\n`;
    expect(await kindsOf(python, { keyring: null })).toEqual([]);
    for (const version of ['3.9.0 hunter2', '3.99.0-and my password is hunter2', '"3.9\\nhunter2"', '3.9hunter2'])
      expect([version, await kindsOf(of(version), { keyring: null })]).toEqual([version, ['plaintext-value']]);
    for (const version of ['3.99.0', '3.13.2', '"2.0"'])
      expect(await kindsOf(`${of(version)}    password: hunter2\n`, { keyring: null })).toEqual(['plaintext-value']);
    const inKey = of('3.99.0').replace(/^( +)- enc:/m, '$1- note: hunter2\n$1  enc:');
    expect(inKey).toContain('hunter2');
    expect(await kindsOf(inKey, { keyring: null })).toEqual(['plaintext-value']);
    for (const [from, to] of [
      [/enc: \|\n(?: {12}.*\n)+/, 'enc: hunter2 is the password\n'],
      [/^( +)-----END AGE.*\n/m, '$1hunter2\n$&'],
      [/^( +)-----END AGE.*\n/m, '$&$1hunter2\n'],
    ] as const) {
      const wrapped = sealed.replace(from, to);
      expect(wrapped).not.toBe(sealed);
      expect([to, await kindsOf(wrapped, { keyring: null })]).toEqual([to, ['plaintext-value']]);
    }
    const ini = `${(await seal('[a]\nb = 1\n', ruleFor(), 'a.ini')).replace('3.13.2', '3.99.0')}password = hunter2\n`;
    expect(await kindsOf(ini, { path: 'a.ini', keyring: null })).toEqual(['plaintext-value']);
  });

  it('plaintext-value: not of values that the selector leaves alone', async () => {
    const sealed = await seal(secret);
    expect(await kindsOf(sealed)).toEqual([]);
    expect(await kindsOf(sealed.replace(/^password: .*$/m, 'password: hunter2'))).toEqual(['plaintext-value']);
    expect(await kindsOf(`${sealed}    password: hunter2\n`)).toEqual(['plaintext-value']);
    expect(await kindsOf(await seal('a: 1\nuser_unencrypted: admin\nempty: ""\nnone: ~\n'))).toEqual([]);
  });

  it('half-encrypted: ciphertexts without metadata; not text that only speaks of them', async () => {
    const sealed = await seal(secret);
    const bare = `${sealed.slice(0, sealed.indexOf('sops:'))}extra: hunter2\n`;
    expect(await kindsOf(bare)).toEqual(['half-encrypted']);
    const rule = ruleFor(regex('^secret$'));
    expect(await kindsOf('doc: use ENC[AES256_GCM,data:...]\n', { rule })).toEqual([]);
    expect(await kindsOf('doc: ENC[AES256_GCM,data:a,iv:b,tag:c,type:str]\n', { rule })).toEqual([]);
  });

  it('foreign-ciphertext: of git-crypt, transcrypt and Ansible Vault; not what only begins like it', async () => {
    const salted = Buffer.from(`Salted__${'x'.repeat(24)}`).toString('base64');
    const vault = `$ANSIBLE_VAULT;1.1;AES256\n${'3132'.repeat(20)}\n3334\n`;
    const binary = { path: 'secrets/a' };
    for (const content of [`\0GITCRYPT\0${'n'.repeat(12)}x`, `${salted}\n`, vault]) {
      expect(await kindsOf(content)).toEqual(['foreign-ciphertext']);
      expect(await kindsOf(content, { ...binary, rule: null })).toEqual([]);
    }
    // A pattern that tries every way to cut the lines would take for ever.
    const long = `$ANSIBLE_VAULT;1.1;AES256\n${'31'.repeat(50_000)}\npassword: hunter2\n`;
    expect(await kindsOf(long, binary)).toEqual(['plaintext-file']);
    for (const content of ['\0GITCRYPT\0', `${salted}\nhunter2 in the clear\n`, `${vault}password: hunter2\n`]) {
      expect(await kindsOf(content, binary)).toEqual(['plaintext-file']);
    }
  });

  it('weaker-than-rule: not where the other selector leaves nothing of it in the clear', async () => {
    const weak = await seal(secret, ruleFor(regex('^password$')));
    expect(await kindsOf(weak)).toEqual(['weaker-than-rule', 'weaker-than-rule']);
    const same = await seal('password: hunter2\n', ruleFor(regex('^password$')));
    expect(await kindsOf(same)).toEqual(['selector-drift']);
  });

  it('selector-drift: not of a file that names no selector and means the default', async () => {
    const sealed = await seal(secret);
    expect(await kindsOf(sealed, { rule: ruleFor(regex('^(user|password|token|nested)$')) })).toEqual([
      'selector-drift',
    ]);
    expect(await kindsOf(sealed.replace(/^ +unencrypted_suffix: .*\n/m, ''))).toEqual([]);
    const binary = await seal('hunter2', ruleFor(), 'a.bin');
    expect(await kindsOf(binary, { path: 'a.bin', rule: ruleFor(regex('^data$')) })).toEqual([]);
  });

  it('broken-mac: not for a comment or a blank line that somebody added', async () => {
    const sealed = await seal(secret);
    expect(await kindsOf(sealed.replace(/^user: .*\n/m, ''))).toEqual(['broken-mac']);
    expect(await kindsOf(sealed.replace(/^sops:/m, '\nsops:'))).toEqual([]);
  });

  it('broken-tag: not without an identity, where nobody can tell', async () => {
    const sealed = await seal(secret);
    const swapped = sealed.replace(/^(password: ENC\[AES256_GCM,data:)(.)/m, (_, head: string, first: string) => {
      return `${head}${first === 'A' ? 'B' : 'A'}`;
    });
    expect(await kindsOf(swapped)).toEqual(['broken-tag']);
    expect(await kindsOf(swapped, { keyring: null })).toEqual([]);
  });

  it('unresolved-conflict: not a line of equals signs', async () => {
    expect(await kindsOf('<<<<<<< ours\na: 1\n=======\na: 2\n>>>>>>> theirs\n')).toEqual(['unresolved-conflict']);
    expect(await kindsOf(await seal('a: |\n  Title\n  =======\n  text\n'))).toEqual([]);
  });

  it('unreadable-file: not what is odd but readable', async () => {
    expect(await kindsOf('a: [1\n')).toEqual(['unreadable-file']);
    expect(await kindsOf(await seal('a: {b: [1, 2]}\n"c d": x\n'))).toEqual([]);
  });

  it('unreadable-file: aliases that stand for millions of values are told of like any other, not thrown', async () => {
    const level = (n: number) => `a${n}: &a${n} [${`*a${n - 1}, `.repeat(9)}*a${n - 1}]\n`;
    const bomb = `a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${[1, 2, 3, 4, 5, 6, 7, 8].map(level).join('')}`;
    expect(await kindsOf(bomb)).toEqual(['unreadable-file']);
    const few = `a0: &a0 [x, x]\n${level(1)}`;
    expect(await kindsOf(few)).toEqual(['plaintext-file']);
  });

  it('recipient-drift, revoked-recipient, unknown-recipient: not for the recipients of the rule in another order', async () => {
    const both = await seal(secret, ruleFor(defaultSelector, own.recipient, other.recipient));
    expect(await kindsOf(both, { recipients: named })).toEqual(['recipient-drift']);
    expect(await kindsOf(both, { recipients: was })).toEqual(['revoked-recipient']);
    expect(await kindsOf(both, { recipients: never })).toEqual(['unknown-recipient']);
    const turned = ruleFor(defaultSelector, other.recipient, own.recipient);
    expect(await kindsOf(both, { rule: turned, recipients: never })).toEqual([]);
    expect(await kindsOf(await seal(secret), { rule: turned, recipients: never })).toEqual(['recipient-drift']);
  });

  it('recipient-drift: a key of Azure without a version in the rule is the one with a version in the file', async () => {
    const sealed = await seal(secret);
    const azure = sealed.replace(
      /^sops:\n/m,
      'sops:\n    azure_kv:\n        - vault_url: https://v.example\n          name: k\n          version: abc123\n          created_at: "2026-01-01T00:00:00Z"\n          enc: x\n',
    );
    const rule = (id: string): CreationRule => ({
      ...ruleFor(),
      groups: [
        [
          { kind: 'age', id: own.recipient },
          { kind: 'azure_kv', id, fields: null },
        ],
      ],
    });
    expect(await kindsOf(azure, { rule: rule('https://v.example/keys/k/'), recipients: never })).toEqual([]);
    const findings = judge({
      path: 'a.yaml',
      content: Buffer.from(azure),
      rule: rule('https://v.example/keys/other/'),
      keyring,
      backend: nodeBackend,
      recipients: never,
    });
    expect((await findings).map(({ kind }) => kind)).toEqual(['unknown-recipient', 'recipient-drift']);
  });

  it('recipient-drift: other key groups of the same people', async () => {
    const grouped = {
      ...ruleFor(),
      groups: [[{ kind: 'age' as const, id: own.recipient }], [{ kind: 'age' as const, id: other.recipient }]],
    };
    const sealed = await seal(secret, grouped);
    expect(await kindsOf(sealed, { rule: grouped, recipients: never })).toEqual([]);
    const flat = ruleFor(defaultSelector, own.recipient, other.recipient);
    expect(await kindsOf(sealed, { rule: flat, recipients: never })).toEqual(['recipient-drift']);
  });

  it('stray-ciphertext: not a ciphertext inside a longer text', async () => {
    const rule = ruleFor(regex('^password$'));
    const sealed = await seal('note: x\npassword: hunter2\n', rule);
    const token = /password: (ENC\[[^\]]*\])/.exec(sealed)?.[1] ?? '';
    expect(await kindsOf(sealed.replace('note: x', `note: ${token}`), { rule, keyring: null })).toEqual([
      'stray-ciphertext',
    ]);
    expect(await kindsOf(sealed.replace('note: x', `note: as in ${token}`), { rule, keyring: null })).toEqual([]);
  });

  it('no-rule: not of text that quotes a sops file', async () => {
    const sealed = await seal(secret);
    const kinds = async (text: string, path = 'a.yaml') =>
      (await judgeUncovered(path, Buffer.from(text))).map(({ kind }) => kind);
    expect(await kinds(sealed)).toEqual(['no-rule']);
    expect(await kinds(`# How it looks\n\n${sealed.replace(/^/gm, '    ')}`, 'README.md')).toEqual([]);
    expect(await kinds('sops:\n  mac: ENC[AES256_GCM,data:x]\n')).toEqual([]);
  });
});

describe('private-key', () => {
  const kinds = async (text: string, path = 'notes.txt') =>
    (await judgeUncovered(path, Buffer.from(text))).map(({ kind, line }) => `${kind} ${line}`);
  const identity = own.text.split('\n')[2] ?? '';

  it('is an age identity whose checksum fits, also among other text', async () => {
    expect(await kinds(own.text)).toEqual(['private-key 3']);
    expect(await kinds(`KEY="${identity}"\n`)).toEqual(['private-key 1']);
    const [after] = await judgeUncovered('notes.txt', Buffer.from(`# Schlüssel 🔑\nfür 🔑 ${identity}\n`));
    expect([after?.line, after?.column]).toEqual([2, 8]);
  });

  it('is not a placeholder, a public key, a plugin identity or one cut short', async () => {
    expect(await kinds(`AGE-SECRET-KEY-1${'Q'.repeat(58)}\n`)).toEqual([]);
    expect(await kinds('AGE-SECRET-KEY-1…\nexport SOPS_AGE_KEY=AGE-SECRET-KEY-...\n')).toEqual([]);
    expect(await kinds(`${own.recipient}\n`)).toEqual([]);
    expect(await kinds(identity.slice(0, -3))).toEqual([]);
    expect(await kinds('AGE-PLUGIN-YUBIKEY-1QQPQZQVZ7YQQ\n')).toEqual([]);
  });

  it('is SSH and PEM, also as a string in source code; not with a passphrase, not a header alone', async () => {
    const pem = readFileSync('test/fixtures/pem/one.key', 'utf8');
    const ssh = readFileSync('test/fixtures/pem/openssh.key', 'utf8');
    expect(await kinds(pem)).toEqual(['private-key 1']);
    expect(await kinds(`\n${ssh}`)).toEqual(['private-key 2']);
    expect(await kinds(JSON.stringify({ key: pem }))).toEqual(['private-key 1']);
    expect(await kinds(ssh.replaceAll(/^/gm, '    '))).toEqual(['private-key 1']);
    expect(await kinds(pem.replaceAll('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY'))).toEqual([]);
    expect(await kinds('-----BEGIN OPENSSH PRIVATE KEY-----\n…\n-----END OPENSSH PRIVATE KEY-----\n')).toEqual([]);
    expect(await kinds('if (text.includes("-----BEGIN PRIVATE KEY-----")) throw x;\n')).toEqual([]);
    expect(await kinds(readFileSync('test/fixtures/pem/one.crt', 'utf8'))).toEqual([]);
  });

  it('is one in base64, as a Secret of Kubernetes has it; not a certificate, a placeholder or a passphrase there', async () => {
    const pem = readFileSync('test/fixtures/pem/one.key', 'utf8');
    const secretOf = (text: string) =>
      `apiVersion: v1\nkind: Secret\ndata:\n  age.agekey: ${Buffer.from(text).toString('base64')}\n  other: eA==\n`;
    // Wherever it begins in a group of three bytes.
    for (const ahead of ['', 'x', 'xy', '# created: 2026-01-01\n'])
      expect([ahead, await kinds(secretOf(`${ahead}\n${own.text}`), 'age.yaml')]).toEqual([ahead, ['private-key 4']]);
    expect(await kinds(secretOf(pem))).toEqual(['private-key 4']);
    expect(await kinds(JSON.stringify({ data: { id_rsa: Buffer.from(pem).toString('base64') } }))).toEqual([
      'private-key 1',
    ]);
    const wrapped = Buffer.from(pem).toString('base64').replace(/.{76}/g, '$&\n    ');
    expect(await kinds(`data:\n  key: |\n    ${wrapped}\n`)).toEqual(['private-key 3']);
    expect(await kinds(secretOf(readFileSync('test/fixtures/pem/one.crt', 'utf8')))).toEqual([]);
    expect(
      await kinds(secretOf('-----BEGIN PRIVATE KEY-----\n…\n-----END PRIVATE KEY-----\nAGE-SECRET-KEY-1…')),
    ).toEqual([]);
    expect(await kinds(secretOf(pem.replaceAll('PRIVATE KEY', 'ENCRYPTED PRIVATE KEY')))).toEqual([]);
  });

  it('is one in a comment, in a patch, in one line of a variable and in literals of source code', async () => {
    for (const name of ['one', 'openssh']) {
      const lines = readFileSync(`test/fixtures/pem/${name}.key`, 'utf8').trim().split('\n');
      const forms = {
        comment: lines.map((line) => `# ${line}\n`).join(''),
        slashes: lines.map((line) => `    // ${line}\n`).join(''),
        patch: lines.map((line) => `+${line}\n`).join(''),
        variable: `KEY="${lines.join(' ')}"\n`,
        literals: lines.map((line) => `  "${line}\\n" +\n`).join(''),
        continued: lines.map((line) => `${line} \\\n`).join(''),
      };
      for (const [form, text] of Object.entries(forms))
        expect([form, await kinds(text)]).toEqual([form, ['private-key 1']]);
    }
  });

  it('takes no longer for a file of nothing but beginnings, or of keys on one line; a beginning ends the one before it', async () => {
    const pem = readFileSync('test/fixtures/pem/one.key', 'utf8');
    const begin = '-----BEGIN PRIVATE KEY-----\n';
    expect(await kinds(`${begin}${pem}`)).toEqual(['private-key 2']);
    const started = performance.now();
    expect(await kinds(`${begin.repeat(40_000)}${pem}`)).toEqual(['private-key 40001']);
    expect(await kinds(`${identity} `.repeat(10_000))).toHaveLength(10_000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
