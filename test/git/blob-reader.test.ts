import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeEach, describe, expect, onTestFinished, test } from 'vitest';
import { BlobReader, type BlobReaderOptions, indexObject, treeObject } from '../../src/git/blob-reader.ts';
import { decodePath } from '../../src/git/path.ts';
import { atLeast, gitVersion } from '../../src/git/version.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await createSandbox();
});

function reader(options: BlobReaderOptions = {}): BlobReader {
  const blobs = new BlobReader({ cwd: box.repo, env: box.env, ...options });
  onTestFinished(() => blobs.close());
  return blobs;
}
const text = async (blobs: BlobReader, name: string) => (await blobs.read(name))?.content.toString() ?? null;

test('index, HEAD, id; what is not there is null', async () => {
  await box.commit({ 'a.txt': 'committed\n', 'dir/b.txt': 'b' });
  await box.write('a.txt', 'staged\n');
  await box.git('add', 'a.txt');
  const blobs = reader();
  const oid = await box.git('rev-parse', 'HEAD:a.txt');
  expect(await text(blobs, indexObject('a.txt'))).toBe('staged\n');
  expect(await blobs.read(treeObject('HEAD', 'a.txt'))).toEqual({ oid, content: Buffer.from('committed\n') });
  expect(await text(blobs, oid)).toBe('committed\n');
  expect(await blobs.stat(oid)).toEqual({ oid, size: 10 });
  for (const name of [
    indexObject('nowhere'),
    indexObject('a.txt', 2),
    treeObject('HEAD', 'dir'),
    treeObject('no-such-branch', 'a.txt'),
    'HEAD',
    '0'.repeat(40),
    `${oid} blob 5`,
    'a b missing',
    'nul\0',
    '',
  ]) {
    expect(await blobs.read(name)).toBeNull();
    expect(await blobs.stat(name)).toBeNull();
  }
});

test('many blobs by their ids come in their order, however Git cuts its answers', async () => {
  const contents = Array.from({ length: 300 }, (_, i) =>
    i === 7 ? '' : i === 20 ? 'x'.repeat(300_000) : `${i}\n\n${i}`,
  );
  await box.commit(Object.fromEntries(contents.map((content, i) => [`d/${i}`, content])));
  const entries = (await box.git('ls-tree', '-r', 'HEAD')).split('\n');
  const idOf = new Map(entries.map((line) => [line.split('\t')[1], line.split(/[ \t]/)[2] ?? '']));
  const oids = contents.map((_, i) => idOf.get(`d/${i}`) ?? '');
  const folder = (await box.git('rev-parse', 'HEAD:d')).trim();
  const all = async (ids: readonly string[], options?: BlobReaderOptions) => {
    const found: (string | null)[] = [];
    for await (const group of reader(options).readAll(ids)) {
      for (const content of group) found.push(content?.toString() ?? null);
    }
    return found;
  };
  expect(await all(oids)).toEqual(contents);
  expect(await all([folder, '0'.repeat(40), oids[1] ?? '', oids[1] ?? ''])).toEqual([null, null, '1\n\n1', '1\n\n1']);
  expect(await all([])).toEqual([]);
  await expect(all(oids, { maxBytes: 100_000 })).rejects.toMatchObject({ code: 'git-blob-too-large' });
  await expect(all(oids, { cwd: box.root })).rejects.toMatchObject({ code: 'git-failed' });
});

test('before the first commit there is an index and no HEAD', async () => {
  await box.write('a.txt', 'new\n');
  await box.git('add', 'a.txt');
  const blobs = reader();
  expect(await text(blobs, indexObject('a.txt'))).toBe('new\n');
  expect(await blobs.read(treeObject('HEAD', 'a.txt'))).toBeNull();
});

