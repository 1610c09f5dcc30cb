// npm run bench:check [files] [covered] [commits]: `git sops check` of an index against what nobody can do without (`git ls-files -s`,
// `git cat-file --batch` over the covered blobs, one start of Node), and against the floor: a program that asks Git the same, looks at
// nothing and runs the ciphers alone (bench-check-floor.mjs). Then `--history`, which must read each distinct blob once, however many
// commits have it. Ratios within one run, of minima. Build first: npm run build && npm run build:standalone.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { env, initSops, run, script, secret, self, standalone, timed, tmp } from './bench-lab.mjs';

const [files = 10_000, covered = 500, commits = 20_000] = process.argv.slice(2).map(Number);
const runs = 15;
const check = [...self, 'check'];

const repo = join(tmp, 'repo');
run(tmp, 'git', 'init', '-q', repo);
initSops(repo);
for (let i = 0; i < files - covered - 2; i++) {
  const folder = join(repo, `src/part${i % 100}`);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, `file${i}.ts`),
    `export const number${i} = ${i};\n${'// words of no interest\n'.repeat(40)}`,
  );
}
mkdirSync(join(repo, 'secrets'));
for (let i = 0; i < covered; i++) writeFileSync(join(repo, `secrets/s${i}.yaml`), secret(i));
run(repo, 'git', 'add', '.');
run(repo, 'git', 'commit', '-qm', 'all');
run(repo, 'git', 'repack', '-adq');

const entries = run(repo, 'git', 'ls-files', '-s', 'secrets').trimEnd().split('\n');
const ids = join(tmp, 'ids');
writeFileSync(ids, `${entries.map((line) => line.split(' ')[1]).join('\n')}\n`);

const scripts = dirname(fileURLToPath(import.meta.url));
const floorScript = join(scripts, 'bench-check-floor.mjs');
const bun = join(scripts, '..', 'node_modules', '.bin', 'bun');
const forms = [{ name: 'Node', program: [process.execPath, script], floor: [process.execPath, floorScript] }];
if (existsSync(standalone)) {
  const floor = join(tmp, 'floor');
  const kind = ['--compile', '--minify', '--bytecode', '--format=esm'];
  spawnSync(bun, ['build', ...kind, floorScript, '--outfile', floor], { cwd: tmp, stdio: 'ignore' });
  forms.unshift({ name: 'standalone', program: [standalone], floor: [floor] });
}

/** Milliseconds on the clock and of the processor, of a command and all that it starts. */
function measured(argv, { input = '', env: its = env }) {
  const timing = 'TIMEFORMAT="%3R %3U %3S"; time "$@" >/dev/null 2>&1';
  const done = spawnSync('bash', ['-c', timing, 'bash', ...argv], { cwd: repo, env: its, input, encoding: 'utf8' });
  const [wall = 0, user = 0, system = 0] = done.stderr.trim().split('\n').at(-1).split(' ').map(Number);
  return { wall: wall * 1000, cpu: (user + system) * 1000 };
}

