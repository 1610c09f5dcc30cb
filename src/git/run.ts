import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { GitSopsError } from '../errors.ts';
import { escapeText } from '../quote.ts';
import { gitProgram } from './git-program.ts';

export interface RunGitOptions {
  /** Default: the process's own. Mind that `GIT_DIR` and `GIT_INDEX_FILE` may be relative to that. */
  readonly cwd?: string | undefined;
  /** Bytes for standard input; without it Git reads an empty one. */
  readonly input?: string | Uint8Array | undefined;
  /** Added to the environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>> | undefined;
  /** Let a partial clone fetch what it lacks. Never in a filter or hook: they use no network. Default: no. */
  readonly lazyFetch?: boolean | undefined;
  /** Exit codes that are an answer and not a failure. Default: 0 only. */
  readonly okCodes?: readonly number[] | undefined;
  /** Wait for it without letting anything else go on: cheaper by what streams cost, where one has nothing else to do. */
  readonly quick?: boolean | undefined;
  /** Ends the child when it is aborted. */
  readonly signal?: AbortSignal | undefined;
}

export interface GitOutput {
  readonly stdout: Buffer;
  /** What Git complained of, though the exit code is an answer. */
  readonly stderr: Buffer;
  readonly code: number;
}

/**
 * Runs `git` to ask it something: the one way to do so where Git itself, a hook or a filter waits for us.
 * `GIT_DIR`, `GIT_INDEX_FILE` and the like are inherited, so the answer is about what the calling Git works on.
 * @throws GitSopsError `git-missing`, or `git-failed` with the first line that Git complained with.
 */
export async function runGit(args: readonly string[], options: RunGitOptions = {}): Promise<GitOutput> {
  if (options.quick === true) return runGitSync(args, options, mostQuickBytes);
  const child = spawnGit(args, options, options.input === undefined ? 'ignore' : 'pipe');
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
  // Git may end before it has read everything; its exit code says why.
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.input);
  const code = await ended(child);
  if (!(options.okCodes ?? [0]).includes(code)) {
    throw gitFailed(args, code, Buffer.concat(stderr).toString('utf8'));
  }
  return { stdout: Buffer.concat(stdout), stderr: Buffer.concat(stderr), code };
}

/** Far above what a caller that has nothing else to do asks for. */
const mostQuickBytes = 1 << 30;

/** The same, waited for. @param maxBytes of output, about; more is a failure */
export function runGitSync(args: readonly string[], options: RunGitOptions, maxBytes: number): GitOutput {
  const env = defensiveEnv(options);
  const { status, stdout, stderr, error } = spawnSync(gitProgram(env), [...defensiveFlags, ...args], {
    cwd: options.cwd,
    env,
    input: options.input ?? '',
    maxBuffer: maxBytes,
    windowsHide: true,
  });
  if (error !== undefined) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw new GitSopsError('git-missing', { detail: code }, { cause: error });
  }
  const code = status ?? 255;
  if (!(options.okCodes ?? [0]).includes(code)) throw gitFailed(args, code, stderr.toString('utf8'));
  return { stdout, stderr, code };
}

export type SpawnGitOptions = Pick<RunGitOptions, 'cwd' | 'env' | 'lazyFetch' | 'quick' | 'signal'>;

/** The child alone, for those who talk with it: all three streams are pipes, but for an input that nobody gives. */
export function spawnGit(
  args: readonly string[],
  options: SpawnGitOptions = {},
  stdin: 'pipe' | 'ignore' = 'pipe',
): ChildProcess {
  const env = defensiveEnv(options);
  return spawn(gitProgram(env), [...defensiveFlags, ...args], {
    cwd: options.cwd,
    env,
    stdio: [stdin, 'pipe', 'pipe'],
    windowsHide: true,
    ...(options.signal === undefined ? {} : { signal: options.signal }),
  });
}

/** Waits for the end and all output. 128 and the like are Git's; a signal counts as 255. */
export function ended(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.on('error', (cause: NodeJS.ErrnoException) => {
      // ENOENT also means a missing working folder; then Git is not to blame.
      reject(new GitSopsError('git-missing', { detail: cause.code ?? 'unknown error' }, { cause }));
    });
    child.on('close', (code) => resolve(code ?? 255));
  });
}

const defensiveFlags: readonly string[] = [
  // Output is for us, never for a person.
  '--no-pager',
  // Asking must not start a daemon or a program that a config names.
  '-c',
  'core.fsmonitor=false',
  // Bytes of names as they are, for the few commands that have no -z.
  '-c',
  'core.quotePath=false',
];

/** An object that a partial clone lacks is missing. Git knows the first from 2.45 on, and dies of the second before. */
const noNetwork = { GIT_NO_LAZY_FETCH: '1', GIT_ALLOW_PROTOCOL: 'none' };

/** The environment of all our children. */
function defensiveEnv({ env: added = {}, lazyFetch = false }: SpawnGitOptions): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    // A read that also refreshes the index would fight for the lock that the Git around us holds.
    GIT_OPTIONAL_LOCKS: '0',
    // `git replace` shows other content than what is stored and pushed. We judge what is stored.
    GIT_NO_REPLACE_OBJECTS: '1',
    // Grafts hide commits. Git warns of a file that is there, so this is a place where none can be.
    GIT_GRAFT_FILE: '/dev/null/none',
    // Paths come from Git itself; a `*` or `:(top)` in one is part of a name.
    GIT_LITERAL_PATHSPECS: '1',
    // Answers to many questions come in large pieces, not each by itself.
    GIT_FLUSH: '0',
    // Nobody is there to answer.
    GIT_TERMINAL_PROMPT: '0',
    // Messages are matched and shown, so they come in one language. LANGUAGE would win over LC_ALL.
    LC_ALL: 'C',
    LANGUAGE: '',
    ...(lazyFetch ? {} : noNetwork),
    ...added,
  };
  // Git dies when one of these meets the literal one.
  for (const name of ['GIT_GLOB_PATHSPECS', 'GIT_NOGLOB_PATHSPECS', 'GIT_ICASE_PATHSPECS']) delete env[name];
  for (const [name, value] of Object.entries(added)) if (value === undefined) delete env[name];
  return env;
}

/** The failure of a Git command, with what it complained about, safe for a terminal. */
export function gitFailed(args: readonly string[], code: number, stderr: string): GitSopsError {
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  // A trace switch or a warning may stand before the line that matters.
  const line = lines.find((text) => /^(fatal|error|usage):/.test(text)) ?? lines[0] ?? `exit code ${code}`;
  return new GitSopsError('git-failed', { detail: `git ${args[0] ?? ''}`, other: escapeText(line.slice(0, 500)) });
}
