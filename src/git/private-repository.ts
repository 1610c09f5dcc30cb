import { lstatSync, readFileSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { CatFile } from './cat-file.ts';
import { splitLine } from './index-entries.ts';
import { gitOnTerminal, type TerminalOptions } from './on-terminal.ts';
import { decodePath, encodePath, type GitPath, joinPaths, splitNul } from './path.ts';
import { runGit } from './run.ts';

/** A file as one side of a comparison has it. */
export interface Version {
  readonly content: Uint8Array;
  readonly executable: boolean;
}

/** Null where the side has no such file. */
export type Side = ReadonlyMap<GitPath, Version | null>;

/**
 * A throw-away repository: a few files as a commit, an index and a working tree, for Git's own commands to work on.
 * Nothing in it is shared with the user's repository, least of all the object database. Of configuration it sees the user's
 * own, and of the repository's what concerns looks and habits: never a filter, a hook or a conversion.
 */
export class PrivateRepository {
  readonly #folder: string;
  readonly #env: Record<string, string | undefined>;

  private constructor(folder: string, env: Record<string, string | undefined>) {
    this.#folder = folder;
    this.#env = env;
  }

  /** @param folder an empty one that nobody else can read; the caller removes it. Asks the repository that it is called in. */
  static async create(folder: string): Promise<PrivateRepository> {
    const settings = [...(await habits()), ...isolation];
    const repository = new PrivateRepository(folder, { ...isolatedEnv(folder), ...asEnvironment(settings) });
    await repository.#git(['init', '--quiet', '--template=']);
    return repository;
  }

  /** @param head null for a repository without a commit */
  async load({ head, index, worktree }: { head: Side | null; index: Side; worktree: Side }): Promise<void> {
    if (head !== null) {
      await this.#stage(head);
      const tree = (await this.#git(['write-tree'])).toString().trim();
      const commit = (await this.#git(['commit-tree', '-m', 'HEAD', tree])).toString().trim();
      await this.#git(['update-ref', 'HEAD', commit]);
    }
    await this.#stage(index);
    await this.#write(worktree);
  }

  /** Runs a Git command on the user's terminal, and gives its exit code. */
  run(args: readonly string[], started: NonNullable<TerminalOptions['started']>): Promise<number> {
    return gitOnTerminal(args, { cwd: this.#folder, env: this.#env, started });
  }

  /** What the index holds now. */
  async index(): Promise<Map<GitPath, Version>> {
    const entries = splitNul(await this.#git(['ls-files', '--stage', '-z'])).map(splitLine);
    const blobs = new CatFile('--batch', 2 ** 30, { cwd: this.#folder, env: this.#env });
    const found = new Map<GitPath, Version>();
    try {
      for (const { words, rest } of entries) {
        const content = (await blobs.ask(Buffer.from(words[1] ?? '')))?.content;
        if (content != null) found.set(decodePath(rest), { content, executable: words[0] === '100755' });
      }
    } finally {
      await blobs.close();
    }
    return found;
  }

  /** A file of the working tree as it is now. */
  worktreeFile(path: GitPath): Version | null {
    const file = this.#file(path);
    const stat = lstatSync(file, { throwIfNoEntry: false });
    if (stat === undefined || !stat.isFile()) return null;
    return { content: readFileSync(file), executable: (stat.mode & 0o100) !== 0 };
  }

  /** The index has this side alone afterwards. */
  async #stage(side: Side): Promise<void> {
    await this.#write(side);
    const there = [...side].filter(([, version]) => version !== null).map(([path]) => path);
    await this.#git(['read-tree', '--empty']);
    await this.#git(['update-index', '--add', '-z', '--stdin'], joinPaths(there));
  }

  async #write(side: Side): Promise<void> {
    // New files each time, lest Git take them for those that it has just staged; all old ones first, since a name may have
    // become a folder's.
    for (const path of side.keys()) {
      await rm(this.#file(path), { recursive: true, force: true }).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOTDIR') throw error;
      });
    }
    for (const [path, version] of side) {
      if (version === null) continue;
      const file = this.#file(path);
      await mkdir(file.subarray(0, file.lastIndexOf(0x2f)), { recursive: true, mode: 0o700 });
      await writeFile(file, version.content, { mode: version.executable ? 0o700 : 0o600, flag: 'wx' });
    }
  }

  #file(path: GitPath): Buffer {
    return Buffer.concat([Buffer.from(`${this.#folder}/`), encodePath(path)]);
  }

  async #git(args: readonly string[], input?: Buffer): Promise<Buffer> {
    return (await runGit(args, { cwd: this.#folder, env: this.#env, input })).stdout;
  }
}

type Setting = readonly [key: string, value: string];

/** What a person sets for how patches look and how they are asked for. */
const habit =
  /^(?:color\..*|interactive\..*|add\.interactive\..*|apply\..*|diff\.(?:algorithm|context|interhunkcontext|colormoved|colormovedws|indentheuristic|wserrorhighlight|suppressblankempty|mnemonicprefix)|core\.(?:editor|whitespace|commentchar|commentstring|abbrev|filemode))$/;

async function habits(): Promise<Setting[]> {
  const { stdout } = await runGit(['config', '-z', '--list'], { okCodes: [0, 128] });
  return splitNul(stdout).flatMap((entry): Setting[] => {
    const text = decodePath(entry);
    const end = text.indexOf('\n');
    const key = end < 0 ? text : text.slice(0, end);
    return habit.test(key) ? [[key, end < 0 ? 'true' : text.slice(end + 1)]] : [];
  });
}

/** Nothing converts, filters, or runs beside; the bytes that go in come out. */
const isolation: readonly Setting[] = [
  ['core.attributesFile', '/dev/null'],
  ['core.hooksPath', '/dev/null'],
  ['core.autocrlf', 'false'],
  ['core.safecrlf', 'false'],
  ['core.fsmonitor', 'false'],
  ['core.untrackedCache', 'false'],
  ['core.splitIndex', 'false'],
  ['core.sharedRepository', 'false'],
  ['core.logAllRefUpdates', 'false'],
  ['gc.auto', '0'],
];

/** As configuration from the environment, behind what is there already. */
function asEnvironment(settings: readonly Setting[]): Record<string, string> {
  const first = Number(process.env['GIT_CONFIG_COUNT'] ?? 0) || 0;
  const env: Record<string, string> = { GIT_CONFIG_COUNT: `${first + settings.length}` };
  for (const [i, [key, value]] of settings.entries()) {
    env[`GIT_CONFIG_KEY_${first + i}`] = key;
    env[`GIT_CONFIG_VALUE_${first + i}`] = value;
  }
  return env;
}

/** The variables that say which repository is meant (`git rev-parse --local-env-vars`), and some that start programs. */
function isolatedEnv(folder: string): Record<string, string | undefined> {
  return {
    GIT_DIR: `${folder}/.git`,
    GIT_WORK_TREE: folder,
    // `git -c …` would win over what is set here; what of it is a habit is among those.
    GIT_CONFIG_PARAMETERS: undefined,
    GIT_INDEX_FILE: undefined,
    GIT_OBJECT_DIRECTORY: undefined,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: undefined,
    GIT_COMMON_DIR: undefined,
    GIT_NAMESPACE: undefined,
    GIT_PREFIX: undefined,
    GIT_SHALLOW_FILE: undefined,
    GIT_GRAFT_FILE: undefined,
    GIT_REPLACE_REF_BASE: undefined,
    GIT_IMPLICIT_WORK_TREE: undefined,
    GIT_TEMPLATE_DIR: undefined,
    GIT_DEFAULT_HASH: undefined,
    GIT_EXTERNAL_DIFF: undefined,
    GIT_ATTR_NOSYSTEM: '1',
    GIT_AUTHOR_NAME: 'git-sops',
    GIT_AUTHOR_EMAIL: 'git-sops@localhost',
    GIT_COMMITTER_NAME: 'git-sops',
    GIT_COMMITTER_EMAIL: 'git-sops@localhost',
  };
}
