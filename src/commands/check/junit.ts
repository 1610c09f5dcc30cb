import { findingKinds, severityOf } from '../../document/finding.ts';
import { escapeText, quotePath } from '../../quote.ts';
import { count } from '../terminal/count.ts';
import type { Report } from './report.ts';
import { sentenceOf } from './sentence.ts';

/** JUnit's XML: each finding is a test case, by file; an error fails, a warning is only printed. */
export function junitReport({ scope, files, counted = 'covered file', findings }: Report): string {
  const paths = [...new Set(findings.map(({ path }) => path))];
  const suites = paths.map((path) => {
    const here = findings.filter((finding) => finding.path === path);
    const failures = here.filter(({ kind }) => severityOf(kind) === 'error').length;
    const cases = here.map((finding) => {
      const { kind, line, keyPath, mend } = finding;
      const name = [findingKinds[kind].title, keyPath].filter((part) => part !== undefined).join(': ');
      const text = `${quotePath(path)}${line === undefined ? '' : `:${line}`}\n${sentenceOf(finding)}\nTo mend it: ${mend}`;
      const place = line === undefined ? '' : ` line="${line}"`;
      const body =
        severityOf(kind) === 'error'
          ? `<failure type="${kind}" message="${attribute(sentenceOf(finding))}">${content(text)}</failure>`
          : `<system-out>${content(text)}</system-out>`;
      return `    <testcase classname="${attribute(quotePath(path))}" name="${attribute(name)}" file="${attribute(quotePath(path))}"${place}>${body}</testcase>\n`;
    });
    return `  <testsuite name="${attribute(quotePath(path))}" tests="${here.length}" failures="${failures}">\n${cases.join('')}  </testsuite>\n`;
  });
  if (suites.length === 0) {
    // Services take a report without a single test for a broken one.
    const name = attribute(`${count(files, counted)} in ${scope}`);
    suites.push(
      `  <testsuite name="git-sops" tests="1" failures="0">\n    <testcase classname="git-sops" name="${name}"/>\n  </testsuite>\n`,
    );
  }
  const errors = findings.filter(({ kind }) => severityOf(kind) === 'error').length;
  const tests = Math.max(findings.length, 1);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="git sops check" tests="${tests}" failures="${errors}">\n${suites.join('')}</testsuites>\n`;
}

/** XML 1.0 has no way to write control characters, so they are escaped as for a terminal. */
function attribute(text: string): string {
  return content(escapeText(text)).replaceAll('"', '&quot;');
}

function content(text: string): string {
  return text
    .split('\n')
    .map((line) => escapeText(line).replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'))
    .join('\n');
}
