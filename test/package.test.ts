import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = resolve('.');
const tmp = realpathSync(mkdtempSync(join(tmpdir(), 'git-sops-package-')));
const prefix = join(tmp, 'prefix');
let tarball = '';
let contents: string[] = [];
let installing = '';

function run(command: string, args: readonly string[], cwd = tmp): string {
  return output(command, args, cwd).stdout;
}

function output(command: string, args: readonly string[], cwd = tmp): { stdout: string; stderr: string } {
  // A home of its own: nothing of the machine's configuration, and no key is written into it.
  const own = {
    HOME: tmp,
    USERPROFILE: tmp,
    XDG_CONFIG_HOME: join(tmp, 'config'),
    GIT_CONFIG_GLOBAL: join(tmp, 'gitconfig'),
  };
  const npm = { npm_config_cache: join(tmp, 'cache'), npm_config_audit: 'false', CI: '1' };
  const inherited = Object.entries(process.env).filter(([name]) => !/^(GIT_|SOPS_|XDG_)/.test(name));
  const env = { ...Object.fromEntries(inherited), ...own, ...npm };
  const { status, stdout, stderr } = spawnSync(command, args, { cwd, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')}: exit ${status}\n${stdout}${stderr}`);
  return { stdout, stderr };
}

/** What `npm publish` would send, made of the build that the other tests use; installed as a user does, with no network. */
beforeAll(() => {
  const source = join(tmp, 'source');
  mkdirSync(source);
  for (const name of ['package.json', 'README.md', 'LICENSE', 'docs', 'hooks', 'src', 'test', 'scripts']) {
    cpSync(join(root, name), join(source, name), { recursive: true });
  }
  cpSync(dirname(process.env['GIT_SOPS_TEST_CLI'] ?? ''), join(source, 'dist'), { recursive: true });
  const types = join(source, 'dist/types');
  run(join(root, 'node_modules/.bin/tsc'), ['-p', 'tsconfig.build.json', '--outDir', types], root);
  // What must not come along.
  writeFileSync(join(source, 'dist/git-sops'), 'the executable of one platform');
  writeFileSync(join(source, '.env'), 'TOKEN=x');
  const [packed] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', tmp], source));
  tarball = join(tmp, packed.filename);
  contents = packed.files.map(({ path }: { path: string }) => path);
  const installed = output('npm', ['install', '--offline', '--no-fund', '--global', '--prefix', prefix, tarball]);
  installing = installed.stderr;
}, 180_000);
afterAll(() => rmSync(tmp, { recursive: true, force: true }));

describe('the package', () => {
  it('holds the build, the docs and the hooks, nothing else, below 3 MB', () => {
    const top = new Set(contents.map((path) => path.split('/')[0]));
    expect([...top].sort()).toEqual(['LICENSE', 'README.md', 'dist', 'docs', 'hooks', 'package.json']);
    expect(contents.filter((path) => /\.map$|\.cache|\.test\.|node_modules|(^|\/)\.env/.test(path))).toEqual([]);
    expect(contents.filter((path) => /^dist\/(git-sops|standalone)/.test(path))).toEqual([]);
    expect(statSync(tarball).size).toBeLessThan(3_000_000);
  });

  it('has no scripts, of which npm would warn, and packing leaves the manifest as it was', () => {
    const packed = JSON.parse(readFileSync(join(prefix, 'lib/node_modules/git-sops/package.json'), 'utf8'));
    expect([packed.scripts, packed.devDependencies]).toEqual([undefined, undefined]);
    expect(installing).toBe('');
    const manifests = ['package.json', join(tmp, 'source/package.json')].map((file) => readFileSync(file, 'utf8'));
    expect(manifests[1]).toBe(manifests[0]);
    expect(existsSync(join(tmp, 'source/.package.json.original'))).toBe(false);
  });

  it('gives back the manifest that a killed npm pack has left stripped', () => {
    const source = join(tmp, 'killed');
    mkdirSync(source);
    cpSync('package.json', join(source, 'package.json'));
    const script = resolve('scripts/packed-manifest.mjs');
    for (const what of ['strip', 'strip', 'restore']) run('node', [script, what], source);
    expect(readFileSync(join(source, 'package.json'), 'utf8')).toBe(readFileSync('package.json', 'utf8'));
  });

  // Small systems have a program of that name that shows no page.
  it.skipIf(!/^man \d/.test(spawnSync('man', ['--version'], { encoding: 'utf8' }).stdout ?? ''))(
    'brings the manual page that git sops --help shows (needs man-db)',
    () => {
      const env = { PATH: `${join(prefix, 'bin')}:${process.env['PATH']}`, MANPAGER: 'cat', MANWIDTH: '80', HOME: tmp };
      const { stdout, stderr } = spawnSync('git', ['sops', '--help'], { env, encoding: 'utf8' });
      expect(stdout, stderr).toContain('git-sops - SOPS-encrypted secrets as ordinary files in Git');
    },
  );

  it('needs no other package', () => {
    const { dependencies, optionalDependencies, peerDependencies } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect([dependencies, optionalDependencies, peerDependencies]).toEqual([undefined, undefined, undefined]);
  });

  it('gives the command, installed without network and scripts', () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
    expect(run(join(prefix, 'bin/git-sops'), ['--version'])).toBe(`git-sops ${version}\n`);
    expect(run(join(prefix, 'bin/git-sops'), ['help'])).toContain('git sops <command>');
  });

  it('sets a repository up, with paths inside the installed package', () => {
    const repo = join(tmp, 'repo');
    run('git', ['init', '-q', repo]);
    const command = join(prefix, 'bin/git-sops');
    run(command, ['init', '--yes', '--keygen', '--path', 'secrets/**'], repo);
    mkdirSync(join(repo, 'secrets'));
    writeFileSync(join(repo, 'secrets/db.yaml'), 'password: hunter2\n');
    run('git', ['add', '.'], repo);
    expect(run('git', ['cat-file', 'blob', ':secrets/db.yaml'], repo)).toMatch(/password: ENC\[/);
    expect(run('git', ['config', 'filter.sops.process'], repo)).toContain(join(prefix, 'lib/node_modules/git-sops'));
  });

  it('gives the library, with types that a strict project takes', () => {
    const project = join(tmp, 'project');
    mkdirSync(join(project, 'node_modules'), { recursive: true });
    cpSync(join(prefix, 'lib/node_modules/git-sops'), join(project, 'node_modules/git-sops'), { recursive: true });
    // The library's own names, whatever they are: each must have a type and a value.
    const names = Object.keys(JSON.parse(run('node', ['-e', listing], project)));
    expect(names).toContain('GitSopsError');
    const uses = names.map((name) => `export const ${name}_: typeof library.${name} = library.${name};`);
    writeFileSync(
      join(project, 'use.ts'),
      `import * as library from 'git-sops';\n${uses.join('\n')}\nconst error: Error = new library.GitSopsError('not-utf8');\nerror.message;\n// @ts-expect-error no such code\nnew library.GitSopsError('no such code');\n`,
    );
    writeFileSync(join(project, 'package.json'), '{"type": "module"}');
    cpSync(join(root, 'node_modules/@types/node'), join(project, 'node_modules/@types/node'), { recursive: true });
    cpSync(join(root, 'node_modules/undici-types'), join(project, 'node_modules/undici-types'), { recursive: true });
    const options = ['--strict', '--noEmit', '--module', 'nodenext', '--target', 'es2022', '--types', 'node', 'use.ts'];
    run(join(root, 'node_modules/.bin/tsc'), options, project);
  });
});

const listing =
  "import('git-sops').then((library) => console.log(JSON.stringify(Object.fromEntries(Object.keys(library).map((name) => [name, 1])))))";
