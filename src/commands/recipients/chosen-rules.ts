import { createRuleFinder } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { quotePath } from '../../quote.ts';
import { isUnder } from '../repository/under.ts';
import { worktreeReader } from '../repository/worktree-reader.ts';
import type { Secrets } from './covered-secrets.ts';
import type { RuleFile } from './rule-files.ts';

/** Rules by the path of their `.sops.yaml`. */
export type ChosenRules = ReadonlyMap<GitPath, ReadonlySet<number>>;

/**
 * The rules that cover these paths, or files below them; a path need not be there yet.
 * @throws GitSopsError `not-covered`
 */
export async function rulesFor(
  paths: readonly GitPath[],
  { encrypted }: Secrets,
  top: string,
  blobs: BlobReader,
): Promise<ChosenRules> {
  const finder = createRuleFinder(worktreeReader(top, blobs));
  const chosen = new Map<GitPath, Set<number>>();
  for (const path of paths) {
    const below = encrypted.filter((file) => isUnder(file.path, [path])).flatMap(({ rule }) => rule ?? []);
    const own = below.length > 0 ? null : await finder.find(path);
    const found = own === null ? below : [own];
    if (found.length === 0) throw new GitSopsError('not-covered', { file: path === '' ? '.' : path });
    for (const { configPath, rule } of found) {
      chosen.set(configPath, (chosen.get(configPath) ?? new Set()).add(rule.index));
    }
  }
  return chosen;
}

export function everyRule(files: readonly RuleFile[]): ChosenRules {
  return new Map(files.map(({ path, rules }) => [path, new Set(rules.map(({ index }) => index))]));
}

/** The one rule that there is. @throws GitSopsError `several-rules`: nobody gets more than what was meant */
export function onlyRule(files: readonly RuleFile[], given: string): ChosenRules {
  const all = files.flatMap(({ path, rules }) => rules.map((rule) => ({ path, rule })));
  if (all.length <= 1) return everyRule(files);
  const list = all.map(({ path, rule }) => `${quotePath(path)}:${rule.line}  ${rule.pathRegex ?? '(every path)'}`);
  throw new GitSopsError('several-rules', { list, other: given });
}
