import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { beforeAll, describe, expect, test } from 'vitest';
import { serveFilter } from '../../src/git/filter-protocol.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

const root = new URL('../..', import.meta.url).pathname;
const bun = join(root, 'node_modules/.bin/bun');
const runtimes = [process.execPath, ...(existsSync(bun) ? [bun] : [])];

interface Logged {
  readonly command?: string;
  readonly path?: string;
  readonly size?: number;
  readonly treeish?: string | null;
  readonly blob?: string | null;
  readonly failed?: string;
  readonly why?: string;
  readonly end?: boolean;
}

let program: string;
beforeAll(async () => {
  const box = await createSandbox({ init: null });
  program = join(box.root, 'rot13.mjs');
  await build({
    entryPoints: [join(root, 'test/git/filters/rot13.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'error',
  });
  return () => box.remove();
});

describe.each(runtimes)('%s', (runtime) => {
  async function rot13Box(): Promise<{ box: Sandbox; log: () => Promise<Logged[]> }> {
    const plain = await createSandbox();
    const file = join(plain.root, 'rot13.log');
    const box = plain.with({ ROT13_LOG: file });
    // If Git fell back to one process a file, `false` would fail it.
    for (const [key, value] of [
      ['process', `"${runtime}" "${program}"`],
      ['clean', 'false'],
      ['smudge', 'false'],
      ['required', 'true'],
    ] as const) {
      await box.git('config', '--global', `filter.rot13.${key}`, value);
    }
    await box.git('config', 'core.attributesFile', join(box.root, 'attributes'));
    await box.write('../attributes', '*.r filter=rot13 -text\n');
    const log = async () => {
      const text = existsSync(file) ? await readFile(file, 'utf8') : '';
      return text
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Logged);
    };
    return { box, log };
  }
  // As a set: when a file and the index have the same time stamp, Git cleans once more to be sure.
  const names = (entries: Logged[], command: string) =>
    [...new Set(entries.filter((entry) => entry.command === command).map((entry) => entry.path))].sort();

  test('add, checkout and status of several files use one process each', async () => {
    const { box, log } = await rot13Box();
    const files = { 'a.r': 'Hello\n', 'sub/b.r': 'World\n', 'plain.txt': 'as it is\n', 'empty.r': '' };
    for (const [path, content] of Object.entries(files)) await box.write(path, content);
    await box.git('add', '--all');
    const added = await log();
    expect(names(added, 'clean')).toEqual(['a.r', 'empty.r', 'sub/b.r']);
    expect(added.filter((entry) => entry.end)).toHaveLength(1);
    await box.git('commit', '--quiet', '--message', 'all');
    expect((await box.blob('HEAD:a.r')).toString()).toBe('Uryyb\n');
    expect((await box.blob('HEAD:sub/b.r')).toString()).toBe('Jbeyq\n');
    expect((await box.blob('HEAD:empty.r')).length).toBe(0);

    await box.git('rm', '--quiet', '-r', '--cached', '.');
    await box.git('reset', '--quiet', '--hard');
    expect(await box.read('a.r')).toBe('Hello\n');
    expect(await box.read('sub/b.r')).toBe('World\n');
    const smudged = (await log()).filter((entry) => entry.command === 'smudge' && entry.path === 'a.r');
    expect(smudged).toHaveLength(1);
    expect(smudged[0]?.blob).toBe(await box.git('rev-parse', 'HEAD:a.r'));
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  test('paths of any bytes come through, delayed too', async () => {
    const { box, log } = await rot13Box();
    const paths = [
      'with space.r',
      'quo"te\\.r',
      'new\nline.r',
      'end.r\n.r',
      'ü 秘密 😀.r',
      '-v.r',
      'a=b=c.r',
      '\xff\xfe.r',
    ];
    const bytes = paths.map((path) => Buffer.from(path, path.startsWith('\xff') ? 'latin1' : 'utf8'));
    for (const path of bytes) await box.write(path, 'abc\n');
    await box.git('add', '--all');
    await box.git('commit', '--quiet', '--message', 'all');
    const clone = box.at(join(box.root, 'clone'));
    await box.git('clone', '--quiet', '--no-checkout', box.repo, clone.repo);
    await clone.git('config', 'core.attributesFile', join(box.root, 'attributes'));
    await clone.git('checkout', '--quiet', 'main');
    for (const path of bytes) expect((await clone.readBytes(path)).toString()).toBe('abc\n');
    const seen = bytes.map((path) => path.toString('latin1')).sort();
    expect(names(await log(), 'clean')).toEqual(seen);
    expect(names(await log(), 'smudge')).toEqual(seen);
  });

  test('a linked worktree, and GIT_DIR with GIT_WORK_TREE', async () => {
    const { box } = await rot13Box();
    await box.commit({ 'a.r': 'abc\n' });
    await box.git('worktree', 'add', '--quiet', '../linked');
    const linked = box.at(join(box.root, 'linked'));
    expect(await linked.read('a.r')).toBe('abc\n');
    await linked.commit({ 'sub/b.r': 'abc\n' });
    expect((await linked.blob('HEAD:sub/b.r')).toString()).toBe('nop\n');
    const elsewhere = box.at(join(box.root, 'home')).with({
      GIT_DIR: join(box.repo, '.git'),
      GIT_WORK_TREE: join(box.root, 'home'),
    });
    await elsewhere.git('checkout', '--quiet', '--force', 'main', '--', '.');
    expect(await elsewhere.read('a.r')).toBe('abc\n');
  });

  test('several megabytes go both ways', async () => {
    const { box } = await rot13Box();
    const content = Buffer.alloc(5_000_001, 'Sixteen letters.');
    await box.commit({ 'big.r': content });
    await box.git('checkout', '--quiet', '--orphan', 'other');
    await box.git('rm', '--quiet', '-rf', '.');
    await box.git('checkout', '--quiet', 'main');
    expect((await box.readBytes('big.r')).equals(content)).toBe(true);
  });

  test('a delayed checkout runs at the same time and shows Git’s own progress', async () => {
    const { box } = await rot13Box();
    const files = Object.fromEntries(Array.from({ length: 10 }, (_, i) => [`slow${i}.r`, `file ${i}\n`]));
    await box.write('quick.r', 'quick\n');
    for (const [path, content] of Object.entries(files)) await box.write(path, content);
    await box.git('add', '--all');
    await box.git('commit', '--quiet', '--message', 'slow');
    await box.git('rm', '--quiet', '-rf', '--cached', '.');
    await box.git('clean', '--quiet', '-fd');
    const begin = performance.now();
    // GIT_PROGRESS_DELAY is Git's own, see git(1).
    const reset = await box.tryGit(['checkout', '--progress', '--force', 'main'], { env: { GIT_PROGRESS_DELAY: '0' } });
    expect(reset.stderr).toMatch(/Filtering content: 100% \(11\/11\)/);
    expect(performance.now() - begin).toBeLessThan(10 * 200);
    expect(await box.read('slow7.r')).toBe('file 7\n');
    expect(await box.git('status', '--porcelain')).toBe('');
  });

  test('with no room for delayed content the answer comes at once', async () => {
    const { box } = await rot13Box();
    await box.commit({ 'a.r': 'aaaa\n', 'b.r': 'bbbb\n', 'c.r': 'cccc\n' });
    await box.git('rm', '--quiet', '-r', '--cached', '.');
    const done = await box.with({ ROT13_MAX_DELAYED: '6' }).tryGit(['checkout', '--progress', '--force', 'main'], {
      env: { GIT_PROGRESS_DELAY: '0' },
    });
    expect(done.code).toBe(0);
    await box.git('rm', '--quiet', '-r', 'a.r', 'b.r', 'c.r');
    const some = await box.with({ ROT13_MAX_DELAYED: '6' }).tryGit(['checkout', '--progress', '--force', 'main'], {
      env: { GIT_PROGRESS_DELAY: '0' },
    });
    expect(some.stderr).toMatch(/Filtering content: 100% \(1\/1\)/);
    expect([await box.read('a.r'), await box.read('b.r'), await box.read('c.r')]).toEqual([
      'aaaa\n',
      'bbbb\n',
      'cccc\n',
    ]);
  });

  test('what throws, refuses or is too large stops add, and the process goes on', async () => {
    const { box, log } = await rot13Box();
    await box.commit({ 'good.r': 'one\n' });
    await box.write('a-throw.r', 'x\n');
    await box.write('good.r', 'two\n');
    const index = await box.readBytes('.git/index');
    const done = await box.tryGit(['add', '--all']);
    expect(done.code).toBe(128);
    expect(done.stderr).toContain("clean filter 'rot13' failed");
    expect(await log()).toContainEqual({ failed: 'a-throw.r', why: 'as asked' });
    expect((await box.readBytes('.git/index')).equals(index)).toBe(true);

    await box.git('config', 'filter.rot13.required', 'false');
    await box.write('b-refuse.r', 'x\n');
    await box.write('c-large.r', 'x'.repeat(100_000));
    await box.with({ ROT13_MAX_CONTENT: '99999' }).git('add', '--all');
    const entries = await log();
    expect(entries.at(-1)).toEqual({ end: true });
    expect(entries.find((entry) => entry.failed === 'c-large.r')?.why).toContain('100000');
    expect((await box.blob(':good.r')).toString()).toBe('gjb\n');
    expect((await box.blob(':b-refuse.r')).toString()).toBe('x\n');
  });

  test('a delayed smudge that fails stops the checkout', async () => {
    const { box, log } = await rot13Box();
    await box.commit({ 'slow-unsmudgeable.r': 'x\n', 'a.r': 'a\n' });
    await box.git('rm', '--quiet', '-rf', '.');
    const done = await box.tryGit(['checkout', '--force', 'main']);
    expect(done.code).not.toBe(0);
    expect(existsSync(box.path('slow-unsmudgeable.r'))).toBe(false);
    expect((await log()).at(-1)).toEqual({ end: true });
  });

  test('after abort Git asks for nothing more; after a death it starts anew', async () => {
    const { box, log } = await rot13Box();
    await box.git('config', 'filter.rot13.required', 'false');
    await box.commit({ 'a-abort.r': 'x\n', 'b.r': 'x\n' });
    expect(names(await log(), 'clean')).toEqual(['a-abort.r']);
    await box.write('c-die.r', 'x\n');
    await box.write('d.r', 'abc\n');
    await box.tryGit(['add', 'c-die.r', 'd.r']);
    expect((await box.blob(':d.r')).toString()).toBe('nop\n');
  });

  test('called by a person it says so, and it ends when nobody speaks', async () => {
    const { box } = await rot13Box();
    const spoken = await box.run(runtime, [program], { input: '0016git-other-protocol0000' });
    expect(spoken.code).not.toBe(0);
    expect(spoken.stderr).toContain('this is for Git to call');
    expect((await box.run(runtime, [program])).code).toBe(0);
    const cut = '0016git-filter-client\n000eversion=2\n00000015capability=clean\n00000012command=clean\n0008path';
    expect((await box.run(runtime, [program], { input: cut })).code).toBe(0);
  });
});

describe('the protocol without Git', () => {
  const hello = '0016git-filter-client\n000eversion=2\n0000';
  async function talk(text: string, write?: (bytes: Uint8Array) => Promise<void>): Promise<string> {
    let out = '';
    const collect = async (bytes: Uint8Array) => {
      out += Buffer.from(bytes).toString('latin1');
    };
    const input = (async function* () {
      yield Buffer.from(text, 'latin1');
    })();
    const handler = { clean: async () => Buffer.from('!'), smudge: async () => Buffer.from('?'), failed: () => {} };
    const streams = { input, write: write ?? collect };
    await serveFilter(handler, {}, streams);
    return out;
  }

  test('only capabilities that Git offered are taken', async () => {
    expect(await talk(`${hello}0015capability=clean\n0016capability=smudge\n0019capability=something\n0000`)).toBe(
      '0016git-filter-server\n000eversion=2\n00000015capability=clean\n0016capability=smudge\n0000',
    );
  });

  test.each([
    ['another version', '0016git-filter-client\n000eversion=3\n0000'],
    ['an unknown command', `${hello}00000010command=dance\n0000`],
    ['a request without a path', `${hello}00000012command=clean\n00000005x0000`],
    ['no packets at all', 'GET / HTTP/1.1\r\n\r\n'],
  ])('%s is refused', async (_, text) => {
    await expect(talk(text)).rejects.toMatchObject({ code: 'git-protocol' });
  });

  test('a Git that died is the end, other trouble is not', async () => {
    const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));
    await expect(talk(hello, failing('EPIPE'))).resolves.toBe('');
    await expect(talk(hello, failing('EIO'))).rejects.toThrow('EIO');
  });

  test('nothing is left to list', async () => {
    expect(await talk(`${hello}0000001ccommand=list_available_blobs\n0000`.replace('001c', '0021'))).toContain(
      '00000013status=success\n0000',
    );
  });
});
