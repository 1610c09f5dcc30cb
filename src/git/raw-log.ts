import { type Change, changeOf } from './changes.ts';
import { unreadable } from './index-entries.ts';
import { decodePath } from './path.ts';
import { rawLogOptions } from './raw-options.ts';
import { ended, gitFailed, type SpawnGitOptions, spawnGit } from './run.ts';

/** A commit and what it changed against its first parent; a root changed nothing into its files. */
export interface LoggedCommit {
  readonly commit: string;
  readonly parents: readonly string[];
  /** RFC 3339. */
  readonly authorDate: string;
  readonly changes: readonly Change[];
}

export interface RawLogOptions extends SpawnGitOptions {
  /** Ids to start from beside `revs`, any number of them. */
  readonly tips?: readonly string[];
}

/**
 * Every commit that these revisions reach, parents first, through one `git log`. A merge is shown against its first parent, so
 * that nothing that only the merge has is missed. In a shallow clone the commits at its border count as roots.
 * @param revs as for `git rev-list`: ids, `--all`, `^id`
 */
export async function* rawLog(revs: readonly string[], options: RawLogOptions = {}): AsyncGenerator<LoggedCommit> {
  const args = [
    'log',
    ...rawLogOptions,
    '-z',
    '--reverse',
    '--topo-order',
    '--diff-merges=first-parent',
    '--format=%H %P%x00%aI',
    ...(options.tips === undefined ? [] : ['--stdin']),
    ...revs,
    '--',
  ];
  const child = spawnGit(args, options);
  // Git may end before it has read them; its exit code says why.
  child.stdin?.on('error', () => {});
  child.stdin?.end(options.tips?.map((tip) => `${tip}\n`).join(''));
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    if (stderr.length < 10_000) stderr += chunk.toString();
  });
  const end = ended(child);
  end.catch(() => {});
  const reader = new LogReader();
  try {
    for await (const chunk of child.stdout ?? []) yield* reader.read(chunk as Buffer);
  } finally {
    // Whoever stops early has no use for the rest.
    child.stdout?.destroy();
  }
  const code = await end;
  if (code !== 0) throw gitFailed(args, code, stderr);
  yield* reader.rest();
}

type Growing = Omit<LoggedCommit, 'changes'> & { readonly changes: Change[] };

/** Fields that end in NUL: `ID PARENT…`, the date, and for each change `:100644 100644 0123… 4567… M` and its path. */
class LogReader {
  #open: Buffer | null = null;
  #header: string | null = null;
  #change: string | null = null;
  #commit: Growing | null = null;

  *read(chunk: Buffer): Generator<LoggedCommit> {
    let start = 0;
    for (let end = chunk.indexOf(0); end >= 0; end = chunk.indexOf(0, start)) {
      const part = chunk.subarray(start, end);
      const done = this.#field(this.#open === null ? part : Buffer.concat([this.#open, part]));
      this.#open = null;
      if (done !== null) yield done;
      start = end + 1;
    }
    if (start < chunk.length) this.#open = Buffer.concat([this.#open ?? Buffer.alloc(0), chunk.subarray(start)]);
  }

  *rest(): Generator<LoggedCommit> {
    if (this.#commit !== null) yield this.#commit;
  }

  /** @returns the commit before, once another begins */
  #field(bytes: Buffer): LoggedCommit | null {
    if (this.#change !== null) {
      this.#commit?.changes.push(changeOf(this.#change, decodePath(bytes)));
      this.#change = null;
      return null;
    }
    const text = bytes.toString('latin1').replace(/^\n+/, '');
    if (this.#header !== null) {
      const [commit = '', ...parents] = this.#header.trim().split(' ');
      const before = this.#commit;
      this.#commit = { commit, parents, authorDate: text, changes: [] };
      this.#header = null;
      return before;
    }
    if (text.startsWith(':')) this.#change = text;
    else if (/^[0-9a-f]{40}/.test(text)) this.#header = text;
    else if (text !== '') throw unreadable('log');
    return null;
  }
}