test('in a merge each stage has its blob', async () => {
  await box.commit({ 'a.txt': 'base\n' });
  await box.git('checkout', '-q', '-b', 'theirs');
  await box.commit({ 'a.txt': 'theirs\n' });
  await box.git('checkout', '-q', 'main');
  await box.commit({ 'a.txt': 'ours\n' });
  expect((await box.tryGit(['merge', 'theirs'])).code).toBe(1);
  const blobs = reader();
  expect(await Promise.all(([0, 1, 2, 3] as const).map((stage) => text(blobs, indexObject('a.txt', stage))))).toEqual([
    null,
    'base\n',
    'ours\n',
    'theirs\n',
  ]);
});

test('paths of any bytes are found, and no other in their place', async () => {
  const paths = ['a b', '2:x', 'x', 'new\nline', 'cr\r', 'cr', 'x missing', 'ü', 'tab\t', '-v', ':(top)', '\n'].map(
    (path) => Buffer.from(path),
  );
  paths.push(Buffer.from('\xff\xfe', 'latin1'), Buffer.from('\xff\n', 'latin1'));
  for (const [i, path] of paths.entries()) await box.write(path, `content ${i}`);
  await box.commit();
  const blobs = reader();
  const any = atLeast(await gitVersion(), [2, 38, 0]);
  for (const [i, path] of paths.entries()) {
    if (!any && /\n|\r$/.test(path.toString('latin1'))) {
      await expect(blobs.read(indexObject(decodePath(path)))).rejects.toMatchObject({ code: 'git-failed' });
      continue;
    }
    expect(await text(blobs, indexObject(decodePath(path)))).toBe(`content ${i}`);
    expect(await text(blobs, treeObject('HEAD', decodePath(path)))).toBe(`content ${i}`);
  }
  if (any) for (const path of ['x\r', 'x\nmissing']) expect(await blobs.read(indexObject(path))).toBeNull();
});

test('many questions at once are answered in order, with contents of every size', async () => {
  const files: Record<string, string> = {};
  for (let i = 0; i < 60; i++) files[`f${i}`] = `${i}\n`.repeat(i ** 3 % 40_000);
  await box.commit({ ...files, big: Buffer.alloc(6_000_000, 'x\n') });
  const blobs = reader();
  const names = [...Object.keys(files), 'nowhere'];
  const answers = await Promise.all([...names, ...names].map((name) => text(blobs, indexObject(name))));
  expect(answers).toEqual([...names, ...names].map((name) => files[name] ?? null));
  expect((await blobs.read(indexObject('big')))?.content.length).toBe(6_000_000);
});

test('above the limit is an error, and the next answer is right', async () => {
  await box.commit({ big: 'x'.repeat(300_000), small: 'abc' });
  const blobs = reader({ maxBytes: 3 });
  const [big, small] = await Promise.allSettled([blobs.read(indexObject('big')), blobs.read(indexObject('small'))]);
  expect(big).toMatchObject({ reason: { code: 'git-blob-too-large', facts: { detail: '300000', other: '3' } } });
  expect(small).toMatchObject({ value: { content: Buffer.from('abc') } });
  expect(await blobs.stat(indexObject('big'))).toMatchObject({ size: 300_000 });
});

test('a changed index is seen by a reader that lives on', async () => {
  await box.commit({ a: 'one' });
  const blobs = reader();
  for (const content of ['two', 'three', 'four']) {
    await box.write('a', content);
    await box.git('add', 'a');
    expect(await text(blobs, indexObject('a'))).toBe(content);
  }
});

test('the environment’s index, folder and worktree are read', async () => {
  await box.commit({ a: 'main' });
  const other = join(box.root, 'other-index');
  await box.write('a', 'elsewhere');
  await box.with({ GIT_INDEX_FILE: other }).git('add', 'a');
  expect(await text(reader({ env: { ...box.env, GIT_INDEX_FILE: other } }), indexObject('a'))).toBe('elsewhere');
  expect(await text(reader(), indexObject('a'))).toBe('main');

  const linked = box.at(join(box.root, 'linked'));
  await box.git('worktree', 'add', '-q', '-b', 'side', linked.repo);
  const blobs = reader({ cwd: linked.repo });
  for (const content of ['linked', 'again']) {
    await linked.write('a', content);
    await linked.git('add', 'a');
    expect(await text(blobs, indexObject('a'))).toBe(content);
  }
  const env = { ...box.env, GIT_DIR: join(box.repo, '.git'), GIT_WORK_TREE: box.repo };
  expect(await text(reader({ cwd: box.root, env }), indexObject('a'))).toBe('main');
});

