// npm run bench: ratios within one run, against git-crypt and a shell filter around sops (each where it is installed).
// Not a test: a table to read. Build first: npm run build, npm run build:standalone.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tmp = mkdtempSync(join(tmpdir(), 'git-sops-bench-'));
process.on('exit', () => rmSync(tmp, { recursive: true, force: true }));
const files = Number(process.argv[2] ?? 200);
const runs = Number(process.argv[3] ?? 3);

const home = join(tmp, 'home');
mkdirSync(home);
const env = {
  PATH: [process.env.PATH, join(homedir(), 'go/bin')].join(delimiter),
  HOME: home,
  GIT_CONFIG_NOSYSTEM: '1',
  SOPS_AGE_KEY_FILE: join(home, 'keys.txt'),
  LC_ALL: 'C',
};

function run(cwd, command, ...args) {
  const done = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

const standalone = join(root, 'dist', 'git-sops');
const script = join(root, 'dist', 'cli.js');
const have = (command, ...args) => spawnSync(command, args, { env }).status === 0;
run(tmp, 'git', 'config', '--global', 'user.name', 'Bench');
run(tmp, 'git', 'config', '--global', 'user.email', 'bench@example.invalid');
run(tmp, 'git', 'config', '--global', 'init.defaultBranch', 'main');
const keygen = run(tmp, process.execPath, script, 'keygen', '--output', env.SOPS_AGE_KEY_FILE);
const recipient = /age1\w+/.exec(keygen)[0];

/** Each sets a repository up so that secrets/* goes through its filter. */
const contestants = {};
if (existsSync(standalone)) {
  contestants['git-sops, standalone'] = (repo) =>
    run(repo, standalone, 'init', '--yes', '--hook', 'none', '--recipient', recipient, '--path', 'secrets/**');
}
contestants['git-sops, node'] = (repo) => {
  run(
    repo,
    process.execPath,
    script,
    'init',
    '--yes',
    '--hook',
    'none',
    '--recipient',
    recipient,
    '--path',
    'secrets/**',
  );
  const self = `${process.execPath} ${script}`;
  run(repo, 'git', 'config', 'filter.sops.process', `${self} filter-process`);
};
if (have('git-crypt', '--version')) {
  contestants['git-crypt'] = (repo) => {
    run(repo, 'git-crypt', 'init');
    writeFileSync(join(repo, '.gitattributes'), 'secrets/** filter=git-crypt diff=git-crypt\n');
  };
}
if (have('sops', '--disable-version-check', '--version')) {
  contestants['sops shell filter'] = (repo) => {
    const types = '--input-type yaml --output-type yaml';
    run(
      repo,
      'git',
      'config',
      'filter.shell.clean',
      `sops encrypt ${types} --age ${recipient} --filename-override %f /dev/stdin`,
    );
    run(repo, 'git', 'config', 'filter.shell.smudge', `f=$(mktemp); cat >$f; sops decrypt ${types} $f; rm $f`);
    run(
      repo,
      'git',
      'config',
      'filter.shell.clean',
      `f=$(mktemp); cat >$f; sops encrypt ${types} --age ${recipient} $f; rm $f`,
    );
    writeFileSync(join(repo, '.gitattributes'), 'secrets/** filter=shell\n');
  };
}

const secret = (i, word = 'hunter2') => `apiVersion: v1
kind: Secret
metadata:
    name: app-${i}
    namespace: prod
type: Opaque
stringData:
    username: "admin-${i}"
    password: ${word}-${i}
    url: postgres://app:${word}@db-${i}.prod.svc:5432/app
`;

function median(times) {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

function timed(action) {
  const start = performance.now();
  action();
  return performance.now() - start;
}

const results = {};
for (const [name, setUp] of Object.entries(contestants)) {
  const times = { add: [], status: [], checkout: [], 'one add': [], 'one diff': [], 'log -p': [] };
  for (let n = 0; n < (name === 'sops shell filter' ? 1 : runs); n++) {
    const repo = join(tmp, `repo-${Object.keys(results).length}-${n}`);
    mkdirSync(join(repo, 'secrets'), { recursive: true });
    run(tmp, 'git', 'init', '-q', repo);
    setUp(repo);
    for (let i = 0; i < files; i++) writeFileSync(join(repo, `secrets/s${i}.yaml`), secret(i));
    times.add.push(timed(() => run(repo, 'git', 'add', '.')));
    run(repo, 'git', 'commit', '-qm', 'all');
    const later = new Date(Date.now() + 3000);
    for (let i = 0; i < files; i++) utimesSync(join(repo, `secrets/s${i}.yaml`), later, later);
    times.status.push(timed(() => run(repo, 'git', 'status', '--porcelain')));
    rmSync(join(repo, 'secrets'), { recursive: true });
    times.checkout.push(timed(() => run(repo, 'git', 'checkout', '-q', '--', '.')));
    for (let c = 0; c < 20; c++) {
      writeFileSync(join(repo, 'secrets/s0.yaml'), secret(0, `word${c}`));
      times['one diff'].push(timed(() => run(repo, 'git', 'diff')));
      times['one add'].push(timed(() => run(repo, 'git', 'add', 'secrets/s0.yaml')));
      run(repo, 'git', 'commit', '-qm', `change ${c}`);
    }
    times['log -p'].push(timed(() => run(repo, 'git', 'log', '-p', '-20', '--', 'secrets/s0.yaml')));
  }
  results[name] = Object.fromEntries(Object.entries(times).map(([what, list]) => [what, median(list)]));
}

const columns = ['add', 'status', 'checkout', 'log -p', 'one diff', 'one add'];
const best = Object.keys(results)[0];
console.log(`${files} Kubernetes Secrets, milliseconds (times the first line's in brackets)\n`);
console.log(['', ...columns].map((cell, i) => (i === 0 ? cell.padEnd(22) : cell.padStart(16))).join(''));
for (const [name, row] of Object.entries(results)) {
  const cells = columns.map((what) =>
    `${row[what].toFixed(0)} (${(row[what] / results[best][what]).toFixed(1)})`.padStart(16),
  );
  console.log(name.padEnd(22) + cells.join(''));
}
const bare = median(Array.from({ length: 9 }, () => timed(() => run(tmp, process.execPath, '-e', '0'))));
console.log(`\na bare node -e 0: ${bare.toFixed(0)}`);
