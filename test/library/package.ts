import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** A folder of a program that has the package installed, as it is shipped. */
export interface Program {
  readonly folder: string;
  /** The package in it. */
  readonly installed: string;
  remove(): void;
}

export function programWithPackage(): Program {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), 'git-sops-library-')));
  const installed = join(folder, 'node_modules/git-sops');
  mkdirSync(installed, { recursive: true });
  cpSync('package.json', join(installed, 'package.json'));
  cpSync(dirname(process.env['GIT_SOPS_TEST_CLI'] ?? ''), join(installed, 'dist'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
  return { folder, installed, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export interface Example {
  readonly code: string;
  readonly output: string;
  /** Whether it runs on Node and Bun alone. */
  readonly node: boolean;
}

/** The programs of a page: each block of JavaScript, with the block of text behind it that says what it prints. */
export function examplesOf(page: string): Example[] {
  const text = readFileSync(page, 'utf8');
  const examples = [...text.matchAll(/```js( node)?\n([\s\S]*?)```\n\n```text\n([\s\S]*?)```/g)];
  if (examples.length !== [...text.matchAll(/```js/g)].length) throw new Error(`${page}: a program without its output`);
  return examples.map(([, node, code = '', output = '']) => ({
    code,
    output: output.trim(),
    node: node !== undefined,
  }));
}

/** Runs a program with nothing of the machine's environment but the way to programs. @returns what it prints */
export function runProgram([command = '', ...args]: readonly string[], cwd: string): string {
  const env = { PATH: process.env['PATH'] ?? '', HOME: cwd, DENO_DIR: join(cwd, 'deno'), NO_COLOR: '1' };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  return status === 0 ? stdout.trim() : `exit ${status}\n${stdout}${stderr}`;
}

/** The first of these programs that is there. */
export function findCommand(...names: readonly string[]): string | null {
  return names.find((name) => spawnSync(name, ['--version']).status === 0) ?? null;
}
