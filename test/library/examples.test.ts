import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersInBrowser } from './browser.ts';
import { examplesOf, findCommand, programWithPackage, runProgram } from './package.ts';

const examples = examplesOf('docs/library.md');
const program = programWithPackage();
afterAll(() => program.remove());
examples.forEach(({ code }, i) => {
  writeFileSync(join(program.folder, `example-${i}.js`), code);
});
const everywhere = examples.filter(({ node }) => !node);

const deno = findCommand('deno');
const chromium = findCommand('chromium', 'chromium-browser', 'google-chrome');

describe("the library's own page", () => {
  it('has programs', () => {
    expect([examples.length > 5, everywhere.length > 5]).toEqual([true, true]);
  });

  it.each([
    ['Node', [process.execPath]],
    ['Bun', [resolve('node_modules/.bin/bun')]],
  ])('runs on %s', (_name, command) => {
    examples.forEach(({ output }, i) => {
      expect(runProgram([...command, `example-${i}.js`], program.folder)).toBe(output);
    });
  });

  // Without a flag: no file, no variable, no network, no program.
  it.skipIf(deno === null)('runs on Deno, which lets it do nothing but compute (needs deno)', () => {
    everywhere.forEach(({ output }, i) => {
      const command = [deno ?? '', 'run', '--no-prompt', '--node-modules-dir=manual', `example-${i}.js`];
      expect(runProgram(command, program.folder)).toBe(output);
    });
  });

  it.skipIf(chromium === null)(
    'runs in a browser, from the files of the package as they are (needs chromium)',
    async () => {
      const { outputs, asked } = await answersInBrowser(chromium ?? '', program, everywhere);
      expect(outputs).toEqual(everywhere.map(({ output }) => output));
      // Nothing but the package's own portable files, all of which were there.
      expect(asked.filter((path) => !/^\/git-sops\/dist\/portable(\.js|\/[\w-]+\.js)$/.test(path))).toEqual([]);
      expect(asked.length).toBeGreaterThan(1);
    },
  );
});

describe('a bundler', () => {
  /** Bytes of a program for browsers. */
  const sizeOf = async (what: string): Promise<number> => {
    const contents = `import { ${what} } from 'git-sops'; console.log(${what});`;
    const { outputFiles } = await build({
      stdin: { contents, resolveDir: program.folder },
      conditions: ['browser'],
      platform: 'browser',
      bundle: true,
      minify: true,
      format: 'esm',
      write: false,
    });
    return outputFiles.reduce((sum, { contents: file }) => sum + file.length, 0);
  };
  let all = 0;
  beforeAll(async () => {
    const names = ['encrypt', 'decrypt', 'update', 'inspect', 'newIdentity', 'judge', 'createRuleFinder'];
    all = await sizeOf(names.join(', '));
  });

  // age and the ciphers are no part of what reads metadata; sealing is none of what opens.
  it.each([
    ['GitSopsError', 0.2],
    ['newIdentity', 0.5],
    ['inspect', 0.75],
    ['decrypt', 0.97],
  ])('takes of %s only what it needs', async (what, share) => {
    expect((await sizeOf(what)) / all).toBeLessThan(share);
  });
});
