import { nodeBackend } from '../../crypto/node-backend.ts';
import type { Finding } from '../../document/finding.ts';
import { judge } from '../../document/judge.ts';
import {
  configName,
  createRuleFinder,
  type FoundRule,
  foldersOf,
  isNeverCovered,
  type RuleFinder,
} from '../../document/rule-finder.ts';
import { mayBeEncrypted } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { isMissing, readWorkFile } from '../../git/work-file.ts';
import { shellPath } from '../../quote.ts';
import { filteredInWorktree } from '../repository/filtered.ts';
import { toLf } from '../repository/line-ends.ts';
import { worktreeReader } from '../repository/worktree-reader.ts';
import { isJudged, isLink } from './candidates.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * Plaintext that the index holds while rules of the working tree, which are not staged, would have it encrypted: it was added before
 * there were any, and by the rules of the index alone it would be committed as clean.
 * @param top of the working tree
 * @param unstaged the rules that are not staged
 */
export async function plaintextByUnstagedRules(
  snapshot: Snapshot,
  findings: readonly Finding[],
  top: string,
  blobs: BlobReader,
  unstaged: ReadonlySet<GitPath>,
): Promise<Finding[]> {
  if (unstaged.size === 0) return [];
  const rules = createRuleFinder(worktreeReader(top, blobs));
  const told = new Set(findings.map(({ kind, path }) => `${kind} ${path}`));
  const found: Finding[] = [];
  for (const candidate of snapshot.candidates.all()) {
    const { path, oid } = candidate;
    if (!isJudged(candidate) || isNeverCovered(path)) continue;
    const rule = await ruleFor(path, rules);
    if (rule === null || !unstaged.has(rule.configPath)) continue;
    const content = (await blobs.read(oid))?.content ?? null;
    if (content === null) throw new GitSopsError('git-object-missing', { file: path, detail: oid });
    const judged = { path, content, link: isLink(candidate), rule: rule.rule, keyring: null, backend: nodeBackend };
    for (const finding of await judge(judged)) {
      const { kind } = finding;
      const isPlain = kind === 'plaintext-file' || (kind === 'unreadable-file' && !mayBeEncrypted(content));
      if (isPlain && !told.has(`${kind} ${path}`)) found.push(ofUnstaged(finding, rule.configPath, oid));
    }
  }
  const plain = found.filter(({ kind }) => kind === 'plaintext-file').map(({ path }) => path);
  const filtered = await filteredInWorktree(plain);
  return found.map((finding) =>
    plain.includes(finding.path) && !filtered.has(finding.path)
      ? { ...finding, mend: `git sops init; ${finding.mend}` }
      : finding,
  );
}

function ofUnstaged(finding: Finding, configPath: GitPath, oid: string): Finding {
  const why = `by the rules of ${shellPath(configPath)} as it is here and not staged`;
  return { ...finding, oid, detail: finding.detail === undefined ? why : `${finding.detail} (${why})` };
}

/** The `.sops.yaml` around these files that Git does not have as they are here. */
export async function unstagedRules({ candidates, read }: Snapshot, top: string): Promise<ReadonlySet<GitPath>> {
  const folders = new Set([...candidates.folders()].flatMap(foldersOf));
  const unstaged = new Set<GitPath>();
  for (const folder of folders) {
    const path = `${folder}${configName}`;
    const here = isMissing(top, path) ? null : (readWorkFile(top, path)?.content ?? null);
    if (here === null) continue;
    const staged = await read(path);
    if (staged === null || Buffer.compare(toLf(here), toLf(staged)) !== 0) unstaged.add(path);
  }
  return unstaged;
}

/** Rules that somebody is just writing are no reason to judge what is staged by them. */
async function ruleFor(path: GitPath, rules: RuleFinder): Promise<FoundRule | null> {
  try {
    return await rules.find(path);
  } catch (error) {
    if (error instanceof GitSopsError) return null;
    throw error;
  }
}
