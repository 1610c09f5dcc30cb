// node scripts/memory.mjs [FILES]: the peak memory of the filter process while Git adds and checks out that many files (1,000
// if not given), for each form of the program that is built. Linux. Build first: npm run build, npm run build:standalone.
// Exit code 1 where one needs 200 MB or more.
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const limit = 200;
const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tmp = mkdtempSync(join(tmpdir(), 'git-sops-memory-'));
process.on('exit', () => rmSync(tmp, { recursive: true, force: true }));
const files = Number(process.argv[2] ?? 1000);
const dist = process.argv[3] ?? join(root, 'dist');
const env = {
  PATH: process.env.PATH,
  HOME: tmp,
  GIT_CONFIG_NOSYSTEM: '1',
  SOPS_AGE_KEY_FILE: join(tmp, 'keys.txt'),
  PEAK: join(tmp, 'peak'),
};

function run(cwd, command, ...args) {
  const done = spawnSync(command, args, { cwd, env, encoding: 'utf8', maxBuffer: 1 << 28 });
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout;
}

// The kernel keeps the peak itself, so the last look before the end is as good as watching all the time.
const watch = join(tmp, 'watch');
writeFileSync(
  watch,
  `#!/bin/sh
exec 3<&0
"$@" <&3 &
while grep VmHWM /proc/$!/status >"$PEAK.new" 2>/dev/null && [ -s "$PEAK.new" ]; do mv "$PEAK.new" "$PEAK"; sleep 0.01; done
wait $!
`,
);
chmodSync(watch, 0o755);

const script = join(dist, 'start.cjs');
const plumbing = join(dist, 'plumbing.cjs');
const bun = join(root, 'node_modules/.bin/bun');
const programs = {
  standalone: [join(dist, 'git-sops')],
  bun: [bun, plumbing],
  node: [process.execPath, plumbing],
};
const recipient = /age1\w+/.exec(run(tmp, process.execPath, script, 'keygen', '--output', env.SOPS_AGE_KEY_FILE))[0];
run(tmp, 'git', 'config', '--global', 'user.name', 'Memory');
run(tmp, 'git', 'config', '--global', 'user.email', 'memory@example.invalid');

const secret = (i) => `apiVersion: v1
kind: Secret
metadata:
    name: app-${i}
stringData:
    username: "admin-${i}"
    password: hunter2-${i}
    cert: |
${`        ${'MIIB'.repeat(16)}\n`.repeat(30)}`;

console.log(`the filter process with ${files} files, peak in MB\n`);
console.log(`${''.padEnd(12)}${'add'.padStart(10)}${'status'.padStart(10)}${'checkout'.padStart(10)}`);
for (const [name, words] of Object.entries(programs)) {
  if (!words.every(existsSync)) continue;
  const repo = join(tmp, name);
  mkdirSync(join(repo, 'secrets'), { recursive: true });
  run(tmp, 'git', 'init', '-q', repo);
  const setUp = ['--yes', '--hook', 'none', '--recipient', recipient, '--path', 'secrets/**'];
  run(repo, process.execPath, script, 'init', ...setUp);
  run(repo, 'git', 'config', 'filter.sops.process', [watch, ...words, 'filter-process'].join(' '));
  for (let i = 0; i < files; i++) writeFileSync(join(repo, `secrets/s${i}.yaml`), secret(i));
  const peaks = [
    () => run(repo, 'git', 'add', '.'),
    () => {
      // Another size would spare Git the filter; another time does not.
      for (let i = 0; i < files; i++) writeFileSync(join(repo, `secrets/s${i}.yaml`), secret(i));
      run(repo, 'git', 'status', '--porcelain');
    },
    () => {
      rmSync(join(repo, 'secrets'), { recursive: true });
      run(repo, 'git', 'checkout', '--', '.');
      if (readFileSync(join(repo, 'secrets/s7.yaml'), 'utf8') !== secret(7)) throw new Error('not what was added');
    },
  ].map((action) => {
    rmSync(env.PEAK, { force: true });
    action();
    return Number(/\d+/.exec(readFileSync(env.PEAK, 'utf8'))[0]) / 1024;
  });
  console.log(name.padEnd(12) + peaks.map((peak) => peak.toFixed(0).padStart(10)).join(''));
  if (Math.max(...peaks) >= limit) process.exitCode = 1;
}
