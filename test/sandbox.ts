import { spawn } from 'node:child_process';
import { chmod, lutimes, mkdir, mkdtemp, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { onTestFinished } from 'vitest';

const longAgo = new Date('2020-01-01T00:00:00Z');

/** What a finished command left. Nothing is thrown for an exit code; `Sandbox.git` does that. */
export interface Finished {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

export interface RunOptions {
  /** Default: the sandbox's repository. */
  readonly cwd?: string;
  /** Added to the sandbox's environment; `undefined` takes a variable away. */
  readonly env?: Record<string, string | undefined>;
  readonly input?: string | Uint8Array;
}

/** A path or content: bytes where the name or the text is not UTF-8. */
type Bytes = string | Uint8Array;

/**
 * A throw-away home, a repository in it, and an environment that knows nothing of the machine: no system
 * or user Git config, no `GIT_*` of a hook that may be running the tests, no `SOPS_*`.
 */
export class Sandbox {
  /** Holds everything; removed at the end. */
  readonly root: string;
  /** Top of the repository's working tree. */
  readonly repo: string;
  readonly env: Readonly<Record<string, string>>;

  constructor(root: string, repo: string, env: Readonly<Record<string, string>>) {
    this.root = root;
    this.repo = repo;
    this.env = env;
  }

  /** Another working tree in the same home: `sandbox.at(join(sandbox.root, 'clone'))`. */
  at(repo: string): Sandbox {
    return new Sandbox(this.root, repo, this.env);
  }

  /** The same with more in the environment. */
  with(env: Record<string, string>): Sandbox {
    return new Sandbox(this.root, this.repo, { ...this.env, ...env });
  }

  /** Runs a command and reports, whatever its exit code. */
  run(command: string, args: readonly string[], options: RunOptions = {}): Promise<Finished> {
    const env: Record<string, string> = { ...this.env };
    for (const [name, value] of Object.entries(options.env ?? {})) {
      if (value === undefined) delete env[name];
      else env[name] = value;
    }
    return new Promise((resolve, reject) => {
      const child = spawn(command, args, { cwd: options.cwd ?? this.repo, env });
      const out: Buffer[] = [];
      const err: Buffer[] = [];
      child.stdout.on('data', (chunk: Buffer) => out.push(chunk));
      child.stderr.on('data', (chunk: Buffer) => err.push(chunk));
      child.on('error', reject);
      child.on('close', (code, signal) => {
        resolve({
          code: code ?? (signal === null ? 255 : 128),
          stdout: Buffer.concat(out),
          stderr: Buffer.concat(err).toString(),
        });
      });
      // The command may end without reading all of its input: that is its business.
      child.stdin.on('error', () => {});
      child.stdin.end(options.input ?? '');
    });
  }

  /** `git …` with any exit code. */
  tryGit(args: readonly string[], options?: RunOptions): Promise<Finished> {
    return this.run('git', args, options);
  }

  /** `git …` that must succeed; its standard output as bytes. */
  async gitBytes(args: readonly string[], options?: RunOptions): Promise<Buffer> {
    const done = await this.tryGit(args, options);
    if (done.code !== 0) throw new Error(`git ${args.join(' ')}: exit ${done.code}\n${done.stderr}`);
    return done.stdout;
  }

  /** `git …` that must succeed; its standard output as text, without the last newline. */
  async git(...args: string[]): Promise<string> {
    return (await this.gitBytes(args)).toString().replace(/\n$/, '');
  }

  /** Absolute, from one that is relative to the repository. Bytes stay bytes. */
  path(path: Bytes): string | Buffer {
    if (typeof path === 'string') return join(this.repo, path);
    return Buffer.concat([Buffer.from(`${this.repo}/`), path]);
  }

  /** Writes a file of the working tree, its folders too. */
  async write(path: Bytes, content: Bytes, mode?: number): Promise<void> {
    const file = this.path(path);
    if (typeof file === 'string') await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
    if (mode !== undefined) await chmod(file, mode);
  }

  /** A file of the working tree as text. */
  async read(path: Bytes): Promise<string> {
    return (await readFile(this.path(path))).toString();
  }

  async readBytes(path: Bytes): Promise<Buffer> {
    return readFile(this.path(path));
  }

  /** What Git stores: `blob('HEAD:secret.yaml')`, `blob(':secret.yaml')`. */
  blob(object: string): Promise<Buffer> {
    return this.gitBytes(['cat-file', 'blob', object]);
  }

  /** Writes files, adds all, commits. Returns the commit's id. */
  async commit(files: Record<string, Bytes> = {}, message = 'a commit'): Promise<string> {
    for (const [path, content] of Object.entries(files)) await this.write(path, content);
    await this.git('add', '--all');
    await this.git('commit', '--quiet', '--allow-empty', '--message', message);
    return this.git('rev-parse', 'HEAD');
  }

  /**
   * As if all that is tracked had been written long ago. Of a file from the second in which it was staged Git does not believe that it is
   * unchanged, and asks the filter, or whatever stands for it by then; whether that is so would depend on how fast a test runs.
   */
  async age(): Promise<void> {
    const paths = (await this.gitBytes(['ls-files', '-z'])).toString('latin1').split('\0').slice(0, -1);
    for (const path of paths) await lutimes(this.path(Buffer.from(path, 'latin1')), longAgo, longAgo);
    await this.git('update-index', '-q', '--refresh');
  }

  /** A further repository in the same home. */
  async init(name: string, ...args: string[]): Promise<Sandbox> {
    const repo = join(this.root, name);
    await this.git('init', '--quiet', ...args, repo);
    return this.at(repo);
  }

  async remove(): Promise<void> {
    // Retries: a Git process that is just ending may still write below it.
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

/** Names of variables that would let the machine or a running hook speak into a test. */
const foreign = /^(GIT_(?!SOPS_)|SOPS_|XDG_|EDITOR$|VISUAL$|PAGER$|LC_|LANG)/;
// Code under test that is called in this process must not see them either.
for (const name of Object.keys(process.env)) if (foreign.test(name)) delete process.env[name];

/** Certificates that Node reads at each start, which doubles it. Who asks a registry passes it on. */
const certificates = 'NODE_EXTRA_CA_CERTS';

export interface SandboxOptions {
  /** Arguments for `git init`, such as `--bare`; `null` makes no repository. */
  readonly init?: readonly string[] | null;
  readonly env?: Record<string, string>;
  /** Folders that are searched for commands first. */
  readonly path?: readonly string[];
}

/**
 * A fresh sandbox. Inside a test it is removed when the test ends; in `beforeAll` say
 * `beforeAll(async () => { box = await createSandbox(); return () => box.remove(); })`.
 */
export async function createSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  // Real path: Git reports real paths, and macOS keeps its temp folder behind a link.
  const root = await realpath(await mkdtemp(join(tmpdir(), 'git-sops-test-')));
  const home = join(root, 'home');
  await mkdir(join(home, '.config'), { recursive: true });
  const inherited = Object.entries(process.env).filter(
    (entry): entry is [string, string] =>
      entry[1] !== undefined && entry[0] !== certificates && !foreign.test(entry[0]),
  );
  const env: Record<string, string> = {
    ...Object.fromEntries(inherited),
    HOME: home,
    USERPROFILE: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    LC_ALL: 'C',
    GIT_CONFIG_GLOBAL: join(home, '.gitconfig'),
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CEILING_DIRECTORIES: root,
    GIT_TERMINAL_PROMPT: '0',
    GIT_AUTHOR_NAME: 'A U Thor',
    GIT_AUTHOR_EMAIL: 'author@example.com',
    GIT_COMMITTER_NAME: 'C O Mitter',
    GIT_COMMITTER_EMAIL: 'committer@example.com',
    ...options.env,
  };
  if (options.path !== undefined) env['PATH'] = [...options.path, env['PATH'] ?? ''].join(delimiter);
  // Nobody needs these objects after a crash, and background jobs would race with the removal.
  await writeFile(
    join(home, '.gitconfig'),
    '[init]\n\tdefaultBranch = main\n[core]\n\tfsync = none\n[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n' +
      '[protocol "file"]\n\tallow = always\n[advice]\n\tdetachedHead = false\n',
  );
  const repo = join(root, 'repo');
  const sandbox = new Sandbox(root, repo, env);
  await mkdir(repo);
  if (options.init !== null) await sandbox.git('init', '--quiet', ...(options.init ?? []));
  try {
    onTestFinished(() => sandbox.remove());
  } catch {
    // Not inside a test: the caller removes it.
  }
  return sandbox;
}
