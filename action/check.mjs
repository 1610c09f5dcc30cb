// The step "Check" of action.yml.
import { appendFileSync, writeFileSync } from 'node:fs';
import { commitsOfEvent, fetchHistory } from './event.mjs';
import { runGitSops } from './run.mjs';

const { RANGE, FORMAT, REPORT, BASELINE, GITHUB_OUTPUT, GITHUB_STEP_SUMMARY } = process.env;

const range = RANGE || rangeOfEvent();
const options = BASELINE ? ['--baseline', BASELINE] : [];

const { status, stdout } = check(FORMAT || 'github');
process.stdout.write(stdout);
if (REPORT) writeFileSync(REPORT, stdout);
if (GITHUB_STEP_SUMMARY && status !== 2) appendFileSync(GITHUB_STEP_SUMMARY, check('markdown').stdout);
const result = status === 0 ? 'clean' : status === 1 ? 'findings' : 'error';
if (GITHUB_OUTPUT) appendFileSync(GITHUB_OUTPUT, `result=${result}\nrange=${range}\n`);
process.stderr.write(`git-sops: ${result} in ${range}\n`);
process.exitCode = status;

function rangeOfEvent() {
  const first = commitsOfEvent();
  fetchHistory(first === null ? [] : [first.from, first.to]);
  // Only now it is known what is here.
  const commits = commitsOfEvent();
  return commits === null ? 'HEAD' : `${commits.from}..${commits.to}`;
}

function check(format) {
  const args = ['check', '--format', format, ...options, range];
  const done = runGitSops(args);
  // Not found, or ended by a signal: nothing was judged.
  return { status: done.status ?? 2, stdout: done.stdout ?? '' };
}
