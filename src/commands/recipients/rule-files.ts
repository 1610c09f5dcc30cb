import type { CreationRule } from '../../document/creation-rule.ts';
import { parseCreationRules } from '../../document/creation-rules.ts';
import { recipientName } from '../../document/recipient-names.ts';
import { configName, isRulesPath } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import { listPaths } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { worktreeReader } from '../repository/worktree-reader.ts';

/** A `.sops.yaml` of the working tree that has rules. */
export interface RuleFile {
  readonly path: GitPath;
  readonly source: Uint8Array;
  readonly rules: readonly CreationRule[];
}

/** Every `.sops.yaml` of the repository, the one at the top first. @throws GitSopsError what is wrong with one */
export async function ruleFiles(top: string, blobs: BlobReader): Promise<RuleFile[]> {
  const read = worktreeReader(top, blobs);
  const paths = (await listPaths({ untracked: true })).filter(isRulesPath);
  const found: RuleFile[] = [];
  for (const path of new Set([configName, ...paths])) {
    const source = await read(path);
    if (source === null) continue;
    try {
      const { rules } = await parseCreationRules(source);
      if (rules !== null) found.push({ path, source, rules });
    } catch (error) {
      throw error instanceof GitSopsError ? error.with({ file: path }) : error;
    }
  }
  return found;
}

/** What the rules' comments call a recipient; null where they do not. */
export function nameIn(files: readonly Pick<RuleFile, 'source'>[], recipient: string): string | null {
  for (const { source } of files) {
    const name = recipientName(source, recipient);
    if (name !== null) return name;
  }
  return null;
}
