import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/commands/check/explain.ts';
import { response } from '../../../src/commands/check/grouped.ts';
import { type FindingKind, findingKinds, isLeak, severityOf } from '../../../src/document/finding.ts';
import { createSandbox } from '../../sandbox.ts';

const flat = (text: string) => text.replace(/\s+/g, ' ').trim();
const page = readFileSync('docs/findings.md', 'utf8');
const kinds = Object.keys(findingKinds) as FindingKind[];
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => [section.slice(0, section.indexOf('\n')), flat(section)]),
);

describe('docs/findings.md', () => {
  it('has a section for each kind in the order of the code, and for nothing else', () => {
    expect([...sections.keys()]).toEqual([...kinds, 'Accepting findings']);
    const rows = [...page.matchAll(/^\| \[([a-z-]+)\]\(#\1\) \| (.*) \| (.*) \|$/gm)].map(([, ...cells]) => cells);
    const severity = (kind: FindingKind) => severityOf(kind) + (isLeak(kind) ? ', leak' : '');
    expect(rows).toEqual(kinds.map((kind) => [kind, severity(kind), findingKinds[kind].title]));
    for (const step of response) expect(page).toContain(step);
  });

  it.each(kinds)(
    'says of %s what the code says: severity, title, why, command; and what is no such finding',
    (kind) => {
      const { title, help, mend } = findingKinds[kind];
      const severity = severityOf(kind) === 'error' ? 'Error' : 'Warning';
      const start = `${kind} **${title}.** ${severity}${isLeak(kind) ? ', a leak' : ''}. ${help} To mend it: \`${mend}\` Not reported: `;
      expect(sections.get(kind)?.slice(0, start.length)).toBe(start);
    },
  );
});

describe('git sops check --explain', () => {
  it.each(kinds)('%s: says the same on a terminal, in lines that fit', (kind) => {
    const { title, help, mend } = findingKinds[kind];
    const told = explain(kind);
    expect(flat(told)).toContain(flat(`${kind} (${severityOf(kind)}): ${title} ${help} To mend it: ${mend}`));
    expect(told.includes('Rewriting history alone is not enough')).toBe(isLeak(kind));
    const paragraph = told.split('\n').slice(2, 6);
    for (const line of paragraph) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('works outside of a repository, and names the kinds where there is none of that name', async () => {
    const box = await createSandbox({ init: null });
    const run = (kind: string) =>
      box.run(process.execPath, [process.env['GIT_SOPS_TEST_CLI'] ?? '', 'check', '--explain', kind]);
    const done = await run('broken-mac');
    expect([done.code, done.stdout.toString()]).toEqual([0, explain('broken-mac')]);
    const wrong = await run('broken-mak');
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain('plaintext-file, plaintext-value');
  });
});
