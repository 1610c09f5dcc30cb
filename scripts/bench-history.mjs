// node scripts/bench-history.mjs [files] [commits] [rounds]: merging files that both sides changed, and git log -p over one-value commits; against
// plain Git without a filter, and against `sops decrypt` as textconv. The lines with `cat` and `true` show what Git's own way of starting a
// program for each file costs, whatever the program does.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  bareNode,
  have,
  initSops,
  printTable,
  run,
  script,
  secret,
  self,
  standalone,
  timed,
  tmp,
} from './bench-lab.mjs';
import { cost } from './cost.mjs';

const files = Number(process.argv[2] ?? 100);
const commits = Number(process.argv[3] ?? 500);
const rounds = Number(process.argv[4] ?? 5);

function repository(name, setUp) {
  const repo = join(tmp, name);
  mkdirSync(join(repo, 'secrets'), { recursive: true });
  run(tmp, 'git', 'init', '-q', repo);
  setUp(repo);
  return repo;
}

function write(repo, change) {
  for (let i = 0; i < files; i++) writeFileSync(join(repo, `secrets/s${i}.yaml`), change(secret(i)));
  run(repo, 'git', 'add', '.');
  run(repo, 'git', 'commit', '-qm', 'all');
}

/** Both sides change each file, lines apart, so that plain Git merges clean too. */
function diverge(repo) {
  write(repo, (text) => text);
  run(repo, 'git', 'checkout', '-qb', 'side');
  write(repo, (text) => text.replace('namespace: prod', 'namespace: test'));
  run(repo, 'git', 'checkout', '-q', 'main');
  write(repo, (text) => text.replace('hunter2@', 'hunter3@'));
  run(repo, 'git', 'branch', 'before');
  // The same with one side's changes alone, which Git takes without asking a driver.
  run(repo, 'git', 'branch', 'one-side', 'main~');
  return repo;
}

const nothing = join(import.meta.dirname, 'merge-nothing.mjs');
const driven = (driver) => (repo) => {
  writeFileSync(join(repo, '.gitattributes'), 'secrets/** merge=none\n');
  run(repo, 'git', 'config', 'merge.none.driver', driver);
};
const isStandalone = self[0] === standalone;
const underNode = `${process.execPath} ${join(dirname(script), 'plumbing.cjs')}`;
const ours = diverge(repository('merge-ours', (repo) => initSops(repo)));
/** `init` takes the fastest form that it finds. */
function initNode(repo) {
  initSops(repo);
  for (const name of ['filter.sops.process', 'merge.sops.driver']) {
    const command = run(repo, 'git', 'config', name).trim();
    run(repo, 'git', 'config', name, command.replaceAll(/(?:BUN_\S+ )?(\S+)\/dist\/git-sops\b/g, underNode));
  }
}
const client = run(ours, 'git', 'config', 'merge.sops.driver').trim();
const merges = {
  'plain Git': diverge(repository('merge-plain', (repo) => writeFileSync(join(repo, '.gitattributes'), ''))),
  'a driver that is true': diverge(repository('merge-true', driven('true'))),
  'our shell, no merging': diverge(
    repository(
      'merge-nothing',
      driven(client.replace(/then [^;{]* merge-server/, `then ${process.execPath} ${nothing}`)),
    ),
  ),
  [`git-sops, ${isStandalone ? 'standalone' : 'Node'}`]: ours,
  ...(isStandalone && { 'git-sops, Node': diverge(repository('merge-node', initNode)) }),
};

/** Git asks the filter about files that are as young as its index: nobody merges within a second. */
function settle(repo, branch) {
  run(repo, 'git', 'checkout', '-qf', '-B', 'main', branch);
  run(repo, 'sleep', '1.1');
  run(repo, 'git', 'update-index', '-q', '--really-refresh', '--force-write-index');
}

const least = (times) => (times.some((time) => time === undefined) ? undefined : Math.min(...times));
const table = {};
for (const name of Object.keys(merges)) table[name] = { both: [], cpu: [], one: [], 'cpu ': [] };
for (let round = 0; round < rounds; round++) {
  for (const [name, repo] of Object.entries(merges)) {
    settle(repo, 'before');
    const both = cost(repo, 'git', 'merge', '-q', '-m', 'merged', 'side');
    settle(repo, 'one-side');
    const one = cost(repo, 'git', 'merge', '-q', '--no-ff', '-m', 'merged', 'side');
    const row = table[name];
    row.both.push(both.wall);
    row.cpu.push(both.cpu);
    row.one.push(one.wall);
    row['cpu '].push(one.cpu);
  }
}
for (const row of Object.values(table)) for (const [what, times] of Object.entries(row)) row[what] = least(times);
console.log(`merging ${files} files: both sides changed each, or one did; milliseconds, the least of ${rounds} rounds`);
console.log('on the clock, and of processor time with all processes\n');
printTable(['both', 'cpu', 'one', 'cpu '], table);
const [plainRow, , floor] = Object.values(table);
const bare = bareNode();
const target = 3 * plainRow.both + bare;
console.log(
  `\na bare node -e 0: ${bare.toFixed(0)}; the target is 3 x ${plainRow.both.toFixed(0)} and that: ${target.toFixed(0)}`,
);
console.log(
  `our shell alone, with a server that does nothing, is ${(floor.both / target).toFixed(1)} times the target\n`,
);

const log500 = repository('log-ours', (repo) => initSops(repo));
for (let c = 0; c < commits; c++) {
  writeFileSync(join(log500, 'secrets/s0.yaml'), secret(0, `word${c}`));
  run(log500, 'git', 'add', '.');
  run(log500, 'git', 'commit', '-qm', `change ${c}`);
}
const log = (...config) => ({
  'log -p': timed(() => run(log500, 'git', ...config, 'log', '-p', '--', 'secrets/s0.yaml')),
});
// Without the filter Git hands the stored blob over.
const noFilter = ['-c', 'filter.sops.process=', '-c', 'filter.sops.smudge=cat', '-c', 'filter.sops.required=false'];
const logs = {
  'git-sops': log(),
  'textconv = true, no filter': log(...noFilter, '-c', 'diff.sops.textconv=true'),
};
if (have('sops', '--disable-version-check', '--version')) {
  const decrypt = 'sops decrypt --input-type yaml --output-type yaml';
  logs['textconv = sops decrypt'] = log(...noFilter, '-c', `diff.sops.textconv=${decrypt}`);
}
console.log(`git log -p over ${commits} one-value commits, milliseconds\n`);
printTable(['log -p'], logs);
