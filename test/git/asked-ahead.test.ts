import { closeSync, openSync } from 'node:fs';
import { chmod, mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type AskedAhead, readAskedAhead } from '../../src/git/asked-ahead.ts';
import { amongFiltered } from '../../src/git/attributes.ts';
import { BlobReader } from '../../src/git/blob-reader.ts';
import { stagedChanges } from '../../src/git/changes.ts';
import { decodePath, type GitPath } from '../../src/git/path.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

const script = new URL('../../src/git/ask-ahead.sh', import.meta.url).pathname;

async function answers(box: Sandbox, shell: readonly string[] = ['sh']): Promise<Buffer> {
  const [program = '', ...args] = shell;
  const { stdout, stderr } = await box.run(program, [...args, '-c', `( . ${script} )`]);
  expect(stderr).toBe('');
  return stdout;
}

async function read(box: Sandbox, bytes: Buffer): Promise<AskedAhead | null> {
  const file = join(box.root, 'answers');
  await writeFile(file, bytes);
  const fd = openSync(file, 'r');
  try {
    return await readAskedAhead(fd);
  } finally {
    closeSync(fd);
  }
}

async function asked(box: Sandbox, shell?: readonly string[]): Promise<AskedAhead | null> {
  return read(box, await answers(box, shell));
}

/** Each answer is what the program would have been told. */
async function expectTrue(box: Sandbox, told: AskedAhead | null): Promise<void> {
  const run = { cwd: box.repo, env: box.env };
  expect(told?.changes).toEqual(await stagedChanges(run));
  const paths = told?.changes.map(({ path }) => path) ?? [];
  expect([...(told?.filters.keys() ?? [])]).toEqual(paths);
  const filtered = await amongFiltered(paths, 'sops', { ...run, of: 'index' });
  expect(paths.filter((path) => told?.filters.get(path) === 'sops')).toEqual(filtered);
  const blobs = new BlobReader(run);
  for (const [name, blob] of told?.blobs ?? []) expect([name, await blobs.read(name)]).toEqual([name, blob]);
  await blobs.close();
}

const rules = 'creation_rules: []\n';

/** Names that shells, Git and readers of lines may take for something else. */
const oddNames: readonly (string | Buffer)[] = [
  ' blank at both ends ',
  '-n',
  '%s%d',
  '$HOME `id` $(id)',
  '*?[a-z]',
  "it's",
  'filter',
  ': filter: sops',
  'a: filter: sops',
  ':0:x',
  'ä/ö/ü',
  '秘密/鍵',
  'secrets/deep/er/file.yaml',
  Buffer.from([0x61, 0x81, 0x82, 0x88, 0x7f ^ 0xff, 0xff]),
  Buffer.from('dir \xc3/x\xe4', 'latin1'),
  '~',
  '#',
  '!x',
  '65',
];

async function stage(box: Sandbox, names: readonly (string | Buffer)[], content: (i: number) => string): Promise<void> {
  for (const [i, name] of names.entries()) {
    const path = Buffer.concat([Buffer.from(`${box.repo}/`), Buffer.from(name as Buffer)]);
    await mkdir(path.subarray(0, path.lastIndexOf(0x2f)), { recursive: true });
    await writeFile(path, content(i));
  }
  await box.git('add', '-A');
}

