// Makes test/fixtures/old with sops of other times: files as they stand in repositories since years, for tests that need none of them.
// Needs gpg, age-keygen, and folders with a binary `sops` each, built from the tags of its repository:
//   node scripts/old-fixtures.mjs 3.3.1=/old/3.3.1 3.6.1=/old/3.6.1 3.8.1=/old/3.8.1 3.13.1=/old/3.13.1 3.13.2=/new
// Before 3.7 sops knew no age, so those are for a PGP key.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const target = join(import.meta.dirname, '../test/fixtures/old');
const folder = mkdtempSync(join(tmpdir(), 'git-sops-old-'));
const home = join(folder, 'gnupg');
process.on('exit', () => {
  execFileSync('gpgconf', ['--homedir', home, '--kill', 'all'], { stdio: 'ignore' });
  rmSync(folder, { recursive: true, force: true });
});
mkdirSync(home, { mode: 0o700 });
const keyFile = join(folder, 'keys.txt');
const env = { ...process.env, GNUPGHOME: home, SOPS_GPG_EXEC: 'gpg', SOPS_AGE_KEY_FILE: keyFile, HOME: folder };
const run = (command, args) => execFileSync(command, args, { cwd: folder, env, stdio: 'pipe' });

const owner = 'git-sops test key, throw-away <nobody@example.com>';
run('gpg', ['--batch', '--passphrase', '', '--quick-generate-key', owner, 'rsa2048', 'default', 'never']);
const listed = run('gpg', ['--list-keys', '--with-colons']).toString();
const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listed)[1];
run('gpg', ['--batch', '--passphrase', '', '--quick-add-key', fingerprint, 'rsa2048', 'encr', 'never']);
const identity = run('age-keygen', []).toString();
const recipient = /# public key: (\S+)/.exec(identity)[1];
writeFileSync(keyFile, identity);

const yaml = `# Who may come in
apiVersion: v1
kind: Secret
metadata:
  name: shop
data:
  token: aHVudGVyMg==
stringData:
  # the writer
  url: postgres://shop:hunter2@db:5432/shop
  cert: |
    -----BEGIN CERTIFICATE-----
    hunter3
    -----END CERTIFICATE-----
  list:
    - hunter4
    - 42
    - 1.5
    - true
    - ""
port_unencrypted: 8080
`;
const json =
  '{"password": "hunter2", "n": 1.5, "ok": true, "list": [1, "two", {"a": "hunter3"}], "port_unencrypted": 8080}';
const dotenv = '# Local\nPASSWORD=hunter2\nURL="postgres://x=y"\nMULTI=one\\ntwo\nPORT_unencrypted=8080\n';
const ini = '; top\ntop = 1\n\n[db]\n; who\nuser = admin\npassword = hunter2\n\n[web]\nport_unencrypted = 8080\n';
const files = {
  'app.yaml': yaml,
  'app.json': json,
  'app.env': dotenv,
  'app.ini': ini,
  'key.bin': Buffer.from(Array.from({ length: 99 }, (_, i) => (i * 7919) % 256)),
};

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });
writeFileSync(join(target, 'identity.txt'), `# Throw-away identity of these fixtures only.\n${identity}`);
writeFileSync(join(target, 'secret-key.asc'), run('gpg', ['--armor', '--export-secret-keys', fingerprint]));
const given = process.argv.slice(2).map((word) => word.split('='));
// The last one says what a file means: old ones could not always read their own comments.
const today = join(given.at(-1)[1], 'sops');
for (const [version, path] of given) {
  const sops = join(path, 'sops');
  const hasAge = !/^3\.[0-6]\./.test(version);
  mkdirSync(join(target, version));
  for (const [name, content] of Object.entries(files)) {
    const file = join(folder, name);
    writeFileSync(file, content);
    run(sops, ['--encrypt', '--in-place', ...(hasAge ? ['--age', recipient] : ['--pgp', fingerprint]), file]);
    writeFileSync(join(target, version, name), readFileSync(file));
    writeFileSync(join(target, version, `${name}.plain`), run(today, ['decrypt', file]));
  }
}
