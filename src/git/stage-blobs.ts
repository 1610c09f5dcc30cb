import type { HeldIndex } from './hold-index.ts';
import { decodePath, encodePath, type GitPath, joinPaths, splitNul } from './path.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/** What an index entry shall be. */
export interface Staging {
  readonly path: GitPath;
  /** Six octal digits. */
  readonly mode: string;
  /** The blob, past every filter, or the id of one that is stored already; null takes the entry away. */
  readonly blob: Uint8Array | string | null;
}

/**
 * Writes blobs and puts them into the index, which becomes the repository's when it is let go.
 * Marks that the user put on entries (skip-worktree, assume-unchanged) stay. `cwd` must be the top.
 */
export async function stageBlobs(stagings: readonly Staging[], held: HeldIndex): Promise<void> {
  if (stagings.length === 0) return;
  const gone: Buffer[] = [];
  const lines: Buffer[] = [];
  const none = '0'.repeat(await idLength(held));
  for (const { path, mode, blob } of stagings) {
    const entry =
      blob === null ? `0 ${none}` : `${mode} ${typeof blob === 'string' ? blob : await writeBlob(blob, held)}`;
    (blob === null ? gone : lines).push(Buffer.from(`${entry} 0\t`), encodePath(path), Buffer.alloc(1));
  }
  const marks = await marksOf(new Set(stagings.flatMap(({ path, blob }) => (blob === null ? [] : [path]))), held);
  // First what goes: a file may be where a folder was.
  const input = Buffer.concat([...gone, ...lines]);
  await runGit(['update-index', '-z', '--index-info'], { ...held, input });
  for (const [mark, paths] of marks) {
    if (paths.length === 0) continue;
    await runGit(['update-index', mark, '-z', '--stdin'], { ...held, input: joinPaths(paths) });
  }
}

async function writeBlob(blob: Uint8Array, options: SpawnGitOptions): Promise<string> {
  const { stdout } = await runGit(['hash-object', '-w', '--stdin', '--no-filters'], { ...options, input: blob });
  return stdout.toString().trim();
}

/** Hexadecimal digits of an object's id in this repository. */
async function idLength(options: SpawnGitOptions): Promise<number> {
  const { stdout } = await runGit(['hash-object', '--stdin'], options);
  return stdout.toString().trim().length;
}

/** Which of these entries have which mark: a written entry has none. `ls-files -v` shows `S`, and lower case for the other. */
async function marksOf(paths: ReadonlySet<GitPath>, options: SpawnGitOptions): Promise<[string, GitPath[]][]> {
  const skipped: GitPath[] = [];
  const assumed: GitPath[] = [];
  const { stdout } = await runGit(['ls-files', '-v', '-z', '--full-name', '--', ':/'], {
    ...options,
    env: { ...options.env, GIT_LITERAL_PATHSPECS: '0' },
  });
  for (const line of splitNul(stdout)) {
    const path = decodePath(line.subarray(2));
    if (!paths.has(path)) continue;
    const tag = line.toString('latin1', 0, 1);
    if (tag.toUpperCase() === 'S') skipped.push(path);
    if (tag !== tag.toUpperCase()) assumed.push(path);
  }
  return [
    ['--skip-worktree', skipped],
    ['--assume-unchanged', assumed],
  ];
}
