import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { listPaths, unreadable, type WorkFileOptions } from './index-entries.ts';
import { decodePath, type GitPath, joinPaths, splitNul } from './path.ts';
import { runGit, type SpawnGitOptions } from './run.ts';
import { atLeast, gitVersion, gitWith } from './version.ts';

/** As Git prints it: `set`, `unset`, `unspecified`, or the value. */
export type AttributeValue = string;

/** The attributes that decide what a filter's file goes through. */
export type FilterAttributes = Readonly<Record<(typeof filterNames)[number], AttributeValue>>;

const filterNames = ['filter', 'diff', 'merge', 'text'] as const;

export interface AttributeOptions extends SpawnGitOptions {
  /**
   * Whose `.gitattributes` count: the working tree's (with the index's where a file is missing there), the index's, or
   * those of a tree by its id. The user's and `info/attributes` count always. Default: `worktree`.
   */
  readonly of?: 'worktree' | 'index' | { readonly tree: string };
}

/** `filter`, `diff`, `merge` and `text` of each path. `cwd` must be the top: Git takes the paths as relative to it. */
export function filterAttributes(
  paths: Iterable<GitPath>,
  options?: AttributeOptions,
): Promise<Map<GitPath, FilterAttributes>> {
  return checkAttributes(paths, filterNames, options);
}

/** Any attributes by name, through one `git check-attr` for all paths. */
export async function checkAttributes<Name extends string>(
  paths: Iterable<GitPath>,
  names: readonly Name[],
  options: AttributeOptions = {},
): Promise<Map<GitPath, Record<Name, AttributeValue>>> {
  const input = joinPaths(paths);
  if (input.length === 0) return new Map();
  const { of = 'worktree', ...run } = options;
  const check = async (source: readonly string[], env = run.env) => {
    const { stdout } = await runGit(['check-attr', '-z', '--stdin', ...source, ...names], { ...run, env, input });
    return parse<Name>(stdout);
  };
  if (of === 'worktree') return check([]);
  if (of === 'index') return check(['--cached']);
  if (atLeast(await gitVersion(run), gitWith.attributesOfTree)) return check([`--source=${of.tree}`]);
  return withIndexOf(of.tree, run, (env) => check(['--cached'], env));
}

export interface FilterPathOptions extends AttributeOptions, Pick<WorkFileOptions, 'untracked' | 'pathspecs'> {}

/** Paths of the index (on demand untracked ones too) whose `filter` attribute is `filter`. `cwd` must be the top. */
export async function pathsWithFilter(filter: string, options: FilterPathOptions = {}): Promise<GitPath[]> {
  const { of, untracked, pathspecs, ...run } = options;
  const paths = await listPaths({
    ...run,
    ...(untracked === undefined ? {} : { untracked }),
    ...(pathspecs === undefined ? {} : { pathspecs }),
  });
  const attributes = await checkAttributes(paths, ['filter'], { ...run, ...(of === undefined ? {} : { of }) });
  return paths.filter((path) => attributes.get(path)?.filter === filter);
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

/** Before 2.40 Git reads attributes from an index, not from a tree: so the tree is put into an index of its own. */
async function withIndexOf<T>(
  tree: string,
  run: SpawnGitOptions,
  use: (env: Record<string, string | undefined>) => Promise<T>,
): Promise<T> {
  const name = `git-sops-attributes-${randomBytes(8).toString('hex')}`;
  const { stdout } = await runGit(['rev-parse', '--path-format=absolute', '--git-path', name], run);
  const file = stdout.toString().replace(/\n$/, '');
  const env = { ...run.env, GIT_INDEX_FILE: file };
  try {
    await runGit(['read-tree', tree], { ...run, env });
    return await use(env);
  } finally {
    await rm(file, { force: true });
  }
}
