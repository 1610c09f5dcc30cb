import { parseCreationRules } from '../../../document/creation-rules.ts';
import {
  configName,
  createRuleFinder,
  type FoundRule,
  isRulesPath,
  type RuleFinder,
} from '../../../document/rule-finder.ts';
import { GitSopsError } from '../../../errors.ts';
import type { BlobReader } from '../../../git/blob-reader.ts';
import { type FileState, FileStates } from '../../../git/file-states.ts';
import { listTree, type TreeEntry } from '../../../git/index-entries.ts';
import type { GitPath } from '../../../git/path.ts';
import type { LoggedCommit } from '../../../git/raw-log.ts';

/** All `.sops.yaml` of one commit, which it shares with most of its neighbours. Rules that cannot be read cover nothing: only today's must be. */
export class ConfigState {
  readonly #rules: RuleFinder;

  /** @param read a `.sops.yaml` by its id */
  constructor(files: FileState, read: (oid: string) => Promise<Uint8Array>) {
    this.#rules = createRuleFinder(async (path) => {
      const oid = files.get(path);
      return oid === undefined ? null : read(oid);
    });
  }

  /** The rules that covered these paths then, by their index. */
  async findAll(paths: readonly GitPath[]): Promise<ReadonlyMap<number, FoundRule>> {
    try {
      return await this.#rules.findAll(paths);
    } catch (error) {
      refuseMissing(error);
    }
    // What is broken in one folder is no reason to overlook the others.
    const found = new Map<number, FoundRule>();
    for (const [i, path] of paths.entries()) {
      const rule = await this.find(path);
      if (rule !== null) found.set(i, rule);
    }
    return found;
  }

  async find(path: GitPath): Promise<FoundRule | null> {
    try {
      return await this.#rules.find(path);
    } catch (error) {
      refuseMissing(error);
      return null;
    }
  }
}

/** Rules that are missing are not rules that were broken: those covered nothing. */
function refuseMissing(error: unknown): void {
  if (!(error instanceof GitSopsError) || error.code === 'git-object-missing') throw error;
}

/** Which rules each commit had, worked out from what each commit changed, parents first. */
export class ConfigStates {
  readonly #blobs: BlobReader;
  readonly #files = new FileStates(isRulesPath);
  readonly #states = new Map<FileState, ConfigState>();
  readonly #read = new Map<string, Promise<Uint8Array>>();
  readonly #coverage = new Map<string, Promise<string>>();

  constructor(blobs: BlobReader) {
    this.#blobs = blobs;
  }

  /** The state of the next commit of the log, and whether its rules cover, or pick, something else than those of its first parent. */
  async after(logged: Pick<LoggedCommit, 'commit' | 'parents' | 'changes'>): Promise<{
    readonly state: ConfigState;
    readonly changed: boolean;
  }> {
    const [parent] = logged.parents;
    // In front of a range.
    if (parent !== undefined && this.#files.get(parent) === undefined) {
      this.#files.start(parent, await listTree(parent));
    }
    const before = this.#files.get(parent ?? '') ?? new Map();
    const files = this.#files.after(logged);
    return { state: this.#stateOf(files), changed: files !== before && !(await this.#coversSame(before, files)) };
  }

  /** Of a tree that is no commit's. */
  alone(tree: string, entries: readonly TreeEntry[]): ConfigState {
    return this.#stateOf(this.#files.start(tree, entries));
  }

  #stateOf(files: FileState): ConfigState {
    const state = this.#states.get(files) ?? new ConfigState(files, (oid) => this.#config(oid));
    this.#states.set(files, state);
    return state;
  }

  /** Most changes of rules are of recipients. */
  async #coversSame(before: FileState, after: FileState): Promise<boolean> {
    if (before.size !== after.size) return false;
    for (const [path, oid] of after) {
      const other = before.get(path);
      if (other === oid) continue;
      if (other === undefined || (await this.#coverageOf(other)) !== (await this.#coverageOf(oid))) return false;
    }
    return true;
  }

  /** What decides which paths the rules of a `.sops.yaml` cover, and what is picked there; as text, to be compared. */
  #coverageOf(oid: string): Promise<string> {
    const known = this.#coverage.get(oid) ?? this.#readCoverage(oid);
    this.#coverage.set(oid, known);
    return known;
  }

  async #readCoverage(oid: string): Promise<string> {
    try {
      const { rules } = await parseCreationRules(await this.#config(oid));
      return JSON.stringify(rules?.map(({ pathRegex, selector }) => [pathRegex, selector]) ?? null);
    } catch (error) {
      refuseMissing(error);
      return oid;
    }
  }

  /** Many states share a file. */
  #config(oid: string): Promise<Uint8Array> {
    const known = this.#read.get(oid) ?? this.#load(oid);
    this.#read.set(oid, known);
    return known;
  }

  async #load(oid: string): Promise<Uint8Array> {
    const blob = await this.#blobs.read(oid);
    if (blob === null) throw new GitSopsError('git-object-missing', { file: configName, detail: oid });
    return blob.content;
  }
}
