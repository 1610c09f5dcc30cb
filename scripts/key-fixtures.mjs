// Makes test/fixtures/keys with the real sops and age: what the tests read where neither is installed.
// Needs sops, age-keygen in PATH. Usage: node scripts/key-fixtures.mjs
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const target = join(import.meta.dirname, '../test/fixtures/keys');
const folder = mkdtempSync(join(tmpdir(), 'git-sops-fixtures-'));
const run = (command, args, input = '') =>
  execFileSync(command, args, { cwd: folder, input, stdio: ['pipe', 'pipe', 'ignore'] }).toString();
const recipientIn = (identity) => /# public key: (\S+)/.exec(identity)[1];

const people = [run('age-keygen', []), run('age-keygen', []), run('age-keygen', ['-pq'])];
const [ada, bob, pq] = people.map(recipientIn);
const files = {
  'single.json': { age: `${ada},${bob}` },
  'hybrid.json': { age: pq },
  'groups.json': { shamir_threshold: 2, key_groups: [{ age: [ada] }, { age: [bob, pq] }, { age: [pq] }] },
  'only-encrypted.json': { age: ada, mac_only_encrypted: true, encrypted_regex: '^secret$' },
};
mkdirSync(target, { recursive: true });
writeFileSync(join(target, 'identities.txt'), `# Throw-away identities of these fixtures only.\n${people.join('')}`);
for (const [name, rule] of Object.entries(files)) {
  writeFileSync(join(folder, '.sops.yaml'), JSON.stringify({ creation_rules: [rule] }));
  const plain = '{"secret": "of the fixture", "n": 1e21, "plain": "open"}';
  writeFileSync(join(target, name), run('sops', ['encrypt', '--filename-override', 'x.json'], plain));
}
rmSync(folder, { recursive: true });