const noKey = { ...env, SOPS_AGE_KEY_FILE: join(tmp, 'none') };
const base = {
  'node -e 0': { argv: [process.execPath, '-e', '0'] },
  'git ls-files -s': { argv: ['git', 'ls-files', '-s'] },
  'git cat-file --batch': { argv: ['git', 'cat-file', '--batch'], input: readFileSync(ids) },
};
const measuredRows = Object.fromEntries(
  forms.flatMap(({ name, program, floor }) =>
    [
      [`${name}, without an identity`, { argv: [...program, 'check'], env: noKey }],
      ['  its floor', { argv: [...floor, ids] }],
      [`${name}, tags and MACs too`, { argv: [...program, 'check'] }],
      ['  its floor', { argv: [...floor, ids, 'keys'] }],
    ].map(([label, row]) => [`${label}\0${name}${row.argv.length}${row.env === noKey}`, row]),
  ),
);
const all = { ...base, ...measuredRows };
const least = Object.fromEntries(Object.keys(all).map((name) => [name, { wall: Infinity, cpu: Infinity }]));
// In turn, so that other work on the machine meets all of them.
for (let i = 0; i < runs; i++) {
  for (const [name, { argv, ...options }] of Object.entries(all)) {
    const { wall, cpu } = measured(argv, options);
    least[name] = { wall: Math.min(least[name].wall, wall), cpu: Math.min(least[name].cpu, cpu) };
  }
}
const sum = (what) => Object.keys(base).reduce((total, name) => total + least[name][what], 0);
const [baseCpu, baseWall] = [sum('cpu'), sum('wall')];
const cell = (ms, of) => `${ms.toFixed(0).padStart(8)}${of === null ? '' : ` (${(ms / of).toFixed(1)})`}`.padEnd(18);
const row = (name, { cpu, wall }, isBase) =>
  console.log(
    `${name.split('\0')[0].padEnd(36)}${cell(cpu, isBase ? null : baseCpu)}${cell(wall, isBase ? null : baseWall)}`,
  );
console.log(
  `an index with ${files} files, ${covered} of them covered: milliseconds (times the baseline; the target is 2)\n`,
);
console.log(`${''.padEnd(36)}${'  processor'.padEnd(18)}  on the clock`);
for (const name of Object.keys(base)) row(name, least[name], true);
row('all three: the baseline', { cpu: baseCpu, wall: baseWall }, true);
for (const name of Object.keys(measuredRows)) row(name, least[name], false);

const line = (name, ms) => console.log(`${name.padEnd(44)}${ms.toFixed(0).padStart(6)}`);

// A third of the commits bring back what was there before.
const distinct = Math.ceil((commits * 2) / 3);
const history = join(tmp, 'history');
run(tmp, 'git', 'init', '-q', history);
initSops(history);
run(history, 'git', 'add', '.');
run(history, 'git', 'commit', '-qm', 'rules');
const stream = ['reset refs/heads/main', 'from refs/heads/main^0', ''];
for (let i = 0; i < commits; i++) {
  const content = secret(i % distinct);
  stream.push('commit refs/heads/main', 'committer Bench <bench@example.invalid> 1700000000 +0000', 'data 1', 'x');
  stream.push(`M 100644 inline secrets/s${i % 50}.yaml`, `data ${content.length}`, content);
}
spawnSync('git', ['fast-import', '--quiet', '--force'], { cwd: history, env, input: `${stream.join('\n')}\n` });
// A git in front of Git writes down which objects it is asked for.
const [bin, log] = [join(tmp, 'bin'), join(tmp, 'asked')];
mkdirSync(bin);
const real = run(tmp, 'sh', '-c', 'command -v git').trim();
const shim = `case " $* " in *' cat-file --batch '*) tee -a '${log}' | ${real} "$@" ;; *) exec ${real} "$@" ;; esac`;
writeFileSync(join(bin, 'git'), `#!/bin/sh\n${shim}\n`, { mode: 0o755 });
const judged = (jobs, path = env.PATH) => {
  const [program, ...args] = [...check, '--history', '--format', 'json', '--jobs', `${jobs}`];
  const done = spawnSync(program, args, { cwd: history, env: { ...env, PATH: path }, maxBuffer: 1 << 28 });
  return JSON.parse(done.stdout);
};
console.log(`\n--history over ${commits} commits with ${distinct} different blobs, all of them leaks\n`);
for (const jobs of [1, 2])
  line(
    `--jobs ${jobs}, milliseconds`,
    timed(() => judged(jobs)),
  );
const found = judged(2, [bin, env.PATH].join(delimiter));
const rules = run(history, 'git', 'rev-parse', 'HEAD:.sops.yaml').trim();
const asked = readFileSync(log, 'utf8')
  .split('\n')
  .filter((oid) => /^[0-9a-f]{40}$/.test(oid) && oid !== rules);
line('blobs judged', found.files);
line('blobs read', asked.length);
line('different blobs read', new Set(asked).size);
line('findings', found.findings.length);
