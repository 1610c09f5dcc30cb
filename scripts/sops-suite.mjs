// node scripts/sops-suite.mjs [BINARY]: sops's own command-line tests, as they come with its Go module, run against the standalone
// executable (dist/git-sops if not given) under the name sops, after the real sops. A test that only ours fails, and that
// scripts/sops-suite/exceptions.json does not name, is exit code 1; so is a name there that has no reason any more. Nothing of sops's
// is kept. What is missing here names itself, and is exit code 0. Needs go, cargo and gpg, and the real sops.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildTests, runTests } from './sops-suite/functional-tests.mjs';
import { Lab } from './sops-suite/lab.mjs';
import { compareResources } from './sops-suite/resources.mjs';

const version = '3.13.2';
const here = dirname(fileURLToPath(import.meta.url));
const binary = resolve(process.argv[2] ?? join(here, '../dist/git-sops'));
const { needsService, differs } = JSON.parse(readFileSync(join(here, 'sops-suite/exceptions.json'), 'utf8'));

function skip(reason) {
  console.log(`skipped: ${reason}`);
  process.exit(0);
}

const runs = (tool, ...args) => spawnSync(tool, args, { encoding: 'utf8' });
if (!existsSync(binary)) throw new Error(`${binary} is not there: npm run build && npm run build:standalone`);
for (const tool of ['go', 'gpg']) if (runs(tool, tool === 'go' ? 'version' : '--version').error) skip(`no ${tool}`);
const real = runs('sh', '-c', 'command -v sops').stdout.trim();
if (!runs('sops', '--disable-version-check', '--version').stdout?.startsWith(`sops ${version}`))
  skip(`no sops ${version}`);
const module = runs('go', 'mod', 'download', '-json', `github.com/getsops/sops/v3@v${version}`);
if (module.status !== 0) skip(`the Go module of sops ${version} is not to be had`);

const lab = new Lab(JSON.parse(module.stdout).Dir);
const wrong = [];
try {
  const tests = buildTests(lab);
  const run = (sops) => runTests(lab, tests, sops, Object.keys(needsService));
  if (tests !== null) judge(run(real), run(binary));
  const { cases, differences } = compareResources(lab, { real, ours: binary });
  console.log(
    `${cases} commands on the ${lab.resources.length} example files: ${differences.length} do not mean the same`,
  );
  wrong.push(...differences);
} finally {
  lab.remove();
}
for (const line of wrong) console.log(`  wrong: ${line}`);
process.exit(wrong.length > 0 ? 1 : 0);

function judge(theirs, ours) {
  const judged = [...theirs].filter(([, result]) => result !== 'ignored');
  const broken = judged.filter(([, result]) => result !== 'ok').map(([name]) => name);
  const failed = judged.filter(([name]) => ours.get(name) !== 'ok').map(([name]) => name);
  console.log(`${judged.length} functional tests of sops ${version}: ${judged.length - failed.length} pass`);
  for (const [name, reason] of Object.entries(needsService)) console.log(`  not run: ${name} (${reason})`);
  for (const [name, reason] of Object.entries(differs)) console.log(`  differs on purpose: ${name} (${reason})`);
  if (judged.length < 30) wrong.push(`only ${judged.length} tests were run`);
  wrong.push(...broken.map((name) => `${name}: the real sops fails it here`));
  wrong.push(...failed.filter((name) => differs[name] === undefined).map((name) => `${name} fails`));
  const stale = Object.keys(differs).filter((name) => !failed.includes(name));
  wrong.push(...stale.map((name) => `${name} passes: exceptions.json need not name it`));
}
