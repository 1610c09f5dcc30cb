// npm run build:standalone: dist/git-sops, the whole command line in one executable that starts without Node.
import { spawnSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
// The tests build into a folder of their own, so that a run beside them finds its files.
const outdir = process.argv[2] ?? join(root, 'dist');
const modules = join(outdir, 'standalone');
rmSync(modules, { recursive: true, force: true });

// Split, so that a command loads the bytecode of what it needs and no more.
await build({
  absWorkingDir: root,
  entryPoints: { main: 'src/cli/main.ts' },
  outdir: modules,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  // The package's Node entry is CommonJS, of which nothing can be left out; this one is the same code as modules.
  alias: { yaml: './node_modules/yaml/browser/dist/index.js' },
  target: 'node20',
  minify: true,
  define: { GIT_SOPS_VERSION: JSON.stringify(version) },
  logLevel: 'error',
});
const outfile = join(outdir, process.platform === 'win32' ? 'git-sops.exe' : 'git-sops');
// A repository's .env and bunfig.toml are none of our business; the latter could even name code to run first.
const noConfig = ['--no-compile-autoload-dotenv', '--no-compile-autoload-bunfig'];
// Most runs clean one file and end: a compiler that sets in later takes a fourth of the time off them, and little from long ones.
const kind = ['--compile', '--minify', '--bytecode', '--compile-jit-policy=100', '--format=esm', '--splitting'];
const args = ['build', ...kind, ...noConfig, join(modules, 'main.js'), '--outfile', outfile];
const { status } = spawnSync(join(root, 'node_modules', '.bin', 'bun'), args, { stdio: 'inherit' });
process.exit(status ?? 1);
