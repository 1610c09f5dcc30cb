import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../src/cli/commands.ts';

const pages = [
  ...['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'],
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];

/** A heading's own address, as Git hosts make it. */
const slug = (heading: string) =>
  heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N} _-]/gu, '')
    .replaceAll(' ', '-');
/** Without what stands in code: that is no link. */
const prose = (page: string) =>
  readFileSync(page, 'utf8')
    .replace(/^```.*?^```/gms, '')
    .replace(/`[^`\n]*`/g, '`…`');
const headings = (page: string) =>
  [
    ...readFileSync(page, 'utf8')
      .replace(/^```.*?^```/gms, '')
      .matchAll(/^#+ (.*)$/gm),
  ].map(([, title = '']) => slug(title));

describe('the pages', () => {
  it.each(pages)('%s: every link leads to a file, and to a heading of it', (page) => {
    const links = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = '']) => link);
    const dead = links.filter((link) => {
      if (/^[a-z]+:/.test(link)) return false;
      const [file = '', heading] = link.split('#');
      const target = file === '' ? page : join(dirname(page), file);
      return !existsSync(target) || (heading !== undefined && !headings(target).includes(heading));
    });
    expect(dead).toEqual([]);
  });

  it('README and docs/commands.md speak of every command, and of no other', () => {
    const text = ['README.md', 'docs/commands.md'].map((page) => readFileSync(page, 'utf8')).join('\n');
    const people = Object.entries(commands).flatMap(([name, { plumbing }]) => (plumbing === true ? [] : [name]));
    expect(people.filter((name) => !new RegExp(`\`(?:git sops )?${name}\\b`).test(text))).toEqual([]);
    const named = [...text.matchAll(/git sops ([a-z][a-z-]*)/g)].map(([, name = '']) => name);
    expect(named.filter((name) => !Object.hasOwn(commands, name))).toEqual([]);
  });
});
