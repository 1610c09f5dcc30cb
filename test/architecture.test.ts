import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

/** Who may import whom: down the list's way only. `errors.ts`, `messages.ts`, `clauses.ts`, `quote.ts` and `find-program.ts` are open to all. */
const allowed: Record<string, readonly string[]> = {
  tree: [],
  format: ['tree'],
  crypto: ['tree'],
  keys: ['crypto', 'tree'],
  document: ['tree', 'format', 'crypto', 'keys'],
  library: ['document', 'tree', 'keys', 'format', 'crypto'],
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
      if (b === '') return !['errors.ts', 'messages.ts', 'clauses.ts', 'quote.ts', 'find-program.ts'].includes(to);
      return !allowed[a]?.includes(b);
    });
    expect(wrong).toEqual([]);
  });

  it('has no cycles among files, lazy imports included', () => {
    const targets = new Map(files.map((file) => [file, imports.filter(({ from }) => from === file)]));
    const state = new Map<string, 'open' | 'done'>();
    const cycles: string[] = [];
    const visit = (file: string, above: readonly string[]): void => {
      if (state.get(file) === 'open') cycles.push([...above.slice(above.indexOf(file)), file].join(' → '));
      if (state.has(file)) return;
      state.set(file, 'open');
      for (const { to } of targets.get(file) ?? []) if (to.endsWith('.ts')) visit(to, [...above, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    expect(cycles).toEqual([]);
  });

  it('nothing inside imports the library entry', () => {
    expect(imports.filter(({ to }) => to === 'index.ts')).toEqual([]);
  });

  it('every folder has its place', () => {
    expect([...new Set(files.map(folderOf))].filter((name) => name !== '').sort()).toEqual(Object.keys(allowed).sort());
  });

  it('what Git calls often loads no heavy package statically', () => {
    const heavy = [
      'simple-git',
      'micromatch',
      'husky',
      're2js',
      'age-encryption',
      '@grpc/grpc-js',
      'bcrypt-pbkdf',
      '@noble/curves/ed25519.js',
    ];
    expect(imports.filter(({ to, lazy }) => heavy.includes(to) && !lazy)).toEqual([]);
  });

  it('only the command line ends the process', () => {
    const ending = files.filter((file) => /process\.exit\b/.test(readFileSync(join(src, file), 'utf8')));
    expect(ending.filter((file) => folderOf(file) !== 'cli')).toEqual([]);
  });

  it('its page is one screenful; what does not fit goes to docs/internals.md', () => {
    const lines = readFileSync(resolve('docs/ARCHITECTURE.md'), 'utf8').split('\n');
    expect([lines.length <= 45, lines.filter((line) => line.length > 165)]).toEqual([true, []]);
  });

  it('files stay small', () => {
    // Scanner and composer are a state machine each; cut in two they would only be harder to follow.
    // So is a list of sentences.
    const excepted = ['format/yaml/scanner.ts', 'format/yaml/composer.ts', 'messages.ts'];
    const long = files.filter((file) => readFileSync(join(src, file), 'utf8').split('\n').length > 400);
    expect(long.filter((file) => !excepted.includes(file))).toEqual([]);
  });
});
