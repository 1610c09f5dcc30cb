import { GitSopsError } from '../errors.ts';
import { decodePath, type GitPath, splitNul } from './path.ts';
import { type RunGitOptions, runGit, type SpawnGitOptions } from './run.ts';

/** What a mode stands for. A `folder` shows up only in a sparse index. */
export type FileKind = 'file' | 'symlink' | 'submodule' | 'folder';

export interface TreeEntry {
  /** Six octal digits: 100644, 100755, 120000 (symlink), 160000 (submodule). */
  readonly mode: string;
  readonly kind: FileKind;
  /** Hexadecimal. */
  readonly oid: string;
  readonly path: GitPath;
}

export interface IndexEntry extends TreeEntry {
  /** 0, or in an unresolved conflict 1 (base), 2 (ours), 3 (theirs). */
  readonly stage: 0 | 1 | 2 | 3;
}

export interface ListOptions extends SpawnGitOptions {
  /** As a user typed them: relative to `cwd`, with Git's magic. Default: the whole repository. */
  readonly pathspecs?: readonly string[];
}

export function fileKind(mode: string): FileKind {
  switch (mode.slice(0, 2)) {
    case '12':
      return 'symlink';
    case '16':
      return 'submodule';
    case '10':
      return 'file';
    default:
      return 'folder';
  }
}

/** All entries of the index, in its order: by path, then stage. Must run in a working tree. */
export async function listIndex(options: ListOptions = {}): Promise<IndexEntry[]> {
  const { stdout } = await runGit(['ls-files', '--stage', '-z', '--full-name', ...pathspecArgs(options)], {
    ...withPathspecs(options),
  });
  return splitNul(stdout).map((line) => {
    // `100644 0123… 0<TAB>path`
    const { words, rest } = splitLine(line);
    const [mode, oid, stage] = words;
    if (mode === undefined || oid === undefined || stage === undefined) throw unreadable('ls-files');
    return { mode, kind: fileKind(mode), oid, stage: Number(stage) as IndexEntry['stage'], path: decodePath(rest) };
  });
}

export interface WorkFileOptions extends ListOptions {
  /** Files that Git does not know yet and does not ignore as well. Default: no. */
  readonly untracked?: boolean;
}

/** Paths of the index (each once), and on demand of untracked files. */
export async function listPaths(options: WorkFileOptions = {}): Promise<GitPath[]> {
  const which = options.untracked === true ? ['--cached', '--others', '--exclude-standard'] : ['--cached'];
  const { stdout } = await runGit(['ls-files', '-z', '--full-name', ...which, ...pathspecArgs(options)], {
    ...withPathspecs(options),
  });
  // A path in conflict is printed once for each stage.
  return [...new Set(splitNul(stdout).map(decodePath))];
}

/** All files of a commit or tree, which is given by its id (`resolveTree`). */
export async function listTree(tree: string, options: ListOptions = {}): Promise<TreeEntry[]> {
  const { stdout } = await runGit(['ls-tree', '-r', '-z', '--full-tree', tree], options);
  return splitNul(stdout).map((line) => {
    // `100644 blob 0123…<TAB>path`
    const { words, rest } = splitLine(line);
    const [mode, , oid] = words;
    if (mode === undefined || oid === undefined) throw unreadable('ls-tree');
    return { mode, kind: fileKind(mode), oid, path: decodePath(rest) };
  });
}

/** Splits at the tab, and what is before it at spaces. A path may hold both. */
export function splitLine(line: Buffer): { words: string[]; rest: Buffer } {
  const tab = line.indexOf(0x09);
  return { words: line.toString('latin1', 0, Math.max(tab, 0)).split(' '), rest: line.subarray(tab + 1) };
}

function pathspecArgs({ pathspecs = [] }: ListOptions): string[] {
  // Without a pathspec `ls-files` lists what is below the current folder only.
  return ['--', ...(pathspecs.length === 0 ? [':/'] : pathspecs)];
}

function withPathspecs(options: ListOptions): RunGitOptions {
  return { ...options, env: { ...options.env, GIT_LITERAL_PATHSPECS: '0' } };
}

export function unreadable(command: string): GitSopsError {
  return new GitSopsError('git-failed', { detail: `git ${command}`, other: 'its output is not understood' });
}
