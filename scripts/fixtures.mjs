// Makes test/fixtures/sops with the real sops and age: files as they stand in repositories, for tests on machines without either.
// Needs sops 3.13 and age-keygen in PATH. Usage: node scripts/fixtures.mjs
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const target = join(import.meta.dirname, '../test/fixtures/sops');
const folder = mkdtempSync(join(tmpdir(), 'git-sops-fixtures-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
const keyFile = join(folder, 'keys.txt');
const env = { ...process.env, SOPS_AGE_KEY_FILE: keyFile };
const run = (command, args, input = '') => execFileSync(command, args, { cwd: folder, env, input, stdio: 'pipe' });

const people = [1, 2, 3].map(() => run('age-keygen', []).toString());
const [ada, bob, eve] = people.map((identity) => /# public key: (\S+)/.exec(identity)[1]);
writeFileSync(keyFile, people.join(''));

// No comment inside a list: sops itself cannot read back what it makes of those.
const secret = `# Who may come in
apiVersion: v1
kind: Secret
metadata:
  name: shop # the name stays
  namespace: prod
data:
  token: aHVudGVyMg==
stringData:
  # the writer
  url: postgres://shop:hunter2@db:5432/shop
  cert: |
    -----BEGIN CERTIFICATE-----
    hunter2
    -----END CERTIFICATE-----
  list:
    - hunter2
    - hunter3
`;
const types = `text: hunter2
quoted: "hunter\\t2"
number: 42
octal: 0o17
negative: -7
float: 1.50
large: 1e21
yes: true
no: FALSE
nothing: null
empty: ""
none: {}
day: 2001-12-14
time: 2001-12-14T21:59:43.10-05:00
unicode: Grüße, 世界
port_unencrypted: 8080
nested:
  deep:
    deeper: [hunter2, 1, false, {a: b}]
`;
const commented = `open: hunter2
# sops:secret
hidden: hunter3
also: hunter4
`;
const json =
  '{"password": "hunter2", "n": 1.5, "big": 9007199254740993, "ok": true, "none": null, "list": [1, "two", {"a": ""}]}';
const dotenv =
  '# Local\nPASSWORD=hunter2\nURL="postgres://x=y"\nMULTI=one\\ntwo\nEMPTY=\nWITH=a=b\nPORT_unencrypted=8080\n';
const ini =
  '; top\ntop = 1\n\n[db]\n; who\nuser = admin\npassword = hunter2\nempty =\n\n[web]\nport_unencrypted = 8080\n';
const binary = Buffer.from(Array.from({ length: 300 }, (_, i) => (i * 7919) % 256));

/** By name: the rule, the plaintext, and what else is done to the file. */
const fixtures = {
  'comments.yaml': [{}, secret],
  'types.yaml': [{}, types],
  'documents.yaml': [{}, `---\na: hunter2\n---\n# second\nb: [hunter3]\n---\nc: {d: hunter4}\n`],
  'encrypted-regex.yaml': [{ encrypted_regex: '^(data|stringData)$' }, secret],
  'unencrypted-regex.yaml': [{ unencrypted_regex: '^(apiVersion|kind|metadata)$' }, secret],
  'encrypted-suffix.yaml': [{ encrypted_suffix: '_secret' }, 'a: open\na_secret: hunter2\n'],
  'unencrypted-suffix.yaml': [{ unencrypted_suffix: '_open' }, 'a_open: open\na: hunter2\n'],
  'encrypted-comment.yaml': [{ encrypted_comment_regex: 'sops:secret' }, commented],
  'unencrypted-comment.yaml': [{ unencrypted_comment_regex: 'sops:secret' }, commented],
  'mac-only-encrypted.yaml': [{ mac_only_encrypted: true, encrypted_regex: '^stringData$' }, secret],
  'indented.yaml': [{}, secret, [], { stores: { yaml: { indent: 2 } } }],
  'key-groups.yaml': [{ shamir_threshold: 2, key_groups: [{ age: [ada] }, { age: [bob] }, { age: [eve] }] }, types],
  'set.yaml': [{}, types, ['set', '["nested"]["deep"]["deeper"][0]', '"hunter9"']],
  'rotated.yaml': [{}, secret, ['rotate', '-i']],
  'values.json': [{}, json],
  'encrypted-regex.json': [{ encrypted_regex: '^password$' }, json],
  'two.json': [{ age: `${ada},${bob}` }, json],
  'app.env': [{}, dotenv],
  'encrypted-regex.env': [{ encrypted_regex: '^PASS', mac_only_encrypted: true }, dotenv],
  'key-groups.env': [{ shamir_threshold: 2, key_groups: [{ age: [ada] }, { age: [bob, eve] }] }, dotenv],
  'app.ini': [{}, ini],
  'encrypted-regex.ini': [{ encrypted_regex: 'password' }, ini],
  'tls.key': [{}, binary],
  'text.txt': [{}, 'hunter2\n'],
};

rmSync(target, { recursive: true, force: true });
for (const name of ['', 'encrypted', 'decrypted']) mkdirSync(join(target, name), { recursive: true });
writeFileSync(join(target, 'identities.txt'), `# Throw-away identities of these fixtures only.\n${people.join('')}`);
for (const [name, [rule, plain, edit = [], config = {}]] of Object.entries(fixtures)) {
  const file = join(folder, name);
  const rules = { creation_rules: [rule.key_groups ? rule : { age: ada, ...rule }], ...config };
  writeFileSync(join(folder, '.sops.yaml'), JSON.stringify(rules));
  writeFileSync(file, plain);
  run('sops', ['encrypt', '-i', file]);
  if (edit[0] === 'set') run('sops', ['set', file, ...edit.slice(1)]);
  if (edit[0] === 'rotate') run('sops', [...edit, file]);
  writeFileSync(join(target, 'encrypted', name), readFileSync(file));
  writeFileSync(join(target, 'decrypted', name), run('sops', ['decrypt', file]));
}
