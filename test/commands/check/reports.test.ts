import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { githubReport } from '../../../src/commands/check/github.ts';
import { gitlabReport } from '../../../src/commands/check/gitlab.ts';
import { jsonReport } from '../../../src/commands/check/json.ts';
import { junitReport } from '../../../src/commands/check/junit.ts';
import { markdownReport } from '../../../src/commands/check/markdown.ts';
import type { Report } from '../../../src/commands/check/report.ts';
import { textReport } from '../../../src/commands/check/text.ts';
import { type Finding, type FindingKind, findingKinds, severityOf } from '../../../src/document/finding.ts';

const kinds = Object.keys(findingKinds) as FindingKind[];
const oid = 'a'.repeat(40);
const foundIn = { commit: 'b'.repeat(40), authorDate: '2026-02-03T04:05:06+01:00' };
/** A path that would write a line, a column, a command or a tag of its own, and one that is not UTF-8. */
const hostile = 'a\n::error::b|c`d<e>&"f\x1b[31m.yaml';
const findings: Finding[] = [
  ...kinds.map(
    (kind): Finding => ({ kind, path: 'secrets/db.yaml', line: 3, column: 7, keyPath: 'a["b c"]', mend: 'x' }),
  ),
  { kind: 'plaintext-file', path: 'secrets/db.yaml', oid, foundIn, mend: 'git add --renormalize -- secrets/db.yaml' },
  { kind: 'plaintext-file', path: 'secrets/db.yaml', oid: 'c'.repeat(40), foundIn, mend: 'git add --renormalize -- x' },
  { kind: 'private-key', path: 'refs/tags/x', ref: 'refs/tags/x', detail: 'named by refs/tags/x', mend: 'x' },
  { kind: 'no-rule', path: hostile, detail: 'two\nlines, 100%', mend: 'x' },
  { kind: 'broken-mac', path: 'caf\udce9.yaml', mend: 'x' },
];
const full: Report = {
  scope: 'the index',
  files: 7,
  findings,
  accepted: [{ finding: { kind: 'no-rule', path: 'b.yaml', mend: 'x' }, reason: 'an example' }],
  warnings: ['a key source cannot be read\x1b[0m'],
};
const none: Report = { scope: 'the index', files: 1, findings: [], warnings: [] };
const errors = findings.filter(({ kind }) => severityOf(kind) === 'error').length;

/** The published schema lets unknown fields pass, for what later versions add; here none may. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const entries = Object.entries(schema).map(([name, value]) => [name, closed(value)]);
  const copy = Object.fromEntries(entries) as Record<string, unknown>;
  return copy['required'] !== undefined && copy['type'] === 'object' ? { ...copy, additionalProperties: false } : copy;
}

describe('JSON', () => {
  const schema = JSON.parse(readFileSync('docs/check.schema.json', 'utf8'));
  const valid = new Ajv({ strict: true, strictRequired: false, strictTypes: false, allErrors: true }).compile(schema);

  it('is what docs/check.schema.json says', () => {
    for (const report of [full, none]) {
      expect(valid(JSON.parse(jsonReport(report))), JSON.stringify(valid.errors)).toBe(true);
    }
    const { findings: told, response } = JSON.parse(jsonReport(full));
    expect(told).toHaveLength(findings.length);
    expect(response.join(' ')).toContain('Rewriting history alone is not enough');
    expect(JSON.parse(jsonReport(none)).response).toBeUndefined();
    expect(valid({ ...JSON.parse(jsonReport(none)), files: -1 })).toBe(false);
  });

  it('has no field that the schema does not describe', () => {
    // What is accepted has the finding's fields and a reason, which a closed schema cannot say in draft 7.
    const strict = new Ajv({ strict: false, allErrors: true }).compile(closed(schema) as object);
    const report = { ...JSON.parse(jsonReport(full)), accepted: [] };
    expect(strict(report), JSON.stringify(strict.errors)).toBe(true);
    expect(strict({ ...report, extra: 1 })).toBe(false);
    report.findings[0].extra = 1;
    expect(strict(report)).toBe(false);
  });
});

describe('GitHub annotations', () => {
  /** How the runner reads a line: the command, properties up to `::`, the rest is the message; then the escapes. */
  const read = (line: string) => {
    const [, command = '', properties = '', message = ''] = /^::(\w+) (.*?)::(.*)$/.exec(line) ?? [];
    const decode = (text: string) =>
      text
        .replaceAll('%3A', ':')
        .replaceAll('%2C', ',')
        .replaceAll('%0D', '\r')
        .replaceAll('%0A', '\n')
        .replaceAll('%25', '%');
    const entries = properties.split(',').map((part) => part.split(/=(.*)/s).slice(0, 2).map(decode));
    return { command, message: decode(message), ...Object.fromEntries(entries) };
  };

  it('are one line each, with file, line and column, and let no path speak', () => {
    const lines = githubReport(full).trimEnd().split('\n').map(read);
    expect(lines).toHaveLength(findings.length);
    expect(lines[0]).toMatchObject({ command: 'error', file: 'secrets/db.yaml', line: '3', col: '7' });
    const odd = lines.find(({ file }) => file === hostile);
    expect(odd).toMatchObject({ command: 'warning', title: findingKinds['no-rule'].title });
    expect(odd?.message).toContain('two\nlines, 100%');
    expect(githubReport(none)).toBe('');
  });
});

