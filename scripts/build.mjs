// npm run build: dist/start.cjs, which is the command line, the library, and dist/plumbing.cjs, which is
// what Git starts. Everything is bundled: what runs for each `git add` opens one file instead of hundreds.
import { createHash } from 'node:crypto';
import { chmodSync, copyFileSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
// The tests build into a folder of their own, so that a run beside them finds its files.
const outdir = process.argv[2] ?? join(root, 'dist');
rmSync(outdir, { recursive: true, force: true });

const common = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  // The package's Node entry is CommonJS, of which nothing can be left out; this one is the same code as modules.
  alias: { yaml: './node_modules/yaml/browser/dist/index.js' },
  target: 'node20',
  minify: true,
  keepNames: true,
  legalComments: 'linked',
  define: { GIT_SOPS_VERSION: JSON.stringify(version) },
  logLevel: 'warning',
};

await build({
  ...common,
  entryPoints: { index: 'src/index.ts' },
  outdir,
  splitting: true,
  format: 'esm',
  chunkNames: 'chunks/[name]-[hash]',
  // CommonJS packages in the bundle look for `require`.
  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
});

/** What our own files import of a module, types and all; packages get the whole of it. */
function importedFrom(module) {
  const imports = new RegExp(`\\{([^{}]*)\\} (?:from|= await import\\()\\s*'${module}'`, 'g');
  const files = readdirSync(join(root, 'src'), { recursive: true }).filter((file) => file.endsWith('.ts'));
  const lists = files.flatMap((file) => [...readFileSync(join(root, 'src', file), 'utf8').matchAll(imports)]);
  return [...new Set(lists.flatMap(([, names]) => names.split(',').map((name) => name.trim())))];
}

/** What most commands never need, and Node takes milliseconds to load: it is loaded by whoever takes something from it. */
const loadedLate = {
  name: 'loaded-late',
  setup({ onResolve, onLoad }) {
    const late = /^node:(?:child_process|crypto|fs\/promises|os|stream|timers\/promises)$/;
    onResolve({ filter: late }, ({ path, namespace, importer }) =>
      namespace === 'late' || importer.includes('node_modules')
        ? { path, external: true }
        : { path, namespace: 'late' },
    );
    onLoad({ filter: /.*/, namespace: 'late' }, async ({ path }) => {
      const whole = Object.keys((await import(path)).default);
      const names = importedFrom(path).filter((name) => whole.includes(name));
      return {
        contents: `for (const name of ${JSON.stringify(names)})
          Object.defineProperty(exports, name, { enumerable: true, get: () => require(${JSON.stringify(path)})[name] });`,
      };
    });
  },
};

