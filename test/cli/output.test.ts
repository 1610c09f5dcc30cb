import { join } from 'node:path';
import { build } from 'esbuild';
import { expect, test } from 'vitest';
import { createSandbox } from '../sandbox.ts';

const top = new URL('../..', import.meta.url).pathname;
const runtimes = [process.execPath, join(top, 'node_modules/.bin/bun')];

async function program(outfile: string): Promise<void> {
  const contents = `import { runCommand, finishWith } from './src/cli/run.ts';
    finishWith(runCommand('log', [], async () => async (_args, io) => {
      void io.stdout.isTTY;
      io.stdout.write('a'.repeat(Number(process.argv[2])));
      io.stderr.write('b\\n');
      return 3;
    }));`;
  const options = { bundle: true, platform: 'node', format: 'esm', logLevel: 'error' } as const;
  await build({ ...options, stdin: { contents, resolveDir: top }, outfile });
}

test.each(runtimes)('a pipe that others write to behind us still waits for its reader: %s', async (runtime) => {
  const box = await createSandbox();
  const file = join(box.root, 'writes.mjs');
  await program(file);
  // What is written to a pipe that is full and does not wait is lost, with an error.
  const script = '{ "$1" "$2" 3; head -c 300000 /dev/zero; } 2>&1 | { sleep 0.5; wc -c; }';
  const { stdout } = await box.run('sh', ['-c', script, 'sh', runtime, file]);
  expect(stdout.toString().trim()).toBe(String(3 + 2 + 300_000));
});

test.each(runtimes)('more than a pipe holds arrives whole, and so does the exit code: %s', async (runtime) => {
  const box = await createSandbox();
  const file = join(box.root, 'writes.mjs');
  await program(file);
  const script = '{ "$1" "$2" 1000000; echo "$?" >&2; } | { sleep 0.5; wc -c; }';
  const { stdout, stderr } = await box.run('sh', ['-c', script, 'sh', runtime, file]);
  expect(stdout.toString().trim()).toBe('1000000');
  expect(stderr).toBe('b\n3\n');
});

test.each(runtimes)('a pipe that somebody made non-blocking loses nothing either: %s', async (runtime) => {
  const box = await createSandbox();
  const file = join(box.root, 'writes.mjs');
  await program(file);
  const unblock = 'import os, sys; os.set_blocking(1, False); os.execvp(sys.argv[1], sys.argv[1:])';
  const script = '{ python3 -c "$3" "$1" "$2" 1000000; echo "$?" >&2; } | { sleep 0.5; wc -c; }';
  const { stdout, stderr } = await box.run('sh', ['-c', script, 'sh', runtime, file, unblock]);
  expect(stdout.toString().trim()).toBe('1000000');
  expect(stderr).toBe('b\n3\n');
});

test.each(runtimes)('a reader that stops early is no failure: %s', async (runtime) => {
  const box = await createSandbox();
  const file = join(box.root, 'writes.mjs');
  await program(file);
  const script = '{ "$1" "$2" 1000000; echo "$?" >&2; } | head -c 1';
  const { stdout, stderr } = await box.run('sh', ['-c', script, 'sh', runtime, file]);
  expect(stdout.toString()).toBe('a');
  expect(stderr).toMatch(/(^|\n)[03]\n$/);
});
