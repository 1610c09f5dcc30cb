import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, renameSync, symlinkSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';

/** What Git starts the filter with. Users get the fastest that is found; a test names the one that it is about. */
export type Runtime = 'node' | 'bun' | 'standalone';

const bun = resolve('node_modules/.bin/bun');
const hasBun = spawnSync(bun, ['--version']).status === 0;

/** All that this machine can run: without Bun, which also compiles the executable, it is Node alone. */
export const runtimes: readonly Runtime[] = hasBun ? ['node', 'bun', 'standalone'] : ['node'];

/** The built command line, as a runtime runs it. Made once from this very source. */
export function programOf(runtime: Runtime): string {
  const script = process.env['GIT_SOPS_TEST_CLI'] ?? '';
  if (runtime !== 'standalone') return script;
  // Not beside the script: it would be found there and taken for all tests.
  const folder = join(dirname(dirname(script)), 'standalone');
  const program = join(folder, 'git-sops');
  if (!existsSync(program)) {
    const building = `${folder}-${process.pid}`;
    const { status, stderr } = spawnSync(process.execPath, ['scripts/build-standalone.mjs', building]);
    if (status !== 0) throw new Error(`the executable was not built\n${stderr}`);
    // Another worker may have been faster.
    if (!existsSync(folder)) renameSync(building, folder);
  }
  return program;
}

/** A PATH on which this runtime is the fastest: with Bun in front, or with no Bun at all. @param own a folder to fill */
export function pathFor(runtime: Runtime, path: string, own: string): string {
  const folders = path
    .split(delimiter)
    .map((folder, n) => (existsSync(join(folder, 'bun')) ? others(folder, n) : folder));
  return (runtime === 'bun' ? [dirname(bun), ...folders] : folders).join(delimiter);

  /** Bun may stand beside Git and Node, which the tests need. */
  function others(folder: string, n: number): string {
    const links = join(own, `path-${n}`);
    mkdirSync(links, { recursive: true });
    for (const name of readdirSync(folder)) if (name !== 'bun') symlinkSync(join(folder, name), join(links, name));
    return links;
  }
}
