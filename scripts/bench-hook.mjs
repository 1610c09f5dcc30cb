// node scripts/bench-hook.mjs [runs]: the pre-commit hook on a commit of one file, against a bare `node -e 0`: at most 2 times as long. The
// contestants take turns, so that what else the machine does meets them all; on a busy one each of the hook's three Git processes waits for
// its turn, and the processor time is what can be compared. Needs bash. Build first: npm run build, npm run build:standalone.
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { env, initSops, measured, median, printTable, run, script, secret, standalone, tmp } from './bench-lab.mjs';

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
// init takes the fastest program there is: what the npm package alone gives is tried where there is neither the executable nor Bun.
const npm = join(tmp, 'npm');
const notInPackage = /\/(?:git-sops(?:\.exe)?|standalone|[^/]*\.cache)$/;
cpSync(dirname(script), npm, { recursive: true, filter: (file) => !notInPackage.test(file) });
env.PATH = env.PATH.split(delimiter)
  .filter((folder) => !existsSync(join(folder, 'bun')))
  .join(delimiter);
const programs = { node: [process.execPath, join(npm, 'start.cjs')] };
if (existsSync(standalone)) programs.standalone = [standalone];

const contestants = { 'node -e 0': [tmp, process.execPath, '-e', '0'] };
for (const [program, words] of Object.entries(programs)) {
  for (const [what, change] of Object.entries(changes)) {
    const repo = repository(`${program} ${what}`, words, change);
    contestants[`${program}, ${what}`] = [repo, join(repo, '.git/hooks/pre-commit')];
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
