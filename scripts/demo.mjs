// npm run demo: the main job in a throw-away repository, with the packed command line as a user gets it.
// Exit 1 if anything differs from what the text beside it says.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tmp = mkdtempSync(join(tmpdir(), 'git-sops-demo-'));
process.on('exit', () => rmSync(tmp, { recursive: true, force: true }));

const coloured = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code) => (text) => (coloured ? `\u001b[${code}m${text}\u001b[0m` : text);
const [bold, dim, green, red, cyan] = ['1', '2', '32', '31', '36'].map(paint);

const bin = join(tmp, 'node_modules', '.bin');
const env = {
  PATH: `${bin}${delimiter}${process.env.PATH}`,
  HOME: join(tmp, 'home'),
  USERPROFILE: join(tmp, 'home'),
  SystemRoot: process.env.SystemRoot ?? '',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_CONFIG_GLOBAL: join(tmp, 'home', '.gitconfig'),
  GIT_AUTHOR_DATE: '2026-01-01T00:00:00Z',
  GIT_COMMITTER_DATE: '2026-01-01T00:00:00Z',
  LC_ALL: 'C.UTF-8',
};

let failures = 0;
let checks = 0;
let cwd = tmp;

function run(command, options = {}) {
  const { status, stdout, stderr } = spawnSync(command, {
    shell: true,
    cwd,
    env: { ...env, ...options.env },
    encoding: 'utf8',
    input: '',
  });
  return { code: status ?? 255, out: stdout, all: stdout + stderr };
}

function step(title) {
  console.log(`\n${bold(title)}`);
}

/** Runs what a user would type and shows it with its output. */
function show(command, options = {}) {
  console.log(`  ${cyan('$')} ${command}`);
  const result = run(command, options);
  const lines = (options.pick ? options.pick(result.all) : result.all).trimEnd().split('\n').filter(Boolean);
  for (const line of lines.slice(0, 14)) console.log(`    ${dim(line.length > 110 ? `${line.slice(0, 107)}…` : line)}`);
  if (lines.length > 14) console.log(`    ${dim(`… ${lines.length - 14} more lines`)}`);
  return result;
}

function expect(what, holds, detail = '') {
  checks++;
  if (!holds) failures++;
  console.log(`  ${holds ? green('✓') : red('✗')} ${what}${holds || detail === '' ? '' : `\n${detail}`}`);
}

console.log(bold('git-sops: the main job, in a throw-away repository'));

// As a user gets it: the packed tarball, installed without the network.
mkdirSync(env.HOME, { recursive: true });
const packed = spawnSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', tmp], {
  cwd: root,
  encoding: 'utf8',
  shell: process.platform === 'win32',
});
const tarball = packed.stdout.trim().split('\n').at(-1);
const installed = run(`npm install --silent --offline --no-audit --no-fund --prefix "${tmp}" "${join(tmp, tarball)}"`, {
  env: { HOME: process.env.HOME ?? env.HOME },
});
expect('the packed command line installs', installed.code === 0 && existsSync(join(bin, 'git-sops')), installed.all);

run('git config --global user.name Demo && git config --global user.email demo@example.invalid');
run('git config --global init.defaultBranch main');

step('1  Set up: an age key, a rule, the filter');
cwd = join(tmp, 'repo');
mkdirSync(join(cwd, 'apps'), { recursive: true });
run('git init -q');
const keygen = show('git sops keygen');
const recipient = /age1[a-z0-9]{58}/.exec(keygen.all)?.[0] ?? '';
expect('keygen gives a recipient', recipient !== '', keygen.all);
const init = show(`git sops init --yes --recipient ${recipient || 'age1'} --path 'apps/**/*.secret.yaml'`);
expect('init succeeds', init.code === 0, init.all);

