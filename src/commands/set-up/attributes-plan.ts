import { parseCreationRules } from '../../document/creation-rules.ts';
import { attributePatterns } from '../../document/path-patterns.ts';
import { configName, createRuleFinder } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import { attributeLine, literalPattern } from '../../git/attributes-file.ts';
import { listPaths } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';

/** `-text`: the filter alone owns the bytes. */
const ours = ['filter=sops', 'diff=sops', 'merge=sops', '-text'];

/**
 * The lines that `.gitattributes` needs: patterns where a rule's `path_regex` can be said so exactly, else one line for each
 * file that the rule covers today (`check` finds the later ones).
 * @param read a file of the repository
 * @param attributes default: those that make a file one of ours
 */
export async function attributeLines(
  read: (path: GitPath) => Promise<Uint8Array | null>,
  attributes: readonly string[] = ours,
): Promise<string[]> {
  const files = await listPaths({ untracked: true });
  const patterns = new Set<string>();
  let listFiles = false;
  const configs = new Set([configName, ...files.filter((path) => path.endsWith(`/${configName}`))]);
  for (const config of configs) {
    const source = await read(config);
    if (source === null) continue;
    const folder = config.slice(0, -configName.length);
    for (const { pathRegex } of (await rulesOf(source, config)) ?? []) {
      const exact = attributePatterns(pathRegex, folder);
      if (exact === null) listFiles = true;
      for (const pattern of exact ?? []) patterns.add(pattern);
    }
  }
  if (listFiles || configs.size > 1) {
    // A nearer `.sops.yaml` may take files away from a pattern of this one; asking file by file settles both.
    const rules = createRuleFinder(read);
    for (const path of files) if ((await rules.find(path)) !== null) patterns.add(literalPattern(path));
  }
  return [...patterns].map((pattern) => attributeLine(pattern, attributes));
}

async function rulesOf(source: Uint8Array, file: GitPath) {
  try {
    return (await parseCreationRules(source, { bare: true })).rules;
  } catch (error) {
    throw error instanceof GitSopsError ? error.with({ file }) : error;
  }
}
