import type { RuleFinder } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import { filterAttributes } from '../../git/attributes.ts';
import { attributeLine, literalPattern } from '../../git/attributes-file.ts';
import type { GitPath } from '../../git/path.ts';
import { isUnder } from '../repository/under.ts';
import type { OldSetup } from './old-setup.ts';

/** What is migrated, and what stays with the other tool. */
export interface Parted {
  readonly setup: OldSetup;
  readonly left: readonly GitPath[];
  /** Lines of the top's `.gitattributes` by which the other tool goes on to encrypt what is left to it: else it would be plaintext. */
  readonly lines: readonly string[];
}

/**
 * Leaves files, and all of a folder, to the other tool.
 * @throws GitSopsError `wrong-use` for a path that the tool does not encrypt, and where its filter's name is ours from now on
 */
export async function partedBy(skip: readonly GitPath[], setup: OldSetup): Promise<Parted> {
  if (skip.length === 0) return { setup, left: [], lines: [] };
  const left = setup.files.filter(({ path }) => isUnder(path, skip)).map(({ path }) => path);
  const idle = skip.find((path) => !left.some((file) => isUnder(file, [path])));
  if (idle !== undefined) {
    throw new GitSopsError('wrong-use', {
      detail: `--skip ${idle} names no file of it`,
      other: 'git sops migrate --dry-run',
    });
  }
  if (setup.filters.includes('sops')) {
    const detail = 'the filter is called "sops", as ours is, so that no file can be left to it';
    throw new GitSopsError('wrong-use', {
      detail,
      other: 'give it another name in .gitattributes and git config, and commit',
    });
  }
  const files = setup.files.filter(({ path }) => !left.includes(path));
  if (files.length === 0) throw new GitSopsError('nothing-to-migrate', { detail: 'what --skip leaves out aside, it' });
  const old = await filterAttributes(left);
  const lines = left.flatMap((path) => {
    const of = old.get(path);
    if (of === undefined || !setup.filters.includes(of.filter)) return [];
    const said = (['filter', 'diff', 'merge'] as const).map((name) => {
      const value = of[name];
      if (value === 'unspecified') return `!${name}`;
      if (value === 'unset') return `-${name}`;
      return value === 'set' ? name : `${name}=${value}`;
    });
    return [attributeLine(literalPattern(path), said)];
  });
  // git-secret's own folder is needed for as long as it hides a file.
  return { setup: { ...setup, files, leftovers: [] }, left, lines };
}

/** A rule that covers a file would have the hook refuse it for as long as the other tool encrypts it. */
export async function refuseCoveredLeft(left: readonly GitPath[], rules: RuleFinder): Promise<void> {
  for (const path of left) {
    const found = await rules.find(path);
    if (found === null) continue;
    const detail = `${path} cannot be left out: the rule at ${found.configPath}:${found.rule.line} covers it`;
    throw new GitSopsError('wrong-use', { detail, other: `narrow its path_regex and commit that, then again` });
  }
}
