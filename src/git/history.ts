import { unreadable } from './index-entries.ts';
import { decodePath, encodePath, type GitPath, splitNul } from './path.ts';
import { rawLogOptions } from './raw-options.ts';
import { runGit, type SpawnGitOptions } from './run.ts';

/** A commit that brought something new to a path. */
export interface Commit {
  /** Hexadecimal. */
  readonly oid: string;
  readonly author: { readonly name: string; readonly email: string };
  /** The author's, ISO 8601 with the author's time zone. */
  readonly date: string;
  readonly subject: string;
  readonly changes: readonly PathChange[];
}

export interface PathChange {
  readonly path: GitPath;
  /** Of the path in each parent, null where it has none; empty in a first commit. The same blob as in a parent is no change. */
  readonly before: readonly (string | null)[];
  /** Null where the commit deletes it. */
  readonly after: string | null;
}

/** Where a path came from in a commit that renamed it. */
export interface Rename {
  readonly commit: string;
  readonly from: GitPath;
  readonly to: GitPath;
}

/** More than this on a command line, and the whole history is read instead. In bytes. */
const longestPathList = 100_000;

/**
 * The commits that changed these paths, newest first, through one `git log`; a merge counts where its file is none of its
 * parents'. Renames are an addition and a deletion.
 * @param starts ids of commits, or `ID^@` for its parents
 * @param paths literal, from the top, which must be the current folder
 */
export async function* changesOf(
  starts: readonly string[],
  paths: readonly GitPath[],
  options?: SpawnGitOptions,
): AsyncGenerator<Commit> {
  const names = paths.map(encodePath);
  // An argument is text to Node, so a name that is not UTF-8 cannot be one.
  const isText = names.every((name, i) => name.equals(Buffer.from(paths[i] ?? '')));
  const limited = isText && Buffer.concat(names).length < longestPathList;
  const { stdout } = await runGit(
    ['log', ...plain, `--format=${format}`, ...starts, '--', ...(limited ? paths : [])],
    options,
  );
  const wanted = new Set(paths);
  let head: string[] | null = null;
  let changes: PathChange[] = [];
  const fields = splitNul(stdout);
  for (let i = 0; i < fields.length; i++) {
    const field = fields[i] as Buffer;
    if (field[0] === 0x02) {
      if (head !== null) yield commitOf(head, changes);
      head = field.subarray(1).toString().split('\x1f');
      changes = [];
      continue;
    }
    const entry = field.toString('latin1').trimStart();
    if (entry === '') continue;
    const path = decodePath(fields[++i] ?? Buffer.alloc(0));
    if (wanted.has(path)) changes.push({ path, ...sidesOf(entry) });
  }
  if (head !== null) yield commitOf(head, changes);
}

/** Which of these paths a commit got by a rename, by Git's own judgement; commits with one parent only. */
export async function renamesIn(commits: readonly string[], options?: SpawnGitOptions): Promise<Rename[]> {
  if (commits.length === 0) return [];
  const args = ['diff-tree', '--stdin', '-r', '-M', '--raw', '-z', '--no-abbrev', '--diff-filter=R'];
  const { stdout } = await runGit(args, { ...options, input: `${commits.join('\n')}\n` });
  const fields = splitNul(stdout);
  const renames: Rename[] = [];
  let commit = '';
  for (let i = 0; i < fields.length; i++) {
    const field = (fields[i] as Buffer).toString('latin1');
    if (!field.startsWith(':')) commit = field.trim();
    else renames.push({ commit, from: decodePath(fields[++i] as Buffer), to: decodePath(fields[++i] as Buffer) });
  }
  return renames;
}

const format = '%x02%H%x1f%aN%x1f%aE%x1f%aI%x1f%s';

/** `-c`: of a merge only what differs from all its parents. */
const plain = [...rawLogOptions, '-z', '-c', '--encoding=UTF-8', '--ignore-submodules=all'];

function commitOf([oid = '', name = '', email = '', date = '', subject = '']: string[], changes: PathChange[]): Commit {
  return { oid, author: { name, email }, date, subject, changes };
}

/** `:100644 100644 0123… 4567… M`, and for a merge of two `::` with one mode and id more. */
function sidesOf(entry: string): Pick<PathChange, 'before' | 'after'> {
  const colons = /^:+/.exec(entry)?.[0].length ?? 0;
  const words = entry.slice(colons).split(' ');
  const oids = words.slice(colons + 1, 2 * (colons + 1)).map((oid) => (/^0+$/.test(oid) ? null : oid));
  if (colons === 0 || oids.length !== colons + 1) throw unreadable('log');
  return { before: oids.slice(0, -1), after: oids.at(-1) ?? null };
}