describe('GitLab code quality', () => {
  it('is what GitLab reads: description, check name, a fingerprint of its own, severity, path and first line', () => {
    const text = { type: 'string', minLength: 1 };
    const issue = {
      type: 'object',
      required: ['description', 'check_name', 'fingerprint', 'severity', 'location'],
      properties: {
        description: text,
        check_name: { enum: kinds },
        fingerprint: text,
        severity: { enum: ['info', 'minor', 'major', 'critical', 'blocker'] },
        location: {
          type: 'object',
          required: ['path', 'lines'],
          properties: {
            path: { type: 'string', pattern: '^(?!\\./|/)' },
            lines: { type: 'object', required: ['begin'], properties: { begin: { type: 'integer', minimum: 1 } } },
          },
        },
      },
    };
    const valid = new Ajv().compile({ type: 'array', items: issue });
    const issues = JSON.parse(gitlabReport(full));
    expect(valid(issues), JSON.stringify(valid.errors)).toBe(true);
    expect(issues).toHaveLength(findings.length);
    expect(new Set(issues.map(({ fingerprint }: { fingerprint: string }) => fingerprint)).size).toBe(issues.length);
    expect(gitlabReport(none)).toBe('[]\n');
  });
});

const python = process.env['GIT_SOPS_TEST_PYTHON'];

describe('JUnit', () => {
  it('fails for errors, prints warnings, and has one test that passed where there is nothing', () => {
    const report = junitReport(full);
    expect(report.match(/<failure /g)).toHaveLength(errors);
    expect(report.match(/<system-out>/g)).toHaveLength(findings.length - errors);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML 1.0 has no way to write them
    expect(report).not.toMatch(/[\x00-\x08\x0b\x0c\x0e-\x1f]/);
    expect(junitReport(none)).toContain('<testcase classname="git-sops" name="1 covered file in the index"/>');
  });

  it.skipIf(python === undefined)('is what junitparser reads (needs GIT_SOPS_TEST_PYTHON, with junitparser)', () => {
    const script = `
import json, sys
from junitparser import JUnitXml
xml = JUnitXml.fromstring(sys.stdin.buffer.read())
cases = [case for suite in xml for case in suite]
print(json.dumps([xml.tests, xml.failures, len(cases), sum(len(case.result) > 0 for case in cases), cases[0].name, cases[-2].classname]))
`;
    const read = (report: Report) => {
      const { stdout, stderr } = spawnSync(python ?? '', ['-c', script], {
        input: junitReport(report),
        encoding: 'utf8',
      });
      expect(stderr).toBe('');
      return JSON.parse(stdout);
    };
    const { length } = findings;
    expect(read(full).slice(0, 5)).toEqual([
      length,
      errors,
      length,
      errors,
      `${findingKinds['plaintext-file'].title}: a["b c"]`,
    ]);
    expect(read(full)[5]).toContain('::error::b|c`d<e>&');
  });
});

describe('Markdown', () => {
  it('is a table of five bars a row, whatever a path holds, and says how to respond', () => {
    const report = markdownReport(full);
    const rows = report.split('\n').filter((line) => line.startsWith('|'));
    // The same leak in two versions is one row.
    expect(rows).toHaveLength(2 + findings.length - 1);
    for (const row of rows) expect(row.replaceAll('\\|', '').match(/\|/g)).toHaveLength(5);
    expect(report).toContain('3. Rewriting history alone is not enough');
    expect(report).toContain(', 1 accepted');
    expect(markdownReport(none)).toContain('Clean: 1 covered file in ');
  });
});

describe('text', () => {
  it('is grouped by file, names the way out of each, colours only when asked, and lets no name speak to the terminal', () => {
    const report = textReport(full, false);
    expect(report).not.toContain('\x1b');
    expect(report.split('\n').filter((line) => line === 'secrets/db.yaml')).toHaveLength(1);
    expect(report.match(/^ {11}try: /gm)).toHaveLength(findings.length - 1);
    expect(report).toContain('what a kind means: git sops check --explain plaintext-file');
    expect(report).toContain(
      `${errors} errors, ${findings.length - errors} warnings: 7 covered files in the index, 1 accepted`,
    );
    expect(report).toContain('and in 1 later version');
    expect(textReport(full, true)).toContain('\x1b[31merror');
    expect(textReport(none, false)).toBe('clean: 1 covered file in the index\n');
  });
});