describe('what the shell of a commit hook asked Git', () => {
  it('is what Git says: before the first commit, of odd names, changes of all kinds, links and submodules', async () => {
    const box = await createSandbox();
    await box.write('.gitattributes', '*.yaml filter=sops\n"dir*/**" filter=other\n');
    await box.git('config', 'filter.sops.clean', 'cat');
    await stage(box, oddNames, (i) => `content ${i}\n\n`);
    const first = await asked(box);
    expect(first?.changes).toHaveLength(oddNames.length + 1);
    await expectTrue(box, first);
    expect([...(first?.changes.map(({ path }) => path) ?? [])]).toEqual(
      expect.arrayContaining(oddNames.map((name): GitPath => decodePath(Buffer.from(name as Buffer)))),
    );

    await box.git('commit', '-qm', 'all');
    await box.write('secrets/.sops.yaml', rules);
    await box.write('.sops.yaml', rules);
    await box.write('secrets/deep/er/file.yaml', 'changed');
    await box.write('no newline', 'at the end');
    await box.write('empty', '');
    await rm(join(box.repo, '~'));
    await rm(join(box.repo, '#'));
    await symlink('nowhere', join(box.repo, '#'));
    await chmod(join(box.repo, '-n'), 0o755);
    await box.git('add', '-A');
    const head = (await box.git('rev-parse', 'HEAD')).trim();
    await box.git('update-index', '--add', '--cacheinfo', `160000,${head},module`);
    const later = await asked(box);
    expect(new Set(later?.changes.map(({ status }) => status))).toEqual(new Set(['A', 'M', 'D', 'T']));
    expect(later?.blobs.get(':0:secrets/.sops.yaml')?.content.toString()).toBe(rules);
    expect(later?.blobs.get(':0:secrets/deep/.sops.yaml')).toBe(null);
    await expectTrue(box, later);
  });

  it('is the same in every shell that Git may have', async () => {
    const box = await createSandbox();
    await stage(box, oddNames, String);
    const bytes = await answers(box);
    for (const shell of [['bash'], ['bash', '--posix'], ['dash'], ['busybox', 'sh'], ['ksh'], ['mksh']]) {
      if ((await box.run('sh', ['-c', `command -v ${shell[0]}`])).code !== 0) continue;
      expect(await answers(box, shell)).toEqual(bytes);
    }
  });

  it('is what Git says in a conflict, and with settings that change how Git tells it', async () => {
    const box = await createSandbox();
    await box.commit({ 'a/x': '1\n', b: '1\n' });
    await box.git('checkout', '-qb', 'other');
    await box.commit({ 'a/x': '2\n' });
    await box.git('checkout', '-q', 'main');
    await box.commit({ 'a/x': '3\n' });
    await box.tryGit(['merge', '-q', 'other']);
    await box.write('b', '2\n');
    await box.write('ü', '2\n');
    await box.git('add', 'b', 'ü');
    for (const [name, value] of [
      ['diff.noprefix', 'true'],
      ['diff.relative', 'true'],
      ['diff.renames', 'copies'],
      ['diff.external', 'false'],
      ['diff.orderFile', '/nowhere'],
      ['diff.ignoreSubmodules', 'all'],
      ['color.ui', 'always'],
      ['color.diff', 'always'],
      ['core.quotePath', 'true'],
      ['core.abbrev', '7'],
      ['core.pager', 'false'],
      ['core.fsmonitor', 'false'],
    ]) {
      await box.git('config', name as string, value as string);
    }
    const told = await asked(box);
    expect(told?.changes.map(({ status }) => status).sort()).toEqual(['A', 'M', 'U']);
    await expectTrue(box, told);
  });

  it('is what Git says of SHA-256, of a linked working tree, and of the index of a commit of some paths', async () => {
    const box = await createSandbox();
    const sha256 = await box.init('sha256', '--object-format=sha256');
    await stage(sha256, ['.sops.yaml', 'secrets/x.yaml'], String);
    const told = await asked(sha256);
    expect(told?.blobs.get(':0:.sops.yaml')?.oid).toHaveLength(64);
    await expectTrue(sha256, told);

    await box.commit({ a: '1\n', b: '1\n' });
    await box.git('worktree', 'add', '-q', join(box.root, 'linked'));
    const linked = box.at(join(box.root, 'linked'));
    await stage(linked, ['only here'], String);
    const there = await asked(linked);
    expect(there?.changes.map(({ path }) => path)).toEqual(['only here']);
    await expectTrue(linked, there);

    await stage(box, ['a', 'b', 'staged'], (i) => `${i} changed\n`);
    const hook = `#!/bin/sh\n( . ${script} ) >'${box.root}/told'\n`;
    await box.write('.git/hooks/pre-commit', hook, 0o755);
    await box.git('commit', '-qm', 'some', '--', 'b');
    const some = await read(box, await readFile(join(box.root, 'told')));
    expect(some?.changes.map(({ path }) => path)).toEqual(['b']);
  });

  it('is by the attributes, contents and submodules that are staged, whatever the working tree and settings say', async () => {
    const box = await createSandbox();
    await box.write('.gitattributes', 'staged filter=sops\n');
    await stage(box, ['staged', 'here'], String);
    await box.write('.gitattributes', 'here filter=sops\n');
    const blob = await box.git('rev-parse', ':staged');
    await box.git('replace', blob, await box.git('rev-parse', ':here'));
    await box.git('config', 'diff.ignoreSubmodules', 'all');
    await box.git('update-index', '--add', '--cacheinfo', `160000,${'1'.repeat(40)},module`);
    const told = await asked(box);
    expect(told?.filters.get('staged')).toBe('sops');
    expect(told?.filters.get('here')).toBe('unspecified');
    expect(told?.blobs.get(blob)?.content.toString()).toBe('0');
    expect(told?.changes.map(({ path }) => path)).toContain('module');
    await expectTrue(box, told);
  });

  it('is nothing where it is not whole, wherever it was cut off', async () => {
    const box = await createSandbox();
    await stage(box, ['a.yaml', 'd/b', 'c'], (i) => `content ${i}\n`);
    const bytes = await answers(box);
    expect(await read(box, bytes)).not.toBe(null);
    for (let end = 0; end < bytes.length; end++) expect(await read(box, bytes.subarray(0, end))).toBe(null);
    // About another path than the one that changed.
    expect(await read(box, Buffer.from(bytes.toString().replace('a.yaml: filter', 'b.yaml: filter')))).toBe(null);
  });

  it('is nothing of many changes, of names that Git quotes, and of large files', async () => {
    const box = await createSandbox();
    const names = Array.from({ length: 65 }, (_, i) => `f${i}`);
    await stage(box, names.slice(1), String);
    expect((await asked(box))?.changes).toHaveLength(64);
    await stage(box, names, String);
    expect(await asked(box)).toBe(null);
    for (const name of ['line\nbreak', 'tab\tulator', 'quo"te', 'back\\slash', 'return\r']) {
      await box.git('reset', '-q');
      await box.git('clean', '-fdq');
      await stage(box, ['plain', name], String);
      expect([name, await asked(box)]).toEqual([name, null]);
    }
    await box.git('reset', '-q');
    await box.git('clean', '-fdq');
    await stage(box, ['large'], () => 'x'.repeat(9 << 20));
    expect(await asked(box)).toBe(null);
  });

  it('is nothing where Git fails or is not there, and never what a `git` of the repository says', async () => {
    const box = await createSandbox();
    await stage(box, ['a'], String);
    const path = box.env['PATH'] ?? '';
    await box.write('git', '#!/bin/sh\necho started >started\n');
    await chmod(join(box.repo, 'git'), 0o755);
    for (const searched of [`:${path}`, `${path}:`, `.:${path}`, `${path}::/x`, '/nowhere']) {
      expect(await asked(box.with({ PATH: searched }), ['/bin/sh'])).toBe(null);
    }
    expect((await box.run('ls', ['started'])).code).not.toBe(0);
    // The diff alone fails.
    await box.git('commit', '-qm', 'a');
    const tree = await box.git('rev-parse', 'HEAD^{tree}');
    await rm(join(box.repo, '.git/objects', tree.slice(0, 2), tree.slice(2)));
    expect(await asked(box)).toBe(null);
    await writeFile(join(box.repo, '.git/index'), 'damaged');
    expect(await asked(box)).toBe(null);
  });
});
