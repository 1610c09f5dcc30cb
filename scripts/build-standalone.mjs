// npm run build:standalone: dist/git-sops, the whole command line in one executable that starts without Node.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
const bundle = join(root, 'dist', 'standalone', 'main.js');
mkdirSync(dirname(bundle), { recursive: true });

// Bytecode wants one file without top-level await.
await build({
  absWorkingDir: root,
  entryPoints: ['src/cli/main.ts'],
  outfile: bundle,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  // The package's Node entry is CommonJS, of which nothing can be left out; this one is the same code as modules.
  alias: { yaml: './node_modules/yaml/browser/dist/index.js' },
  target: 'node20',
  minify: true,
  define: { GIT_SOPS_VERSION: JSON.stringify(version), 'import.meta.url': 'undefined' },
  logLevel: 'error',
});
const outfile = join(root, 'dist', process.platform === 'win32' ? 'git-sops.exe' : 'git-sops');
const args = ['build', '--compile', '--minify', '--bytecode', bundle, '--outfile', outfile];
const { status } = spawnSync(join(root, 'node_modules', '.bin', 'bun'), args, { stdio: 'inherit' });
process.exit(status ?? 1);
