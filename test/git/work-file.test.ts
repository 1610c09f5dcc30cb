import { chmod, link, lstat, mkdir, readdir, stat, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { decodePath } from '../../src/git/path.ts';
import { readWorkFile, writeWorkFile } from '../../src/git/work-file.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await createSandbox();
});
const code = (wanted: string) => expect.objectContaining({ code: wanted });

test('a regular file, whatever its name', async () => {
  const odd = Buffer.from('\xff\n', 'latin1');
  await box.write('dir/a b', 'one');
  await box.write(odd, 'two');
  expect(readWorkFile(box.repo, 'dir/a b')?.content.toString()).toBe('one');
  expect(readWorkFile(box.repo, decodePath(odd))?.content.toString()).toBe('two');
  await writeWorkFile(box.repo, decodePath(odd), Buffer.from('three'));
  expect((await box.readBytes(odd)).toString()).toBe('three');
  for (const path of ['nowhere', 'nowhere/x', 'dir/a b/x']) expect(readWorkFile(box.repo, path)).toBeNull();
  expect(() => readWorkFile(box.repo, 'dir/a b', 2)).toThrowError(code('git-blob-too-large'));
});

test('nothing outside is read or written', async () => {
  const outside = join(box.root, 'outside');
  await mkdir(outside);
  await box.write('../outside/secret', 'not yours');
  await box.write('../repo-beside/secret', 'not yours');
  await symlink(outside, box.path('folder'));
  await symlink('../outside/secret', box.path('file'));
  await symlink('nowhere', box.path('dangling'));
  await symlink('/dev/zero', box.path('endless'));
  for (const path of [
    'folder/secret',
    '../outside/secret',
    '../repo-beside/secret',
    '..',
    '',
    '.',
    'x/..',
    '/',
    'a\0b',
  ]) {
    expect(() => readWorkFile(box.repo, path), path).toThrowError(code('file-outside-work-tree'));
    await expect(writeWorkFile(box.repo, path, Buffer.from('x'))).rejects.toMatchObject({
      code: 'file-outside-work-tree',
    });
  }
  for (const path of ['file', 'dangling', 'endless']) {
    expect(() => readWorkFile(box.repo, path), path).toThrowError(code('file-not-regular'));
    await expect(writeWorkFile(box.repo, path, Buffer.from('x'))).rejects.toMatchObject({ code: 'file-not-regular' });
    expect((await lstat(box.path(path))).isSymbolicLink()).toBe(true);
  }
  expect(await box.read('../outside/secret')).toBe('not yours');
});

test('a link that stays inside is only refused as the file itself', async () => {
  await box.write('real/a', 'x');
  await symlink('real', box.path('linked'));
  expect(readWorkFile(box.repo, 'linked/a')?.content.toString()).toBe('x');
  const top = join(box.root, 'top');
  await symlink(box.repo, top);
  expect(readWorkFile(top, 'real/a')?.content.toString()).toBe('x');
});

test('a FIFO, a folder or a socket does not hold us up', async () => {
  await box.run('mkfifo', ['fifo']);
  await mkdir(box.path('folder'));
  for (const path of ['fifo', 'folder']) {
    expect(() => readWorkFile(box.repo, path)).toThrowError(code('file-not-regular'));
    await expect(writeWorkFile(box.repo, path, Buffer.from('x'))).rejects.toMatchObject({ code: 'file-not-regular' });
  }
});

test('a write keeps the mode, cuts hard links and leaves nothing behind', async () => {
  for (const mode of [0o600, 0o755, 0o444]) {
    await box.write('file', 'old');
    await chmod(box.path('file'), mode);
    await link(box.path('file'), box.path('other name'));
    await writeWorkFile(box.repo, 'file', Buffer.from('new'));
    expect((await stat(box.path('file'))).mode & 0o777).toBe(mode);
    expect(await box.read('file')).toBe('new');
    expect(await box.read('other name')).toBe('old');
    await box.run('rm', ['-f', 'file', 'other name']);
  }
  await writeWorkFile(box.repo, 'fresh', Buffer.from('new'));
  expect((await stat(box.path('fresh'))).mode & 0o777).toBe(0o666 & ~process.umask());
  expect((await readdir(box.repo)).sort()).toEqual(['.git', 'fresh']);
});

test('a write that fails leaves the old file and no rest', async () => {
  await box.write('dir/file', 'old');
  await expect(writeWorkFile(box.repo, 'dir/file', 'not bytes' as unknown as Uint8Array)).resolves.toBeUndefined();
  await expect(writeWorkFile(box.repo, 'dir/file', {} as unknown as Uint8Array)).rejects.toThrow();
  expect(await readdir(box.path('dir'))).toEqual(['file']);
  await expect(writeWorkFile(box.repo, 'no such folder/file', Buffer.from('x'))).rejects.toMatchObject({
    code: 'file-outside-work-tree',
  });
});
