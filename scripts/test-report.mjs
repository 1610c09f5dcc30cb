// For .ci/run: reads the JSON reports of a test run, and of a second one of the files that were broken in the first.
//   broken REPORT        those files, a line each
//   counts REPORT AGAIN  how many tests passed, and how many are broken after all
//   tell REPORT AGAIN    names the broken ones with what they say, and those that passed only when they were tried again
import { existsSync, readFileSync } from 'node:fs';
import { relative } from 'node:path';

const [what, first, second = ''] = process.argv.slice(2);

/** File → what became of it. */
function read(report) {
  if (!existsSync(report)) return new Map();
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'));
  return new Map(
    testResults.map(({ name, status, message, assertionResults }) => [
      relative(process.cwd(), name),
      {
        // One that does not even load has no tests.
        unloaded: status === 'failed' && assertionResults.length === 0 ? (message ?? '') : null,
        tests: assertionResults.map((test) => ({
          name: test.fullName,
          status: test.status,
          why: test.failureMessages,
        })),
      },
    ]),
  );
}

/** What a test says, without the steps of the runner. */
const words = (why) => {
  const lines = why.join('\n').split('\n');
  return `  ${lines
    .filter((line) => !line.includes('node_modules') && !/^\s+at new Promise/.test(line))
    .slice(0, 12)
    .join('\n  ')}`;
};

const failures = ({ unloaded, tests }) => [
  ...(unloaded === null ? [] : [{ name: '(does not load)', why: [unloaded] }]),
  ...tests.filter(({ status }) => status === 'failed'),
];

const once = read(first);
const again = read(second);
const last = new Map([...once, ...again]);
const total = (count) => [...last.values()].reduce((sum, file) => sum + count(file), 0);

if (what === 'broken') {
  for (const [file, result] of once) if (failures(result).length > 0) console.log(file);
} else if (what === 'counts') {
  const passed = total(({ tests }) => tests.filter(({ status }) => status === 'passed').length);
  console.log(
    passed,
    total((result) => failures(result).length),
  );
} else if (what === 'tell') {
  for (const [file, result] of last) {
    for (const { name, why } of failures(result)) {
      console.log(`broken: ${file} > ${name}\n${words(why)}`);
    }
  }
  for (const [file] of again) {
    const stillBroken = new Set(failures(again.get(file)).map(({ name }) => name));
    for (const { name, why } of failures(once.get(file))) {
      if (stillBroken.has(name)) continue;
      console.log(`unsteady, passed when it was tried again: ${file} > ${name}\n${words(why)}`);
    }
  }
} else {
  console.error('usage: test-report.mjs broken|counts|tell REPORT [AGAIN]');
  process.exit(2);
}
