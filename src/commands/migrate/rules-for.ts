import { posix } from 'node:path';
import { configName, createRuleFinder } from '../../document/rule-finder.ts';
import type { GitPath } from '../../git/path.ts';
import { globToRegex } from '../set-up/glob-to-regex.ts';
import { rulesText } from '../set-up/new-rules.ts';
import { filterGlobs } from './old-attributes.ts';
import type { OldSetup } from './old-setup.ts';

/** What the new rules say of who decrypts, beside the paths. */
export interface RuleBody {
  readonly recipients: readonly string[];
  /** A selector's line, such as `encrypted_regex: ^data$`; null for all values. */
  readonly selector: string | null;
}

/**
 * A `.sops.yaml` that covers what the other tool covers and nothing else: by the tool's own patterns where they say exactly that, so that
 * later files are covered too, else file by file.
 * @param attributes each `.gitattributes`, by its path
 */
export async function rulesFor(
  setup: OldSetup,
  body: RuleBody,
  attributes: ReadonlyMap<GitPath, string>,
  all: readonly GitPath[],
): Promise<string> {
  const wanted = new Set(setup.files.map(({ path }) => path));
  const globs = globsOf(setup, attributes);
  if (globs !== null && globs.length > 0) {
    const text = await rulesText(body.recipients, await Promise.all(globs.map(regexOf)), body);
    if (await coversExactly(text, wanted, all)) return text;
  }
  const names = [...wanted].sort().map((path) => path.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&'));
  return rulesText(body.recipients, [`^(${names.join('|')})$`], body);
}

/** Without its slash in front a name alone would match in every folder. */
async function regexOf(glob: string): Promise<string> {
  const regex = await globToRegex(glob.replace(/^\//, ''));
  return glob.startsWith('/') ? regex.replace(/^\(\^\|\/\)/, '^') : regex;
}

function globsOf({ filters }: OldSetup, attributes: ReadonlyMap<GitPath, string>): string[] | null {
  const globs: string[] = [];
  for (const [path, file] of attributes) {
    const folder = posix.dirname(path);
    for (const glob of filterGlobs(file, filters)) {
      if (glob === null) return null;
      // A slash in front or in the middle ties a pattern to the folder of its file.
      const inside = glob.replace(/^\//, '');
      if (folder === '.') globs.push(glob);
      else globs.push(`${folder}/${glob.includes('/') ? '' : '**/'}${inside}`);
    }
  }
  return globs;
}

async function coversExactly(rules: string, wanted: ReadonlySet<GitPath>, all: readonly GitPath[]): Promise<boolean> {
  const finder = createRuleFinder(async (path) => (path === configName ? Buffer.from(rules) : null));
  for (const path of new Set([...all, ...wanted])) {
    if (((await finder.find(path)) !== null) !== wanted.has(path)) return false;
  }
  return true;
}
