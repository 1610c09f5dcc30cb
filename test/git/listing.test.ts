import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { indexListing, treeListing } from '../../src/git/index-entries.ts';
import { Listing } from '../../src/git/listing.ts';
import { decodePath, encodePath, type GitPath, joinPaths } from '../../src/git/path.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

interface Entry {
  readonly path: GitPath;
  readonly head: string;
}

/** As Git does: by the bytes of the paths. */
function listingOf(paths: readonly GitPath[], head = '100644 0123 0'): Listing<Entry> {
  const sorted = paths.map(encodePath).sort(Buffer.compare);
  const lines = sorted.flatMap((path) => [Buffer.from(`${head}\t`), path, Buffer.alloc(1)]);
  return new Listing(Buffer.concat(lines), (given, path) => ({ path, head: given }));
}

/** Few letters, so that names are alike; a tab, a newline, and a byte that is no UTF-8. */
const part = fc
  .array(fc.constantFrom('a', 'b', 'ab', 'ü', '\t', '\n', ' 1', '.x', '\udcff'), { minLength: 1, maxLength: 3 })
  .map((letters) => letters.join(''));
const path = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => decodePath(encodePath(parts.join('/'))));
const someFiles = fc.uniqueArray(path, { maxLength: 30 });
const pathsOf = (entries: readonly Entry[]) => entries.map((entry) => entry.path);

test('finds what a look at each entry would', () => {
  fc.assert(
    fc.property(someFiles, path, part, (files, asked, name) => {
      const listing = listingOf(files);
      const all = pathsOf(listing.all());
      expect(new Set(all)).toEqual(new Set(files));
      expect(listing.all().every(({ head }) => head === '100644 0123 0')).toBe(true);
      const bytes = encodePath(asked);
      const beginsSo = (file: GitPath) => encodePath(file).subarray(0, bytes.length).equals(bytes);
      expect(pathsOf(listing.under(asked))).toEqual(all.filter(beginsSo));
      expect(listing.under('')).toEqual(listing.all());
      expect(listing.at(asked)?.path ?? null).toBe(files.includes(asked) ? asked : null);
      expect([...listing.folders()].sort()).toEqual(
        [...new Set(files.map((file) => file.slice(0, file.lastIndexOf('/') + 1)))].sort(),
      );
      expect(listing.paths().equals(joinPaths(all))).toBe(true);
      const isNamed = (file: GitPath) => file === name || file.endsWith(`/${name}`);
      expect(listing.named(name)).toEqual(all.filter(isNamed));
    }),
    { numRuns: 2000 },
  );
});

test('finds what a line begins with, and no path that looks like such a line', () => {
  const lines = ['120000 a\tx', '100644 b\t120000 y', '120000 c\td\t120000 z', '120001 d\tz'];
  const listing = new Listing(Buffer.from(lines.map((line) => `${line}\0`).join('')), (head, path) => ({ head, path }));
  expect(listing.beginning('120000 ')).toEqual([
    { head: '120000 a', path: 'x' },
    { head: '120000 c', path: 'd\t120000 z' },
  ]);
  expect(listing.beginning('100644 ')).toEqual([{ head: '100644 b', path: '120000 y' }]);
  expect(listing.beginning('160000 ')).toEqual([]);
});

test('a path that holds a tab and looks like an entry is none', () => {
  const listing = listingOf(['a\tsecrets/x', 'b\tsecrets/x', 'secrets/x', 'secrets/y', 'z\tsecrets/z']);
  expect(pathsOf(listing.under('secrets/'))).toEqual(['secrets/x', 'secrets/y']);
  expect(listing.at('secrets/z')).toBeNull();
  expect(listing.named('x')).toEqual(['a\tsecrets/x', 'b\tsecrets/x', 'secrets/x']);
});

test('tells in doubt that there may be another stage, and never that there is none', () => {
  expect(listingOf(['a', 'b']).mayEndHead('123')).toBe(false);
  expect(listingOf(['a'], '100644 0123 2').mayEndHead('123')).toBe(true);
});

describe('of Git', () => {
  let box: Sandbox;
  beforeEach(async () => {
    box = await createSandbox();
  });

  test('an index and a tree are listed with all that they say', async () => {
    await box.commit({ 'a b': '', 'dir/ü.yaml': 'x', 'dir/sub/\nodd': '' });
    const run = { cwd: box.repo, env: box.env };
    const [index, tree] = [await indexListing(run), await treeListing('HEAD', run)];
    const paths = ['a b', 'dir/sub/\nodd', 'dir/ü.yaml'];
    expect(index.all().map((entry) => entry.path)).toEqual(paths);
    const oid = await box.git('rev-parse', 'HEAD:dir/ü.yaml');
    expect(index.at('dir/ü.yaml')).toEqual({ path: 'dir/ü.yaml', mode: '100644', kind: 'file', oid, stage: 0 });
    expect(tree.at('dir/ü.yaml')).toEqual({ path: 'dir/ü.yaml', mode: '100644', kind: 'file', oid });
    expect(index.mayEndHead('123')).toBe(false);
  });

  test('what is in conflict shows', async () => {
    await box.commit({ file: 'base\n' });
    await box.git('branch', 'other');
    await box.commit({ file: 'ours\n' });
    await box.git('checkout', '-q', 'other');
    await box.commit({ file: 'theirs\n' });
    await box.tryGit(['merge', '-q', 'main']);
    const listing = await indexListing({ cwd: box.repo, env: box.env });
    expect(listing.mayEndHead('123')).toBe(true);
    expect(listing.all().map(({ stage }) => stage)).toEqual([1, 2, 3]);
  });
});
