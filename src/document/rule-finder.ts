import { GitSopsError } from '../errors.ts';
import { loadEngine, mostShort } from '../tree/re2.ts';
import type { CreationRule } from './creation-rule.ts';
import { type CreationRules, type PathPattern, parseCreationRules, patternsOf } from './creation-rules.ts';
import { isRequestPath } from './join-request.ts';

export const configName = '.sops.yaml';

/** Whether it is a `.sops.yaml`, in whatever folder. */
export function isRulesPath(path: string): boolean {
  return path === configName || path.endsWith(`/${configName}`);
}

export interface FoundRule {
  readonly rule: CreationRule;
  /** Of the `.sops.yaml`, inside the repository. */
  readonly configPath: string;
}

export interface RuleFinder {
  /** The rule that covers a path, by the nearest `.sops.yaml` from the file upwards; null where none does. */
  find(path: string): Promise<FoundRule | null>;
  /** The same for many: of those that a rule covers, by their index, in their order. */
  findAll(paths: readonly string[]): Promise<ReadonlyMap<number, FoundRule>>;
  /** How the paths begin that a rule of these `.sops.yaml` may cover; empty for any path. */
  reach(configPaths: readonly string[]): Promise<string[]>;
  /** Every `.sops.yaml` from the file's folder upwards, the nearest first. */
  above(path: string): Promise<readonly FoundConfig[]>;
}

export interface FoundConfig extends CreationRules {
  readonly configPath: string;
}

/**
 * @param read a file of the repository by its path, null where there is none; each is asked for once
 */
export function createRuleFinder(read: (path: string) => Promise<Uint8Array | null>): RuleFinder {
  const configs = new Map<string, Promise<CreationRules | null>>();

  const config = (folder: string): Promise<CreationRules | null> => {
    let found = configs.get(folder);
    if (found === undefined) {
      found = load(`${folder}${configName}`);
      configs.set(folder, found);
    }
    return found;
  };
  const load = async (file: string): Promise<CreationRules | null> => {
    const source = await read(file);
    if (source === null) return null;
    try {
      // What they cover, and what is picked there, holds without recipients too. Whoever encrypts needs some.
      return await parseCreationRules(source, { bare: true });
    } catch (error) {
      throw error instanceof GitSopsError ? error.with({ file }) : error;
    }
  };

  /** The nearest rules of a folder, empty for the top. */
  const nearest = async (folder: string): Promise<Nearest | null> => {
    const folders = foldersOf(folder);
    // All are asked for at once, since each answer may be a way to Git and back; what the nearest hides may be broken.
    for (const each of folders) config(each).catch(() => {});
    for (const each of folders) {
      const rules = await config(each);
      if (rules !== null) return { folder: each, patterns: patternsOf(rules), covering: new Map() };
    }
    return null;
  };
  const known = new Map<string, Nearest | null>();

  return {
    async find(path) {
      return (await this.findAll([path])).get(0) ?? null;
    },

    async findAll(paths) {
      const runs = runsOf(paths);
      const unknown = [...new Set(runs.map(({ folder }) => folder))].filter((folder) => !known.has(folder));
      await Promise.all(unknown.map(async (folder) => known.set(folder, await nearest(folder))));
      if (paths.some((path) => path.length > mostShort)) await loadEngine();
      const all = new Map<number, FoundRule>();
      for (const { folder, start, end } of runs) {
        const rules = known.get(folder) ?? null;
        if (rules === null || !mayCover(rules, folder)) continue;
        for (let i = start; i < end; i++) {
          const path = paths[i] as string;
          const found = ruleIn(rules, path);
          if (found !== null && !isNeverCovered(path)) all.set(i, found);
        }
      }
      return all;
    },

    async reach(configPaths) {
      const reached = configPaths.map(async (path) => {
        const folder = path.slice(0, -configName.length);
        const rules = await config(folder);
        return rules === null ? [] : patternsOf(rules).map(({ prefix }) => folder + prefix);
      });
      return (await Promise.all(reached)).flat();
    },

    async above(path) {
      const found: FoundConfig[] = [];
      for (const folder of foldersOf(path)) {
        const rules = await config(folder);
        if (rules !== null) found.push({ ...rules, configPath: `${folder}${configName}` });
      }
      return found;
    },
  };
}

/** The `.sops.yaml` that counts for a folder. */
interface Nearest {
  readonly folder: string;
  readonly patterns: readonly PathPattern[];
  /** Its rules as they were found: one object each, however many files they cover. */
  readonly covering: Map<CreationRule, FoundRule>;
}

function ruleIn({ patterns, folder, covering }: Nearest, path: string): FoundRule | null {
  const inside = folder === '' ? path : path.slice(folder.length);
  const rule = patterns.find((pattern) => pattern.matches(inside))?.rule;
  if (rule === undefined) return null;
  const configPath = `${folder}${configName}`;
  const found = covering.get(rule) ?? { rule: { ...rule, file: configPath }, configPath };
  covering.set(rule, found);
  return found;
}

/** Neighbours in one folder, which most of very many paths are. */
interface Run {
  /** Empty for the top, else with `/` at its end. */
  readonly folder: string;
  readonly start: number;
  end: number;
}

function runsOf(paths: readonly string[]): Run[] {
  const runs: Run[] = [];
  let run: Run | null = null;
  for (let i = 0; i < paths.length; i++) {
    const path = paths[i] as string;
    if (run === null || !path.startsWith(run.folder) || path.indexOf('/', run.folder.length) >= 0) {
      run = { folder: path.slice(0, path.lastIndexOf('/') + 1), start: i, end: i };
      runs.push(run);
    }
    run.end = i + 1;
  }
  return runs;
}

/** Whether any rule may cover a file of a folder, by how a path must begin. */
function mayCover({ patterns, folder: top }: Nearest, folder: string): boolean {
  const inside = folder.slice(top.length);
  return patterns.some(({ prefix }) => inside.startsWith(prefix) || prefix.startsWith(inside));
}

/** Those around a path, from the nearest to the top, which is empty; the others have a `/` at their end. */
export function foldersOf(path: string): string[] {
  const folders: string[] = [];
  for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1))
    folders.push(path.slice(0, end + 1));
  return [...folders, ''];
}

/** Where rules and attributes stand, in any case: some file systems make no difference. */
export function isProtection(path: string): boolean {
  return /(?:^|\/)\.(?:sops\.yaml|gitattributes)$/i.test(path);
}

/**
 * What Git, sops and git-sops must read themselves is never encrypted, whatever a catch-all rule says; nor are requests to join,
 * which hold a public key (`readRequest` says whether they do).
 */
export function isNeverCovered(path: string): boolean {
  return (
    isRequestPath(path) ||
    /(?:^|\/)(?:\.sops\.yaml|\.git-sops\.yaml|\.gitattributes|\.gitignore|\.gitmodules)$/i.test(path)
  );
}
