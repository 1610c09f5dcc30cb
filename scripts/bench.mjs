// npm run bench [files] [runs]: ratios within one run, against git-crypt and a shell filter around sops (each where it is
// installed), and beside them the floors: what a filter takes that does nothing, and a textconv that shows nothing. Not a test: a table
// to read. Needs bash. Build first: npm run build, npm run build:standalone.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  have,
  initSops,
  measured,
  median,
  printTable,
  recipient,
  run,
  script,
  secret,
  standalone,
  tmp,
} from './bench-lab.mjs';

const files = Number(process.argv[2] ?? 200);
const runs = Number(process.argv[3] ?? 3);

const scripts = dirname(fileURLToPath(import.meta.url));
const bun = join(dirname(scripts), 'node_modules', '.bin', 'bun');
const idle = join(scripts, 'floor-filter.mjs');

/** The filter that does nothing, compiled as the standalone executable is; null where there is no Bun. */
function compiledIdle() {
  const outfile = join(tmp, 'floor-filter');
  const kind = ['--compile', '--minify', '--bytecode', '--format=esm'];
  const { status } = spawnSync(bun, ['build', ...kind, idle, '--outfile', outfile], { cwd: tmp });
  return status === 0 ? outfile : null;
}

/** A repository whose filter is a floor; it shows what `textconv = true` does. */
const floor = (command) => (repo) => {
  if (command !== null) run(repo, 'git', 'config', 'filter.floor.process', command);
  run(repo, 'git', 'config', 'diff.floor.textconv', 'true');
  writeFileSync(join(repo, '.gitattributes'), `secrets/** ${command === null ? '' : 'filter=floor '}diff=floor\n`);
};

/** Each sets a repository up so that secrets/* goes through its filter. */
const contestants = {};
if (existsSync(standalone)) contestants['git-sops, standalone'] = (repo) => initSops(repo, [standalone]);
contestants['git-sops, node'] = (repo) => {
  initSops(repo, [process.execPath, script]);
  // init would take the executable that stands beside it.
  const self = `${process.execPath} ${join(dirname(script), 'plumbing.cjs')}`;
  run(repo, 'git', 'config', 'filter.sops.process', `${self} filter-process`);
};
contestants['plain Git'] = () => {};
if (have('git-crypt', '--version')) {
  contestants['git-crypt'] = (repo) => {
    run(repo, 'git-crypt', 'init');
    writeFileSync(join(repo, '.gitattributes'), 'secrets/** filter=git-crypt diff=git-crypt\n');
  };
}
if (have('sops', '--disable-version-check', '--version')) {
  contestants['sops shell filter'] = (repo) => {
    const types = '--input-type yaml --output-type yaml';
    const through = (what) => `f=$(mktemp); cat >$f; sops ${what} ${types} $f; rm $f`;
    run(repo, 'git', 'config', 'filter.shell.clean', through(`encrypt --age ${recipient}`));
    run(repo, 'git', 'config', 'filter.shell.smudge', through('decrypt'));
    writeFileSync(join(repo, '.gitattributes'), 'secrets/** filter=shell\n');
  };
}

const bunFloor = 'floor, Bun';
const nodeFloor = 'floor, Node';
const textconvFloor = 'floor, textconv=true';
const compiled = compiledIdle();
if (compiled !== null) contestants[bunFloor] = floor(compiled);
contestants[nodeFloor] = floor(`${process.execPath} ${idle}`);
contestants[textconvFloor] = floor(null);

const columns = ['add', 'status', 'checkout', 'log -p', 'one diff', 'one add'];
const shellFilter = 'sops shell filter';
const times = Object.fromEntries(
  [...Object.keys(contestants), 'node -e 0'].map((name) => [
    name,
    Object.fromEntries(columns.map((what) => [what, []])),
  ]),
);
// Each step by one after the other, so that whatever else the machine does hits all of them alike.
for (let n = 0; n < runs; n++) {
  const repos = new Map();
  for (const [name, setUp] of Object.entries(contestants)) {
    if (name === shellFilter && n > 0) continue;
    const repo = join(tmp, `repo-${repos.size}-${n}`);
    mkdirSync(join(repo, 'secrets'), { recursive: true });
    run(tmp, 'git', 'init', '-q', repo);
    setUp(repo);
    for (let i = 0; i < files; i++) writeFileSync(join(repo, `secrets/s${i}.yaml`), secret(i));
    repos.set(name, repo);
  }
  const step = (what, ...args) => {
    for (const [name, repo] of repos) times[name][what].push(measured(repo, 'git', ...args));
  };
  const each = (action) => {
    for (const [name, repo] of repos) action(repo, name);
  };
  step('add', 'add', '.');
  each((repo) => run(repo, 'git', 'commit', '-qm', 'all'));
  const later = new Date(Date.now() + 3000);
  each((repo) => {
    for (let i = 0; i < files; i++) utimesSync(join(repo, `secrets/s${i}.yaml`), later, later);
  });
  step('status', 'status', '--porcelain');
  each((repo) => rmSync(join(repo, 'secrets'), { recursive: true }));
  step('checkout', 'checkout', '-q', '--', '.');
  for (let c = 0; c < 20; c++) {
    each((repo) => writeFileSync(join(repo, 'secrets/s0.yaml'), secret(0, `word${c}`)));
    step('one diff', 'diff', '--', 'secrets/s0.yaml');
    step('one add', 'add', 'secrets/s0.yaml');
    each((repo) => run(repo, 'git', 'commit', '-qm', `change ${c}`));
    const bare = measured(tmp, process.execPath, '-e', '0');
    for (const what of ['one diff', 'one add']) times['node -e 0'][what].push(bare);
  }
  // Its diff shows ciphertext.
  repos.delete(shellFilter);
  step('log -p', 'log', '-p', '-20', '--', 'secrets/s0.yaml');
}

