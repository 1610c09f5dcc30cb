// What the benchmarks share: a throw-away home with one identity, running a command, timing it, and a table.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
export const tmp = mkdtempSync(join(tmpdir(), 'git-sops-bench-'));
process.on('exit', () => rmSync(tmp, { recursive: true, force: true }));
const home = join(tmp, 'home');
mkdirSync(home);

export const env = {
  PATH: [process.env.PATH, join(homedir(), 'go/bin')].join(delimiter),
  HOME: home,
  GIT_CONFIG_NOSYSTEM: '1',
  SOPS_AGE_KEY_FILE: join(home, 'keys.txt'),
  LC_ALL: 'C',
};

export const standalone = join(root, 'dist', 'git-sops');
export const script = join(root, 'dist', 'start.cjs');

/** Standard output. @throws when the command fails */
export function run(cwd, command, ...args) {
  const done = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stdout}${done.stderr}`);
  return done.stdout;
}

export const have = (command, ...args) => spawnSync(command, args, { env }).status === 0;

run(tmp, 'git', 'config', '--global', 'user.name', 'Bench');
run(tmp, 'git', 'config', '--global', 'user.email', 'bench@example.invalid');
run(tmp, 'git', 'config', '--global', 'init.defaultBranch', 'main');
export const recipient = /age1\w+/.exec(
  run(tmp, process.execPath, script, 'keygen', '--output', env.SOPS_AGE_KEY_FILE),
)[0];

/** The fastest form that was built, as words of a command line. */
export const self = existsSync(standalone) ? [standalone] : [process.execPath, script];

export function initSops(repo, words = self, hook = 'none') {
  const [command, ...args] = words;
  run(repo, command, ...args, 'init', '--yes', '--hook', hook, '--recipient', recipient, '--path', 'secrets/**');
}

/** A Kubernetes Secret. */
export const secret = (i, word = 'hunter2') => `apiVersion: v1
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

export function median(times) {
  return times.sort((a, b) => a - b)[Math.floor(times.length / 2)];
}

/** Milliseconds. */
export function timed(action) {
  const start = performance.now();
  action();
  return performance.now() - start;
}

/**
 * Milliseconds from start to end, and of processor time with all children: what can be compared where others use the machine. Needs
 * bash, which tells them to a millisecond.
 */
export function measured(cwd, ...command) {
  const script = 'TIMEFORMAT="%3R %3U %3S"; { time "$@" >/dev/null 2>&3; } 3>&2 2>&1';
  const done = spawnSync('bash', ['-c', script, 'bash', ...command], { cwd, env, encoding: 'utf8' });
  const [real, user, system] = done.stdout.trim().split(' ').map(Number);
  if (done.status !== 0 || system === undefined) throw new Error(`${command.join(' ')}: ${done.stdout}${done.stderr}`);
  return { time: real * 1000, processor: (user + system) * 1000 };
}

export const bareNode = () =>
  median(Array.from({ length: 9 }, () => timed(() => run(tmp, process.execPath, '-e', '0'))));

/** Milliseconds, and how many times the first row's. @param rows name → column → milliseconds */
export function printTable(columns, rows) {
  const [first] = Object.values(rows);
  console.log(['', ...columns].map((cell, i) => (i === 0 ? cell.padEnd(24) : cell.padStart(16))).join(''));
  for (const [name, row] of Object.entries(rows)) {
    const cells = columns.map((what) =>
      (row[what] === undefined ? '' : `${row[what].toFixed(0)} (${(row[what] / first[what]).toFixed(1)})`).padStart(16),
    );
    console.log(name.padEnd(24) + cells.join(''));
  }
}
