import { GitSopsError } from '../errors.ts';
import { gitProgram } from './git-program.ts';
import { runGit } from './run.ts';
import { atLeast, type GitVersion, gitWith, requireGit } from './version.ts';

/** One `git worktree list` entry. */
export interface Worktree {
  /** Absolute. */
  readonly path: string;
  /** Hexadecimal; null in a bare entry. */
  readonly head: string | null;
  /** Such as `refs/heads/main`; null when detached or bare. */
  readonly branch: string | null;
  readonly bare: boolean;
}

/** What set-up and diagnosis want to know of a repository. All paths are absolute. */
export interface Repository {
  /** Null in a bare repository, and inside a `.git` folder. */
  readonly top: string | null;
  /** This worktree's own: `.git`, or `.git/worktrees/NAME`. */
  readonly gitDir: string;
  /** The one that all worktrees share. */
  readonly commonDir: string;
  /** Where hooks are looked for: `core.hooksPath`, else `hooks` in the shared one. */
  readonly hooksFolder: string;
  readonly bare: boolean;
  /** Git's. */
  readonly version: GitVersion;
  /** The main one first. */
  readonly worktrees: readonly Worktree[];
}

/**
 * Looks a repository over, for commands that a person starts. Uses simple-git, which is too much to load for what Git
 * itself calls; that goes through `runGit`. A repository whose own folder has a name that is not UTF-8 is not understood.
 *
 * @param env Added to the environment.
 * @throws GitSopsError `git-not-a-repository`, `git-too-old`, `git-missing`.
 */
export async function openRepository(cwd: string, env?: Readonly<Record<string, string>>): Promise<Repository> {
  const inside = await insideWorkTree(cwd, env);
  const { simpleGit } = await import('simple-git');
  const own = { ...definedOnly(process.env), ...env };
  // simple-git takes GIT_DIR and all of its kind away unless they are named, and would look at another repository.
  const allowEnvironment = Object.keys(own);
  const options = { baseDir: cwd, binary: gitProgram(own), unsafe: ownEnvironment, allowEnvironment };
  const git = simpleGit({ ...options, maxConcurrentProcesses: 4 }).env(own);

  const { major, minor, patch } = await git.version();
  const version = [major, minor, Number(patch) || 0] as const;
  requireGit(version);
  const nul = atLeast(version, gitWith.worktreeListNul);
  // One question each: a path may hold a newline, so several answers could not be told apart.
  const ask = async (...question: string[]) =>
    (await git.raw(['rev-parse', '--path-format=absolute', ...question])).replace(/\n$/, '');
  const [top, gitDir, commonDir, hooksFolder, bare, list] = await Promise.all([
    inside ? ask('--show-toplevel') : null,
    ask('--git-dir'),
    ask('--git-common-dir'),
    ask('--git-path', 'hooks'),
    ask('--is-bare-repository'),
    git.raw(['worktree', 'list', '--porcelain', ...(nul ? ['-z'] : [])]),
  ]);
  return {
    top,
    gitDir,
    commonDir,
    hooksFolder,
    bare: bare === 'true',
    version,
    worktrees: parseWorktrees(list, nul ? '\0' : '\n'),
  };
}

/** Asked first and with messages in one language: Git has one exit code for "none here" and for "you may not". */
async function insideWorkTree(cwd: string, env?: Readonly<Record<string, string>>): Promise<boolean> {
  try {
    return (await runGit(['rev-parse', '--is-inside-work-tree'], { cwd, env })).stdout.toString() === 'true\n';
  } catch (error) {
    if (error instanceof GitSopsError && /not a git repository/.test(error.facts.other ?? '')) {
      throw new GitSopsError('git-not-a-repository', { file: cwd }, { cause: error });
    }
    throw error;
  }
}

/** simple-git guards against environments from strangers. This one is the user's, and Git would obey it anyway. */
const ownEnvironment = {
  // The path of Git itself may have a blank (`Program Files`).
  allowUnsafeCustomBinary: true,
  allowUnsafeAlias: true,
  allowUnsafeAskPass: true,
  allowUnsafeCommandBinaries: true,
  allowUnsafeConfigPaths: true,
  allowUnsafeConfigEnvCount: true,
  allowUnsafeCredentialHelper: true,
  allowUnsafeEditor: true,
  allowUnsafeMergeDriver: true,
  allowUnsafePager: true,
  allowUnsafeProtocolOverride: true,
  allowUnsafePack: true,
  allowUnsafeSshCommand: true,
  allowUnsafeGitProxy: true,
  allowUnsafeExec: true,
  allowUnsafeHooksPath: true,
  allowUnsafeDiffExternal: true,
  allowUnsafeDiffTextConv: true,
  allowUnsafeFilter: true,
  allowUnsafeFsMonitor: true,
  allowUnsafeGpgProgram: true,
  allowUnsafeTemplateDir: true,
  allowUnsafeInclude: true,
  allowUnsafeSubmodule: true,
  allowUnsafeUrlRewrite: true,
};

/** Blocks of `name value` lines with an empty one behind each. */
function parseWorktrees(list: string, end: '\0' | '\n'): Worktree[] {
  return list
    .split(end + end)
    .filter((block) => block.startsWith('worktree '))
    .map((block) => {
      const fields = new Map(
        block.split(end).map((line) => {
          const space = line.indexOf(' ');
          return space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
        }),
      );
      return {
        path: fields.get('worktree') ?? '',
        head: fields.get('HEAD') ?? null,
        branch: fields.get('branch') ?? null,
        bare: fields.has('bare'),
      };
    });
}

function definedOnly(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
