import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { FileState } from './file-states.ts';
import { unreadable } from './index-entries.ts';
import { decodePath, encodePath, type GitPath, joinPaths, splitNul, splitPaths } from './path.ts';
import { type RunGitOptions, runGit, type SpawnGitOptions } from './run.ts';
import { atLeast, gitVersion, gitWith } from './version.ts';

/** As Git prints it: `set`, `unset`, `unspecified`, or the value. */
export type AttributeValue = string;

/** The attributes that decide what a filter's file goes through. */
export type FilterAttributes = Readonly<Record<(typeof filterNames)[number], AttributeValue>>;

const filterNames = ['filter', 'diff', 'merge', 'text'] as const;

export interface AttributeOptions extends SpawnGitOptions {
  /**
   * Whose `.gitattributes` count: the working tree's (with the index's where a file is missing there), the index's, those of
   * a tree by its id, or these blobs. The user's and `info/attributes` count always. Default: `worktree`.
   */
  readonly of?: 'worktree' | 'index' | { readonly tree: string } | { readonly files: FileState };
}

/** `filter`, `diff`, `merge` and `text` of each path. `cwd` must be the top: Git takes the paths as relative to it. */
export function filterAttributes(
  paths: Iterable<GitPath>,
  options?: AttributeOptions,
): Promise<Map<GitPath, FilterAttributes>> {
  return checkAttributes(paths, filterNames, options);
}

/**
 * Which of these paths have `filter` set to this, in their order. Quicker than all attributes, for many paths.
 * @param paths as a list, or the bytes of each with a NUL behind it
 */
export async function amongFiltered(
  paths: readonly GitPath[] | Buffer,
  filter: string,
  options: AttributeOptions = {},
): Promise<GitPath[]> {
  const asked = Buffer.isBuffer(paths) ? paths : joinPaths(paths);
  if (asked.length === 0) return [];
  // Git answers path by path, as it was asked.
  const last = asked.toString('latin1', asked.lastIndexOf(0, -2) + 1, asked.length - 1);
  const answer = (await askAttributes(asked, ['filter'], options)).toString('latin1');
  const end = answer.lastIndexOf('\0filter\0');
  const lastAnswered = answer.slice(answer.lastIndexOf('\0', end - 1) + 1, end);
  if (!answer.endsWith('\0') || lastAnswered !== last) throw unreadable('check-attr');
  const found: GitPath[] = [];
  // Few of many paths have it, so what is looked for is the value. It cannot be met across two answers, as `filter` stands in each
  // but for a path of that very name.
  const wanted = `\0filter\0${filter}\0`;
  for (let at = answer.indexOf(wanted); at >= 0; at = answer.indexOf(wanted, at + wanted.length - 1)) {
    const path = pathOf(answer.slice(answer.lastIndexOf('\0', at - 1) + 1, at));
    if (path === 'filter') return fromTriples(answer, filter);
    found.push(path);
  }
  return found;
}

function fromTriples(answer: string, filter: string): GitPath[] {
  const fields = answer.split('\0');
  return fields.flatMap((field, i) => (i % 3 === 0 && fields[i + 2] === filter ? [pathOf(field)] : []));
}

/** One character a byte → path. */
function pathOf(bytes: string): GitPath {
  return /[\x80-\xff]/.test(bytes) ? decodePath(Buffer.from(bytes, 'latin1')) : bytes;
}

/** Any attributes by name, through one `git check-attr` for all paths. */
export async function checkAttributes<Name extends string>(
  paths: Iterable<GitPath>,
  names: readonly Name[],
  options: AttributeOptions = {},
): Promise<Map<GitPath, Record<Name, AttributeValue>>> {
  const asked = joinPaths(paths);
  return asked.length === 0 ? new Map() : parse<Name>(await askAttributes(asked, names, options));
}

async function askAttributes(input: Buffer, names: readonly string[], options: AttributeOptions): Promise<Buffer> {
  const { of = 'worktree', ...run } = options;
  const check = async (source: readonly string[], env = run.env) => {
    const { stdout } = await runGit(['check-attr', '-z', '--stdin', ...source, ...names], { ...run, env, input });
    return stdout;
  };
  if (of === 'worktree') return check([]);
  if (of === 'index') return check(['--cached']);
  const cached = (env: Record<string, string | undefined>) => check(['--cached'], env);
  if ('files' in of) return withIndex(run, (env) => fillIndex(of.files, { ...run, env }), cached);
  if (atLeast(await gitVersion(run), gitWith.attributesOfTree)) return check([`--source=${of.tree}`]);
  // Before 2.40 Git reads attributes from an index, not from a tree.
  return withIndex(run, (env) => runGit(['read-tree', of.tree], { ...run, env }), cached);
}

/**
 * The files of the index whose `filter` attribute is this, as `git add` would see it: by the `.gitattributes` of the working tree, and of
 * the index where a file is missing there. Git prints those alone, which of very many are few. From any folder.
 */
export async function filteredHere(filter: string, options: SpawnGitOptions = {}): Promise<GitPath[]> {
  const { stdout } = await runGit(['ls-files', '-z', '--full-name', '--', `:(top,attr:filter=${filter})`], {
    ...options,
    env: { ...options.env, GIT_LITERAL_PATHSPECS: '0' },
  });
  return splitPaths(stdout);
}

/** `path<NUL>attribute<NUL>value<NUL>`, one triple for each path and attribute. */
function parse<Name extends string>(stdout: Buffer): Map<GitPath, Record<Name, AttributeValue>> {
  const fields = splitNul(stdout);
  if (fields.length % 3 !== 0) throw unreadable('check-attr');
  const found = new Map<GitPath, Record<Name, AttributeValue>>();
  for (let i = 0; i < fields.length; i += 3) {
    const path = decodePath(fields[i] as Buffer);
    const values = found.get(path) ?? ({} as Record<Name, AttributeValue>);
    values[(fields[i + 1] as Buffer).toString() as Name] = decodePath(fields[i + 2] as Buffer);
    found.set(path, values);
  }
  return found;
}

async function fillIndex(files: FileState, run: RunGitOptions): Promise<void> {
  const entries = [...files].map(([path, oid]) =>
    Buffer.concat([Buffer.from(`100644 ${oid}\t`), encodePath(path), nul]),
  );
  await runGit(['update-index', '-z', '--index-info'], { ...run, input: Buffer.concat(entries) });
}

const nul = Buffer.alloc(1);

/** An index of its own, so that the repository's stays as it is. */
async function withIndex<T>(
  run: SpawnGitOptions,
  fill: (env: Record<string, string | undefined>) => Promise<unknown>,
  use: (env: Record<string, string | undefined>) => Promise<T>,
): Promise<T> {
  const name = `git-sops-attributes-${randomBytes(8).toString('hex')}`;
  const { stdout } = await runGit(['rev-parse', '--path-format=absolute', '--git-path', name], run);
  const file = stdout.toString().replace(/\n$/, '');
  const env = { ...run.env, GIT_INDEX_FILE: file };
  try {
    await fill(env);
    return await use(env);
  } finally {
    await rm(file, { force: true });
  }
}
