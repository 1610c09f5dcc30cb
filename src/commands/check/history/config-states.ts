import { configName, createRuleFinder, type FoundRule, type RuleFinder } from '../../../document/rule-finder.ts';
import { GitSopsError } from '../../../errors.ts';
import type { BlobReader } from '../../../git/blob-reader.ts';
import { type FileState, FileStates } from '../../../git/file-states.ts';
import { listTree } from '../../../git/index-entries.ts';
import type { GitPath } from '../../../git/path.ts';
import type { LoggedCommit } from '../../../git/raw-log.ts';

/** All `.sops.yaml` of one commit, which it shares with most of its neighbours. */
export class ConfigState {
  readonly #rules: RuleFinder;
  readonly #found = new Map<GitPath, Promise<FoundRule | null>>();

  /** @param read a `.sops.yaml` by its id */
  constructor(files: FileState, read: (oid: string) => Promise<Uint8Array | null>) {
    this.#rules = createRuleFinder(async (path) => {
      const oid = files.get(path);
      return oid === undefined ? null : read(oid);
    });
  }

  /** The rule that covered a path then; null also where the rules could not be read: only today's must be. */
  find(path: GitPath): Promise<FoundRule | null> {
    const known = this.#found.get(path);
    if (known !== undefined) return known;
    const found = this.#rules.find(path).catch((error: unknown) => {
      if (error instanceof GitSopsError && error.code !== 'git-object-missing') return null;
      throw error;
    });
    this.#found.set(path, found);
    return found;
  }
}

/** Which rules each commit had, worked out from what each commit changed, parents first. */
export class ConfigStates {
  readonly #blobs: BlobReader;
  readonly #files = new FileStates((path) => path === configName || path.endsWith(`/${configName}`));
  readonly #states = new Map<FileState, ConfigState>();
  readonly #read = new Map<string, Promise<Uint8Array | null>>();

  constructor(blobs: BlobReader) {
    this.#blobs = blobs;
  }

  /** The state of the next commit of the log, and whether its rules are others than those of its first parent. */
  async after(logged: Pick<LoggedCommit, 'commit' | 'parents' | 'changes'>): Promise<{
    readonly state: ConfigState;
    readonly changed: boolean;
  }> {
    const [parent] = logged.parents;
    // In front of a range.
    if (parent !== undefined && this.#files.get(parent) === undefined) {
      this.#files.start(parent, await listTree(parent));
    }
    const before = this.#files.get(parent ?? '');
    const files = this.#files.after(logged);
    const state = this.#states.get(files) ?? new ConfigState(files, (oid) => this.#config(oid));
    this.#states.set(files, state);
    return { state, changed: files !== before && files.size > 0 };
  }

  /** Many states share a file. */
  #config(oid: string): Promise<Uint8Array | null> {
    const known = this.#read.get(oid) ?? this.#load(oid);
    this.#read.set(oid, known);
    return known;
  }

  /** Rules that are missing are not rules that were broken: those covered nothing. */
  async #load(oid: string): Promise<Uint8Array> {
    const blob = await this.#blobs.read(oid);
    if (blob === null) throw new GitSopsError('git-object-missing', { file: configName, detail: oid });
    return blob.content;
  }
}