/** The medians of one kind of time, by name and column. */
const medians = (kind) =>
  Object.fromEntries(
    Object.entries(times).map(([name, row]) => [
      name,
      Object.fromEntries(
        Object.entries(row)
          .filter(([, list]) => list.length > 0)
          .map(([what, list]) => [what, median(list.map((one) => one[kind]))]),
      ),
    ]),
  );
const clock = medians('time');
const processor = medians('processor');

console.log(`${files} Kubernetes Secrets, milliseconds from start to end (times the first line's in brackets)\n`);
printTable(columns, clock);
console.log('\nthe same in processor time, children that were waited for included\n');
printTable(columns, processor);

const own = 'git-sops, standalone';
const ownNode = 'git-sops, node';
const plain = 'plain Git';
/** How many times the time of one is that of the other. */
const ratio = (what, name, other) => (results) =>
  (results[name]?.[what] ?? Number.NaN) / (results[other]?.[what] ?? Number.NaN);
const overGit = (name) => (results) =>
  ((results[name]?.['one add'] ?? Number.NaN) - results[plain]['one add']) / results['node -e 0']['one add'];
// Of each: what is asked, of git-sops, and of what does nothing in its place.
const targets = [
  ...['add', 'status', 'checkout'].flatMap((what) => [
    [
      `${what}: times faster than the sops shell filter`,
      'at least',
      20,
      ratio(what, shellFilter, own),
      ratio(what, shellFilter, bunFloor),
    ],
    [
      `${what}: times faster than git-crypt`,
      'at least',
      3,
      ratio(what, 'git-crypt', own),
      ratio(what, 'git-crypt', bunFloor),
    ],
  ]),
  [
    'log -p: times faster than git-crypt',
    'at least',
    10,
    ratio('log -p', 'git-crypt', own),
    ratio('log -p', 'git-crypt', bunFloor),
  ],
  [
    'one diff: times the time of git-crypt',
    'at most',
    1,
    ratio('one diff', own, 'git-crypt'),
    ratio('one diff', bunFloor, 'git-crypt'),
  ],
  [
    'one add: times the time of git-crypt',
    'at most',
    1.5,
    ratio('one add', own, 'git-crypt'),
    ratio('one add', bunFloor, 'git-crypt'),
  ],
  ['one add under Node, above plain Git: times a bare node', 'at most', 1.4, overGit(ownNode), overGit(nodeFloor)],
];
const cells = (...parts) => parts.map((part, i) => (i === 0 ? part.padEnd(56) : part.padStart(12))).join('');
console.log(`\n${cells('the targets', 'asked', 'git-sops', 'processor', 'the floor', 'processor')}\n`);
for (const [what, bound, target, ours, nothing] of targets) {
  if (Number.isNaN(ours(clock))) continue;
  const met = (value) => (bound === 'at least' ? value >= target : value <= target);
  const cell = (value) => (Number.isNaN(value) ? '' : `${value.toFixed(1)}${met(value) ? '' : ' !'}`);
  const values = [ours(clock), ours(processor), nothing(clock), nothing(processor)];
  console.log(cells(what, `${bound} ${target}`, ...values.map(cell)));
}
console.log('\n! does not meet it. What the floor does not meet is out of reach.');
const twentieth = (results) => (results[shellFilter]?.add ?? Number.NaN) / 20;
if (!Number.isNaN(twentieth(clock))) {
  console.log(
    `A twentieth of sops's add is ${twentieth(clock).toFixed(0)} ms, and Git alone takes ${clock[plain].add.toFixed(0)} to store its objects.`,
  );
}
