import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';

/** The tests run the command line as it is shipped: the bundle, made once from this very source. */
export default function setup(): () => void {
  const folder = mkdtempSync(join('node_modules', '.git-sops-test-'));
  const dist = join(process.cwd(), folder, 'dist');
  const { status, stderr } = spawnSync(process.execPath, ['scripts/build.mjs', dist], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`the build failed\n${stderr}`);
  process.env['GIT_SOPS_TEST_CLI'] = join(dist, 'start.cjs');
  return () => rmSync(folder, { recursive: true, force: true });
}
