// npm's `prepare`. An install from Git has no build yet: npm and the pre-commit framework run this in a clone of their own. For those who
// work on git-sops also husky's hooks: not in CI, not from a tarball, not without Git.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

function npm(...args) {
  // Standard output may be somebody's answer (npm pack). What is asked for is this folder, also within `npm install --global`.
  const env = { ...process.env, npm_config_global: 'false', npm_config_location: 'user' };
  const options = { stdio: ['ignore', 2, 2], env, shell: process.platform === 'win32' };
  const { status } = spawnSync('npm', args, options);
  if (status !== 0) process.exit(status ?? 1);
}

if (!existsSync('dist/start.cjs')) {
  // npm gives a clone its development dependencies, but not where the install is a global one.
  if (!existsSync('node_modules'))
    npm('ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund', '--silent');
  if (existsSync('node_modules/esbuild')) npm('run', '--silent', 'build');
}
if (!process.env.CI && existsSync('.git')) {
  try {
    const { default: husky } = await import('husky');
    process.stdout.write(husky());
  } catch {
    // husky is a development dependency; a production install does without.
  }
}
