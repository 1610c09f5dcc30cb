// node scripts/bench-hook.mjs [runs]: the pre-commit hook on a commit of one file, against a bare `node -e 0`: at most 2 times as long. The
// contestants take turns, so that what else the machine does meets them all; on a busy one each of the hook's three Git processes waits for
// its turn, and the processor time is what can be compared. Needs bash. Build first: npm run build, npm run build:standalone.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { initSops, measured, median, printTable, run, script, secret, standalone, tmp } from './bench-lab.mjs';

const runs = Number(process.argv[2] ?? 25);

/** A repository with 50 secrets, one change staged, and the hook that init installs. */
function repository(name, words, change) {
  const repo = join(tmp, name);
  mkdirSync(join(repo, 'secrets'), { recursive: true });
  run(tmp, 'git', 'init', '-q', repo);
  initSops(repo, words, 'native');
  for (let i = 0; i < 50; i++) writeFileSync(join(repo, `secrets/s${i}.yaml`), secret(i));
  writeFileSync(join(repo, 'readme.md'), 'text\n');
  run(repo, 'git', 'add', '.');
  run(repo, 'git', 'commit', '-qm', 'all');
  change(repo);
  run(repo, 'git', 'add', '.');
  return repo;
}

const changes = {
  'a secret': (repo) => writeFileSync(join(repo, 'secrets/s1.yaml'), secret(1, 'hunter3')),
  'another file': (repo) => writeFileSync(join(repo, 'readme.md'), 'other text\n'),
};
const programs = { node: [process.execPath, script] };
if (existsSync(standalone)) programs.standalone = [standalone];

const contestants = { 'node -e 0': [tmp, process.execPath, '-e', '0'] };
for (const [program, words] of Object.entries(programs)) {
  for (const [what, change] of Object.entries(changes)) {
    const repo = repository(`${program} ${what}`, words, change);
    const hook = join(repo, '.git/hooks/pre-commit');
    // init takes the executable that stands beside the script.
    const text = readFileSync(hook, 'utf8');
    const plain = `'${process.execPath}' '${join(script, '..', 'plumbing.cjs')}'`;
    if (program === 'node') writeFileSync(hook, text.replaceAll(/'?[^\s']*\/dist\/git-sops'?(?= hook)/g, plain));
    contestants[`${program}, ${what}`] = [repo, hook];
  }
}

const times = Object.fromEntries(Object.keys(contestants).map((name) => [name, { time: [], processor: [] }]));
for (let i = 0; i < runs; i++) {
  for (const [name, command] of Object.entries(contestants)) {
    const { time, processor } = measured(...command);
    times[name].time.push(time);
    times[name].processor.push(processor);
  }
}
console.log('The pre-commit hook on a commit of one file, milliseconds (times node -e 0)\n');
const rows = Object.entries(times).map(([name, { time, processor }]) => [
  name,
  { 'from start to end': median(time), 'processor time': median(processor) },
]);
printTable(['from start to end', 'processor time'], Object.fromEntries(rows));