test('a replaced object is read as it is stored', async () => {
  await box.commit({ a: 'stored', b: 'shown' });
  await box.git('replace', await box.git('rev-parse', ':a'), await box.git('rev-parse', ':b'));
  expect((await box.blob(':a')).toString()).toBe('shown');
  expect(await text(reader(), indexObject('a'))).toBe('stored');
});

test('a submodule is no blob', async () => {
  const inner = await box.init('inner');
  await inner.commit({ x: 'x' });
  await box.git('submodule', '--quiet', 'add', inner.repo, 'sub');
  expect(await reader().read(indexObject('sub'))).toBeNull();
});

describe('trouble', () => {
  test('no repository, then one: the next question starts anew', async () => {
    const blobs = reader({ cwd: box.root });
    await expect(blobs.read('HEAD:a')).rejects.toMatchObject({ code: 'git-failed' });
    await box.git('init', '-q', box.root);
    expect(await blobs.read('HEAD:a')).toBeNull();
  });

  test('no Git', async () => {
    const blobs = reader({ env: { ...box.env, PATH: '/nowhere' } });
    await expect(blobs.read('HEAD:a')).rejects.toMatchObject({ code: 'git-missing' });
  });

  test('an ambiguous id', async () => {
    // Both ids begin with 8324.
    await box.commit({ a: '142', b: '784' });
    const blobs = reader();
    await expect(blobs.read('8324')).rejects.toMatchObject({ code: 'git-failed' });
    expect(await text(blobs, indexObject('b'))).toBe('784');
  });

  test('a damaged object', async () => {
    await box.commit({ a: 'a', b: 'b' });
    const oid = await box.git('rev-parse', ':a');
    await box.run('chmod', ['u+w', `.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`]);
    await box.write(`.git/objects/${oid.slice(0, 2)}/${oid.slice(2)}`, 'damaged');
    const blobs = reader();
    const answers = await Promise.allSettled([blobs.read(indexObject('a')), blobs.read(indexObject('b'))]);
    expect(answers.map((answer) => answer.status)).not.toContain('pending');
    expect(answers[0]).not.toMatchObject({ status: 'fulfilled', value: { content: expect.anything() } });
    expect(await text(blobs, indexObject('b'))).toBe('b');
  });

  test('a missing object of a partial clone is not fetched', async () => {
    await box.commit({ a: 'not here' });
    await box.git('config', 'uploadpack.allowFilter', 'true');
    const partial = join(box.root, 'partial');
    await box.git('clone', '-q', '--no-checkout', '--filter=blob:none', `file://${box.repo}`, partial);
    const [answer] = await Promise.allSettled([reader({ cwd: partial }).read('HEAD:a')]);
    expect(answer).not.toMatchObject({ status: 'fulfilled', value: { content: expect.anything() } });
    expect(await text(reader({ cwd: partial, lazyFetch: true }), 'HEAD:a')).toBe('not here');
  });
});

test('neither an idle reader nor its children keep a process alive', async () => {
  await box.commit({ a: 'abc' });
  const program = join(box.root, 'ask.mjs');
  await build({
    stdin: {
      contents: `import { BlobReader } from './src/git/blob-reader.ts';
        const blobs = new BlobReader();
        console.log((await blobs.read('HEAD:a')).content.toString(), (await blobs.stat('HEAD:a')).size);
        console.log((await blobs.read('HEAD:a')).content.toString());`,
      resolveDir: new URL('../..', import.meta.url).pathname,
    },
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  for (const runtime of [process.execPath, new URL('../../node_modules/.bin/bun', import.meta.url).pathname]) {
    const done = await box.run(runtime, [program]);
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout.toString()).toBe('abc 3\nabc\n');
  }
});