// One CommonJS file, which Node loads faster than modules; the packages that few files need stand beside it.
const rarelyNeeded = [
  'yaml',
  're2js',
  'age-encryption',
  'micromatch',
  '@grpc/grpc-js',
  'bcrypt-pbkdf',
  '@noble/curves/ed25519.js',
  'simple-git',
];
const oneFile = {
  ...common,
  outdir,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
  // Names are for stack traces, and each byte is parsed at each start.
  keepNames: false,
  supported: { 'dynamic-import': false },
  plugins: [
    loadedLate,
    {
      name: 'rarely-needed',
      setup({ onResolve }) {
        const filter = new RegExp(`^(?:${rarelyNeeded.join('|')})$`);
        onResolve({ filter }, ({ path }) => ({ path: `./packages/${path}.cjs`, external: true }));
      },
    },
  ],
};
/** A module that, run as a script, gives its own function instead: what V8 made of it is kept (src/cli/code-cache.ts). */
const wrapped = (first = '') => ({
  banner: {
    js: `(its=>{typeof module==='object'&&its(exports,require,module,__filename,__dirname);return its})(function(exports,require,module,__filename,__dirname){${first}`,
  },
  footer: { js: '})' },
});
await build({ ...oneFile, ...wrapped(), entryPoints: { 'plumbing-code': 'src/cli/plumbing.ts' } });
await build({ ...oneFile, ...wrapped(), entryPoints: { 'hook-code': 'src/cli/hook.ts' } });
/** `git sops check` is run in every CI job, and its threads load nothing else. */
const checkByItself = {
  name: 'check-by-itself',
  setup({ onResolve }) {
    onResolve({ filter: /\/commands\/check\.ts$/ }, () => ({ path: './check-start.cjs', external: true }));
  },
};
await build({
  ...oneFile,
  ...wrapped(),
  entryPoints: { 'main-code': 'src/cli/main.ts' },
  plugins: [checkByItself, ...oneFile.plugins],
});
await build({
  ...oneFile,
  entryPoints: { check: 'src/cli/check.ts' },
  // Where a thread finds its code.
  define: { ...common.define, 'import.meta.url': '__here' },
  ...wrapped("const __here=require('node:url').pathToFileURL(__filename).href;"),
});
// The hook's shell asks Git by it while Node starts.
copyFileSync(join(root, 'src/git/ask-ahead.sh'), join(outdir, 'ask-ahead.sh'));
/** The starts call each other. */
const beside = {
  name: 'beside',
  setup({ onResolve }) {
    const built = { 'plumbing-start': 'plumbing.cjs', 'check-start': 'check-start.cjs' };
    onResolve({ filter: /^\.\/(?:plumbing|check)-start\.ts$/ }, ({ path }) => ({
      path: `./${built[path.slice(2, -3)]}`,
      external: true,
    }));
  },
};
// Named by its content, so that what V8 made of another build is never taken for this one's.
function idOf(files) {
  const hash = createHash('sha256');
  for (const file of files) hash.update(readFileSync(join(outdir, file)));
  return hash.digest('hex').slice(0, 16);
}
for (const [start, source, ...code] of [
  ['plumbing', 'plumbing-start', 'plumbing-code.cjs', 'hook-code.cjs'],
  ['check-start', 'check-start', 'check.cjs'],
  ['start', 'start', 'main-code.cjs'],
]) {
  await build({
    ...common,
    entryPoints: { [start]: `src/cli/${source}.ts` },
    outdir,
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
    keepNames: false,
    plugins: [beside],
    define: { ...common.define, GIT_SOPS_CODE_ID: JSON.stringify(idOf(code)) },
  });
}
await build({
  ...common,
  entryPoints: Object.fromEntries(rarelyNeeded.map((name) => [`packages/${name}`, name])),
  outdir,
  format: 'cjs',
  outExtension: { '.js': '.cjs' },
});
// The library without `node:` modules: what has a `-portable.ts` beside it is replaced by that, and Buffer comes along. Each function is an
// entry of its own, and no name is kept by a call, so that a bundler can leave out what its user does not import.
const functions = ['decrypt', 'encrypt', 'inspect', 'new-identity', 'update'];
await build({
  ...common,
  entryPoints: {
    portable: 'src/portable.ts',
    ...Object.fromEntries(functions.map((name) => [`portable/${name}`, `src/library/${name}.ts`])),
  },
  outdir,
  keepNames: false,
  platform: 'browser',
  target: 'es2022',
  splitting: true,
  format: 'esm',
  chunkNames: 'portable/[name]-[hash]',
  inject: ['scripts/portable-buffer.mjs'],
  plugins: [
    {
      name: 'portable',
      setup({ onResolve }) {
        onResolve({ filter: /^\..*\.ts$/ }, ({ path, resolveDir }) => {
          const portable = resolve(resolveDir, path.replace(/\.ts$/, '-portable.ts'));
          return existsSync(portable) ? { path: portable } : undefined;
        });
      },
    },
  ],
});
// Bun would read these two where Git runs it, and may be told others only.
const empty = 'Empty on purpose: the filter takes no settings from the folder that it runs in.';
writeFileSync(join(outdir, 'bunfig.toml'), `# ${empty}\n`);
writeFileSync(join(outdir, 'tsconfig.json'), `// ${empty}\n{}\n`);
chmodSync(join(outdir, 'start.cjs'), 0o755);
