// What the README's two commands need on a fresh clone: the locked dependencies, and a build of this very source.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

function run(command, args) {
  const { status } = spawnSync(command, args, {
    stdio: ['ignore', 'ignore', 'inherit'],
    shell: process.platform === 'win32',
  });
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync('node_modules/esbuild') || !existsSync('node_modules/vitest')) {
  process.stderr.write('Installing the locked dependencies …\n');
  run('npm', ['ci', '--no-audit', '--no-fund']);
}
run(process.execPath, ['scripts/build.mjs']);
