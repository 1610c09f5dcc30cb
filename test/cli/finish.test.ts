import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { createSandbox } from '../sandbox.ts';

const top = new URL('../..', import.meta.url).pathname;
const runtimes = [process.execPath, join(top, 'node_modules/.bin/bun')];

async function program(outfile: string, contents: string): Promise<void> {
  const options = { bundle: true, platform: 'node', format: 'esm', logLevel: 'error' } as const;
  await build({ ...options, stdin: { contents, resolveDir: top }, outfile });
}

test.each(runtimes)('P7: a process that ends before its work is done has failed, and says so: %s', async (runtime) => {
  const box = await createSandbox();
  const file = join(box.root, 'finish.mjs');
  await program(
    file,
    `import { finishWith } from './src/cli/run.ts';
    const works = { never: () => new Promise(() => {}), two: async () => 2, none: async () => 0,
      broken: async () => { throw new Error('x'); } };
    finishWith(works[process.argv[2]]());`,
  );
  const ran = (name: string) => box.run(runtime, [file, name]);
  expect(await ran('never')).toMatchObject({ code: 1, stderr: expect.stringContaining('before its work was done') });
  expect(await ran('none')).toMatchObject({ code: 0, stderr: '' });
  expect(await ran('two')).toMatchObject({ code: 2, stderr: '' });
  expect(await ran('broken')).toMatchObject({ code: 1, stderr: 'git-sops: internal error: x\n' });
});

test.each(runtimes)('a reader closed while answers are on their way waits for its children: %s', async (runtime) => {
  const box = await createSandbox();
  await box.commit({ a: 'a'.repeat(300_000) });
  const file = join(box.root, 'close.mjs');
  await program(
    file,
    `import { BlobReader } from './src/git/blob-reader.ts';
    for (let i = 0; i < 30; i++) {
      const blobs = new BlobReader();
      const asked = [blobs.read('HEAD:a'), blobs.stat('HEAD:a'), blobs.read('HEAD:none')];
      await blobs.close();
      await Promise.all(asked);
    }
    console.log('all closed');`,
  );
  expect(await box.run(runtime, [file])).toMatchObject({ code: 0, stdout: Buffer.from('all closed\n') });
});

test.each(runtimes)(
  'what breaks ends with the exit code that means it: of check 1 is a finding: %s',
  async (runtime) => {
    const box = await createSandbox();
    const file = join(box.root, 'broken.mjs');
    await program(
      file,
      `import { failureOf, finishWith } from './src/cli/run.ts';
    const works = { never: () => new Promise(() => {}), broken: async () => { throw new Error('x'); },
      later: () => new Promise(() => setTimeout(() => { throw new Error('x'); }, 1)) };
    finishWith(works[process.argv[2]](), failureOf(process.argv[3]));`,
    );
    for (const work of ['never', 'broken', 'later']) {
      for (const [command, code] of [
        ['check', 2],
        ['log', 1],
      ] as const) {
        const done = await box.run(runtime, [file, work, command]);
        expect([work, command, done.code, done.stderr]).toEqual([
          work,
          command,
          code,
          expect.stringMatching(/^git-sops: internal error: .*\n$/),
        ]);
      }
    }
  },
);
