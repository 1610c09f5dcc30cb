import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, onTestFinished, test } from 'vitest';
import { BlobReader, indexObject } from '../../src/git/blob-reader.ts';
import { ReadAhead } from '../../src/git/read-ahead.ts';
import { createSandbox, type Sandbox } from '../sandbox.ts';

let box: Sandbox;
beforeEach(async () => {
  box = await createSandbox();
});

function reader(): { ahead: ReadAhead; started: () => number } {
  const trace = join(box.root, 'trace');
  const options = { cwd: box.repo, env: { ...box.env, GIT_TRACE2_EVENT: trace } };
  const blobs = new BlobReader(options);
  onTestFinished(() => blobs.close());
  const started = () => readFileSync(trace, 'utf8').match(/"event":"start"/g)?.length ?? 0;
  return { ahead: new ReadAhead(blobs, options), started };
}

test('what is asked for ahead comes from one Git process, sizes and what is not there too', async () => {
  await box.commit({ 'a.txt': 'first\n', 'b.txt': 'second one\n' });
  const oid = await box.git('rev-parse', 'HEAD:b.txt');
  const { ahead, started } = reader();
  ahead.ask([indexObject('a.txt'), indexObject('nowhere'), oid, '0'.repeat(40)]);
  expect((await ahead.read(indexObject('a.txt')))?.content.toString()).toBe('first\n');
  expect(await ahead.read(indexObject('nowhere'))).toBeNull();
  expect(await ahead.stat(oid)).toEqual({ oid, size: 11 });
  expect((await ahead.read(oid))?.content.toString()).toBe('second one\n');
  expect(await ahead.stat('0'.repeat(40))).toBeNull();
  expect(started()).toBe(1);
});

test('what was not asked for is asked for then', async () => {
  await box.commit({ 'a.txt': 'first\n' });
  const oid = await box.git('rev-parse', 'HEAD:a.txt');
  const { ahead } = reader();
  expect(await ahead.stat(oid)).toEqual({ oid, size: 6 });
  expect((await ahead.read(oid))?.content.toString()).toBe('first\n');
});

test('where one is too large to be read ahead, all can be read one by one', async () => {
  const large = Buffer.alloc(9 << 20, 'large ');
  await box.commit({ 'a.txt': 'small\n', 'large.bin': large });
  const [small, huge] = [await box.git('rev-parse', 'HEAD:a.txt'), await box.git('rev-parse', 'HEAD:large.bin')];
  const { ahead } = reader();
  ahead.ask([indexObject('nowhere'), small, huge]);
  expect(await ahead.stat(huge)).toEqual({ oid: huge, size: large.length });
  expect((await ahead.read(small))?.content.toString()).toBe('small\n');
  expect((await ahead.read(huge))?.content.equals(large)).toBe(true);
  expect(await ahead.read(indexObject('nowhere'))).toBeNull();
});
