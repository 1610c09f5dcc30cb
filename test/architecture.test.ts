import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Who may import whom: down the list's way only. `errors.ts` and `messages.ts` are open to all. */
const allowed: Record<string, readonly string[]> = {
  tree: [],
  format: ['tree'],
  crypto: ['tree'],
  keys: ['crypto', 'tree'],
  document: ['tree', 'format', 'crypto', 'keys'],
  git: [],
  commands: ['document', 'tree', 'keys', 'git', 'format', 'crypto'],
  cli: ['commands', 'git'],
};

const src = resolve('src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => file.replaceAll('\\', '/'));

interface Import {
  readonly from: string;
  readonly to: string;
  readonly lazy: boolean;
}

const imports: Import[] = files.flatMap((from) => {
  const text = readFileSync(join(src, from), 'utf8');
  return [...text.matchAll(/(?:\bfrom\s+|\bimport\()'([^']+)'/g)].map((match) => ({
    from,
    to: (match[1] ?? '').startsWith('.')
      ? relative(src, resolve(src, dirname(from), match[1] ?? '')).replaceAll('\\', '/')
      : (match[1] ?? ''),
    lazy: match[0].startsWith('import('),
  }));
});

const folderOf = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : '');

describe('the house', () => {
  it('imports go one way', () => {
    const wrong = imports.filter(({ from, to }) => {
      const [a, b] = [folderOf(from), folderOf(to)];
      if (a === '' || !to.endsWith('.ts') || b === a) return false;
      if (b === '') return to !== 'errors.ts' && to !== 'messages.ts';
      return !allowed[a]?.includes(b);
    });
    expect(wrong).toEqual([]);
  });

  it('nothing inside imports the library entry', () => {
    expect(imports.filter(({ to }) => to === 'index.ts')).toEqual([]);
  });

  it('every folder has its place', () => {
    expect([...new Set(files.map(folderOf))].filter((name) => name !== '').sort()).toEqual(Object.keys(allowed).sort());
  });

  it('what Git calls often loads no heavy package statically', () => {
    const heavy = ['simple-git', 'micromatch', 'husky', 're2js', 'age-encryption'];
    expect(imports.filter(({ to, lazy }) => heavy.includes(to) && !lazy)).toEqual([]);
  });

  it('only the command line ends the process', () => {
    const ending = files.filter((file) => /process\.exit\b/.test(readFileSync(join(src, file), 'utf8')));
    expect(ending.filter((file) => folderOf(file) !== 'cli')).toEqual([]);
  });

  it('files stay small', () => {
    // Scanner and composer are a state machine each; cut in two they would only be harder to follow.
    const excepted = ['format/yaml/scanner.ts', 'format/yaml/composer.ts'];
    const long = files.filter((file) => readFileSync(join(src, file), 'utf8').split('\n').length > 400);
    expect(long.filter((file) => !excepted.includes(file))).toEqual([]);
  });
});
