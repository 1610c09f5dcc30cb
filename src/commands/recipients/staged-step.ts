import { readSopsFile } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { holdIndex, requireEntries, requireFreeIndex } from '../../git/hold-index.ts';
import { type IndexEntry, listIndex } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { refreshHeld } from '../../git/refresh-index.ts';
import { runGit } from '../../git/run.ts';
import { type Staging, stageBlobs } from '../../git/stage-blobs.ts';
import { readWorkFile, removeWorkFile, requireAsBefore, writeWorkFileOver } from '../../git/work-file.ts';
import type { Io } from '../io.ts';
import { toLf } from '../repository/line-ends.ts';

/** A file that gets new content in the index, and in the working tree unless it is plaintext there. */
export interface Edit {
  readonly path: GitPath;
  /** Null takes the file away. */
  readonly content: Uint8Array | null;
  /** Whether it is ciphertext, stored as it is; else an ordinary file, of which Git may store other line ends. */
  readonly isSecret: boolean;
}

interface Prepared extends Edit {
  readonly mode: string;
  /** What stands in the working tree now; undefined for a file that is left alone there. */
  readonly before: Uint8Array | null | undefined;
}

/**
 * Changes that become one commit: looked over first, then staged and written to the working tree while nobody else can stage anything.
 * What fails leaves index and files as they were.
 */
export class StagedStep {
  readonly #io: Io;
  readonly #prepared: Prepared[] = [];
  readonly #entries: ReadonlyMap<GitPath, IndexEntry>;

  private constructor(io: Io, entries: readonly IndexEntry[]) {
    this.#io = io;
    this.#entries = new Map(entries.map((entry) => [entry.path, entry]));
  }

  static async open(io: Io): Promise<StagedStep> {
    return new StagedStep(
      io,
      (await listIndex()).filter(({ stage }) => stage === 0),
    );
  }

  /** Writes nothing yet. @throws GitSopsError `unstaged-changes` where the working file holds what the index does not */
  async add(edit: Edit): Promise<void> {
    const { path, isSecret } = edit;
    const entry = this.#entries.get(path);
    const working = readWorkFile(this.#io.cwd, path)?.content ?? null;
    const mode = entry?.mode ?? '100644';
    // Plaintext stays as it is, edits and all: the next `git add` follows what is staged now.
    if (isSecret && (working === null || !(await isEncrypted(path, working)))) {
      this.#prepared.push({ ...edit, mode, before: undefined });
      return;
    }
    if (working !== null && entry !== undefined && !(await isStored(path, working, entry.oid, isSecret))) {
      throw new GitSopsError('unstaged-changes', { file: path, other: path });
    }
    this.#prepared.push({ ...edit, mode, before: working });
  }

  /** @throws GitSopsError `file-changed-meanwhile` where an entry or a file is not what it was when it was added here */
  async carryOut(): Promise<void> {
    await requireFreeIndex();
    const stagings = await Promise.all(this.#prepared.map(staged));
    const paths = this.#prepared.map(({ path }) => path);
    await holdIndex({ cwd: this.#io.cwd }, async (held) => {
      await requireEntries(new Map(paths.map((path) => [path, this.#entries.get(path) ?? null])), held);
      await stageBlobs(stagings, held);
      await this.#write();
      await refreshHeld(new Set(paths), held);
    });
  }

  async #write(): Promise<void> {
    const { cwd } = this.#io;
    const done: Prepared[] = [];
    let at: GitPath | undefined;
    try {
      for (const file of this.#prepared) {
        if (file.before === undefined) continue;
        at = file.path;
        await put(cwd, file.path, file.before, file.content);
        done.push(file);
      }
    } catch (error) {
      // Unless somebody was there in between: theirs stays.
      for (const { path, before, content } of done) await put(cwd, path, content, before ?? null).catch(() => {});
      if (error instanceof GitSopsError) throw error;
      const { code = 'unknown error' } = error as NodeJS.ErrnoException;
      throw new GitSopsError('cannot-write', { file: at, detail: code }, { cause: error });
    }
  }
}

async function staged({ path, mode, content, isSecret }: Prepared): Promise<Staging> {
  return { path, mode, blob: content === null || isSecret ? content : await objectId(path, content, ['-w']) };
}

async function put(top: string, path: GitPath, before: Uint8Array | null, content: Uint8Array | null): Promise<void> {
  if (content !== null) return writeWorkFileOver(top, path, before, content);
  requireAsBefore(top, path, before);
  if (before !== null) await removeWorkFile(top, path);
}

async function isStored(path: GitPath, working: Uint8Array, oid: string, isSecret: boolean): Promise<boolean> {
  if (!isSecret) return (await objectId(path, working)) === oid;
  // Where Git converts line ends the ciphertext may lie here with others.
  for (const bytes of [working, toLf(working)]) if ((await objectId(null, bytes)) === oid) return true;
  return false;
}

/** Of the blob that Git makes of these bytes. @param path for an ordinary file, which Git converts by its name */
async function objectId(path: GitPath | null, content: Uint8Array, args: readonly string[] = []): Promise<string> {
  const how = path === null ? '--no-filters' : `--path=${path}`;
  return (await runGit(['hash-object', ...args, '--stdin', how], { input: content })).stdout.toString().trim();
}

async function isEncrypted(path: GitPath, content: Uint8Array): Promise<boolean> {
  try {
    return (await readSopsFile(path, content)) !== null;
  } catch (error) {
    if (error instanceof GitSopsError) return false;
    throw error;
  }
}
