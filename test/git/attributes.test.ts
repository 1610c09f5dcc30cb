import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { amongFiltered, checkAttributes, filterAttributes, filteredHere } from '../../src/git/attributes.ts';
import { decodePath } from '../../src/git/path.ts';
import { resolveTree } from '../../src/git/revision.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await createSandbox();
});
const at = () => ({ cwd: box.repo, env: box.env });

test('all four attributes of many paths in one go', async () => {
  await box.write('.gitattributes', '*.yaml filter=sops diff=sops merge=sops -text\nplain.yaml !filter\n');
  const odd = decodePath(Buffer.from('\xff\n.yaml', 'latin1'));
  const found = await filterAttributes(['a.yaml', 'plain.yaml', odd, '*.txt', ':(top)x.yaml'], at());
  expect([...found.keys()]).toEqual(['a.yaml', 'plain.yaml', odd, '*.txt', ':(top)x.yaml']);
  expect(found.get(odd)).toEqual({ filter: 'sops', diff: 'sops', merge: 'sops', text: 'unset' });
  expect(found.get('plain.yaml')?.filter).toBe('unspecified');
  expect(found.get('*.txt')).toEqual({
    filter: 'unspecified',
    diff: 'unspecified',
    merge: 'unspecified',
    text: 'unspecified',
  });
  expect(await filterAttributes([], at())).toEqual(new Map());
});

test('the working tree’s, the index’s and a commit’s attributes', async () => {
  await box.commit({ '.gitattributes': '* filter=committed\n', a: '', 'sub/.gitattributes': 'x filter=deep\n' });
  await box.write('.gitattributes', '* filter=staged\n');
  await box.git('add', '.gitattributes');
  await box.write('.gitattributes', '* filter=unstaged\n');
  const tree = await resolveTree('HEAD', at());
  const filter = async (of: 'worktree' | 'index' | { tree: string }) =>
    (await checkAttributes(['a', 'sub/x'], ['filter'], { ...at(), of })).get('a')?.filter;
  expect(await filter('worktree')).toBe('unstaged');
  expect(await filter('index')).toBe('staged');
  expect(await filter({ tree })).toBe('committed');
  const deep = await checkAttributes(['sub/x'], ['filter'], { ...at(), of: { tree } });
  expect(deep.get('sub/x')).toEqual({ filter: 'deep' });
  // The index that stood in for the tree, where one was needed, is gone.
  expect((await readdir(join(box.repo, '.git'))).filter((name) => name.startsWith('git-sops'))).toEqual([]);
  expect(await filter('index')).toBe('staged');
});

test('a tree’s attributes in a bare repository', async () => {
  await box.commit({ '.gitattributes': '* filter=committed\n', a: '' });
  const bare = join(box.root, 'bare.git');
  await box.git('clone', '-q', '--bare', box.repo, bare);
  const tree = await resolveTree('HEAD', { cwd: bare, env: box.env });
  const found = await checkAttributes(['a'], ['filter'], { cwd: bare, env: box.env, of: { tree } });
  expect(found.get('a')).toEqual({ filter: 'committed' });
});

test('paths with a filter among others, whatever they are called', async () => {
  const odd = decodePath(Buffer.from('\xff\n.yaml', 'latin1'));
  await box.write('.gitattributes', '*.yaml filter=sops\nvalue filter=filter\n/filter filter=sops\nlast filter=sops\n');
  expect(await amongFiltered(['a.yaml', 'b', odd, 'é.yaml', 'last'], 'sops', at())).toEqual([
    'a.yaml',
    odd,
    'é.yaml',
    'last',
  ]);
  // A value in front of a path must not pass for a path in front of a value.
  expect(await amongFiltered(['value', 'sops', 'x', 'filter', 'sops'], 'sops', at())).toEqual(['filter']);
  expect(await amongFiltered(['value', 'sops'], 'sops', at())).toEqual([]);
  expect(await amongFiltered(['value', 'sops'], 'filter', at())).toEqual(['value']);
  expect(await amongFiltered(['b'], 'sops', at())).toEqual([]);
});

test('paths by their filter', async () => {
  await box.commit({ '.gitattributes': '*.yaml filter=sops\n', 'a.yaml': '', 'b.txt': '', 'd/new\nline.yaml': '' });
  await box.write('untracked.yaml', '');
  expect(await filteredHere('sops', at())).toEqual(['a.yaml', 'd/new\nline.yaml']);
  // From below it is the same: names from the top, of all files.
  expect(await filteredHere('sops', { ...at(), cwd: join(box.repo, 'd') })).toEqual(['a.yaml', 'd/new\nline.yaml']);
  expect(await filteredHere('other', at())).toEqual([]);
});
