import { GitSopsError } from '../errors.ts';
import type { CreationRule } from './creation-rule.ts';
import { type CreationRules, matchRule, parseCreationRules } from './creation-rules.ts';

export const configName = '.sops.yaml';

export interface FoundRule {
  readonly rule: CreationRule;
  /** Of the `.sops.yaml`, inside the repository. */
  readonly configPath: string;
}

export interface RuleFinder {
  /** The rule that covers a path, by the nearest `.sops.yaml` from the file upwards; null where none does. */
  find(path: string): Promise<FoundRule | null>;
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
      return await parseCreationRules(source);
    } catch (error) {
      throw error instanceof GitSopsError ? error.with({ file }) : error;
    }
  };

  return {
    async find(path) {
      if (isNeverCovered(path)) return null;
      for (let end = path.lastIndexOf('/'); ; end = path.lastIndexOf('/', end - 1)) {
        const folder = path.slice(0, end + 1);
        const rules = await config(folder);
        if (rules !== null) {
          const rule = matchRule(rules, path.slice(folder.length));
          return rule === null ? null : { rule, configPath: `${folder}${configName}` };
        }
        if (end <= 0) return null;
      }
    },
  };
}

/** What Git and sops must read themselves is never encrypted, whatever a catch-all rule says. */
export function isNeverCovered(path: string): boolean {
  return /(?:^|\/)(?:\.sops\.yaml|\.gitattributes|\.gitignore|\.gitmodules)$/i.test(path);
}