step('2  git add encrypts');
const secret = `apiVersion: v1
kind: Secret
metadata:
    name: db   # layout and comments stay
stringData:
    user: "admin"
    password: correct-horse-battery
    url: 'postgres://db:5432'
`;
const file = join(cwd, 'apps', 'db.secret.yaml');
writeFileSync(file, secret);
const added = show('git add . && git commit -qm "Add the database secret"');
expect('the commit goes through', added.code === 0, added.all);
const blob = show('git cat-file -p HEAD:apps/db.secret.yaml').out;
expect('the stored blob holds ciphertext', blob.includes('password: ENC[AES256_GCM,') && blob.includes('mac: ENC['));
expect(
  'no plaintext value is in any object',
  !run('git cat-file --batch-all-objects --batch').out.includes('correct-horse'),
);
expect('the working file is untouched', readFileSync(file, 'utf8') === secret);
expect('git status is empty', run('git status --porcelain').out === '');

step('3  A one-value edit: plaintext diff, three changed lines in Git');
// lastmodified counts seconds: within the same one only two lines would change.
await new Promise((resolve) => setTimeout(resolve, 1100));
writeFileSync(file, secret.replace('correct-horse-battery', 'new-password'));
const diff = show('git diff', {
  pick: (text) =>
    text
      .split('\n')
      .filter((line) => /^[-+] /.test(line))
      .join('\n'),
});
expect('git diff shows plaintext', diff.out.includes('+    password: new-password') && !diff.out.includes('ENC['));
run('git add . && git commit -qm "Change the password"');
const stat = show('git diff --no-textconv --numstat HEAD~1 HEAD');
expect('three lines changed in the stored file', /^3\t3\t/.test(stat.out), stat.out);

step('4  A leak is refused');
run('git show HEAD:apps/db.secret.yaml > /dev/null');
writeFileSync(join(cwd, 'leak.yaml'), secret);
run('git update-index --add --cacheinfo "100644,$(git hash-object -w --no-filters leak.yaml),apps/leak.secret.yaml"');
rmSync(join(cwd, 'leak.yaml'));
const leak = show('git commit -m "Past the filter"');
expect(
  'the hook refuses plaintext that went past the filter',
  leak.code !== 0 && leak.all.includes('apps/leak.secret.yaml'),
  leak.all,
);
expect('and shows no value', !leak.all.includes('correct-horse'));
const ci = show('git sops check');
expect('git sops check finds it too (exit 1)', ci.code === 1, ci.all);
run('git rm -q --cached apps/leak.secret.yaml');

step('5  A clone with the key, and one without');
const repo = cwd;
cwd = tmp;
run(`git clone -q "${repo}" with-key`);
cwd = join(tmp, 'with-key');
const opened = show('git sops init --yes');
expect('one command opens a clone', opened.code === 0, opened.all);
expect(
  'its working file is plaintext',
  readFileSync(join(cwd, 'apps/db.secret.yaml'), 'utf8').includes('new-password'),
);
expect('git status is empty', run('git status --porcelain').out === '');
cwd = tmp;
run(`git clone -q "${repo}" without-key`);
cwd = join(tmp, 'without-key');
const home = join(tmp, 'stranger');
mkdirSync(home);
cpSync(env.GIT_CONFIG_GLOBAL, join(home, '.gitconfig'));
const stranger = { env: { HOME: home, USERPROFILE: home } };
const closed = show('git sops init --yes', stranger);
expect('without a key the clone works too', closed.code === 0, closed.all);
expect('and its file stays ciphertext', readFileSync(join(cwd, 'apps/db.secret.yaml'), 'utf8').includes('ENC['));
expect('git status is empty', run('git status --porcelain', stranger).out === '');

step('6  CI');
cwd = repo;
const clean = show('git sops check HEAD');
expect('git sops check HEAD is clean (exit 0)', clean.code === 0, clean.all);
const sarif = run('git sops check --format sarif HEAD');
expect('and speaks SARIF 2.1.0', JSON.parse(sarif.out || '{}').version === '2.1.0');

console.log(
  `\n${failures === 0 ? green(`All ${checks} points hold.`) : red(`${failures} of ${checks} points do not hold.`)}`,
);
process.exitCode = failures === 0 ? 0 : 1;
