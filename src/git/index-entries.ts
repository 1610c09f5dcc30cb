import { GitSopsError } from '../errors.ts';
import { Listing } from './listing.ts';
import { type GitPath, splitPaths } from './path.ts';
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
  if (mode.startsWith('10')) return 'file';
  if (mode.startsWith('12')) return 'symlink';
  return mode.startsWith('16') ? 'submodule' : 'folder';
}

/** Whether a blob with somebody's bytes stands there. Where a symlink leads to is one too, and anything may stand there. */
export function isBlob(kind: FileKind): boolean {
  return kind === 'file' || kind === 'symlink';
}

/** All entries of the index, in its order: by path, then stage. Must run in a working tree. */
export async function listIndex(options: ListOptions = {}): Promise<readonly IndexEntry[]> {
  return (await indexListing(options)).all();
}

/** The same, for whoever looks at few of them. */
export async function indexListing(options: ListOptions = {}): Promise<Listing<IndexEntry>> {
  return readEntries('--stage', options);
}

/** The stages that a `git add` took out of the index; Git keeps them until something else is checked out. */
export async function listResolved(): Promise<readonly IndexEntry[]> {
  return (await readEntries('--resolve-undo', {})).all();
}

async function readEntries(which: '--stage' | '--resolve-undo', options: ListOptions): Promise<Listing<IndexEntry>> {
  const { stdout } = await runGit(['ls-files', which, '-z', '--full-name', ...pathspecArgs(options)], {
    ...withPathspecs(options),
  });
  return new Listing(stdout, indexEntry);
}

/** @param head `100644 0123… 0` */
function indexEntry(head: string, path: GitPath): IndexEntry {
  const stage = head.charCodeAt(head.length - 1) - 0x30;
  if (head.charCodeAt(6) !== 0x20 || !(stage >= 0 && stage <= 3)) throw unreadable('ls-files');
  const mode = head.slice(0, 6);
  return {
    mode,
    kind: fileKind(mode),
    oid: head.slice(7, head.length - 2),
    stage: stage as IndexEntry['stage'],
    path,
  };
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
  return [...new Set(splitPaths(stdout))];
}

/** All files of a commit or tree, which is given by its id (`resolveTree`). */
export async function listTree(tree: string, options: ListOptions = {}): Promise<readonly TreeEntry[]> {
  return (await treeListing(tree, options)).all();
}

/** The same, for whoever looks at few of them. */
export async function treeListing(tree: string, options: ListOptions = {}): Promise<Listing<TreeEntry>> {
  const { stdout } = await runGit(['ls-tree', '-r', '-z', '--full-tree', tree], options);
  return new Listing(stdout, treeEntry);
}

/** @param head `100644 blob 0123…` */
function treeEntry(head: string, path: GitPath): TreeEntry {
  const [mode, , oid] = head.split(' ');
  if (mode === undefined || oid === undefined) throw unreadable('ls-tree');
  return { mode, kind: fileKind(mode), oid, path };
}

/** What stands in one folder of a commit, by its id: files, and folders without what they hold. @param folder with `/` at its end */
export async function listFolder(commit: string, folder: GitPath, options: SpawnGitOptions = {}): Promise<GitPath[]> {
  const { stdout } = await runGit(['ls-tree', '-z', '--name-only', '--full-tree', commit, '--', folder], options);
  return splitPaths(stdout);
}

/** Splits a line at its first tab, and what is before it at spaces. A path may hold further ones. */
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
