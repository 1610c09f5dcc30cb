// npm run build: dist/cli.js (chunks beside it, loaded when a command needs them) and the library.
// Everything is bundled, so that what Git starts for each `git add` opens a handful of files instead of hundreds.
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
// The tests build into a folder of their own, so that a run beside them finds its files.
const outdir = process.argv[2] ?? join(root, 'dist');
rmSync(outdir, { recursive: true, force: true });

await build({
  absWorkingDir: root,
  entryPoints: { cli: 'src/cli/main.ts', index: 'src/index.ts' },
  outdir,
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  // The package's Node entry is CommonJS, of which nothing can be left out; this one is the same code as modules.
  alias: { yaml: './node_modules/yaml/browser/dist/index.js' },
  target: 'node20',
  minify: true,
  keepNames: true,
  legalComments: 'linked',
  chunkNames: 'chunks/[name]-[hash]',
  define: { GIT_SOPS_VERSION: JSON.stringify(version) },
  // CommonJS packages in the bundle look for `require`.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  logLevel: 'warning',
});
chmodSync(join(outdir, 'cli.js'), 0o755);
