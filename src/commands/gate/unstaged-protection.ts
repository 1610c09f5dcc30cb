import type { Finding } from '../../document/finding.ts';
import { createRuleFinder, isRulesPath } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { shellPath } from '../../quote.ts';
import { filteredInWorktree } from '../repository/filtered.ts';
import { unstagedSetUp } from '../repository/unstaged-set-up.ts';
import { worktreeReader } from '../repository/worktree-reader.ts';
import type { Snapshot } from './snapshot.ts';
import { plaintextByUnstagedRules } from './unstaged-rules.ts';

/**
 * Of what the index holds: a file that rules and attributes of the working tree protect, and those of the index do not, is
 * encrypted here and would be plaintext in every other clone. That is another finding than a rule that nobody wrote. What is
 * not encrypted here either is a leak.
 * @param found in this snapshot, the index's or that of what is staged
 * @param top of the working tree
 * @param unstagedRules the `.sops.yaml` that Git does not have as they are here
 */
export async function withUnstagedProtection(
  found: readonly Finding[],
  snapshot: Snapshot,
  top: string,
  blobs: BlobReader,
  unstagedRules: ReadonlySet<GitPath>,
): Promise<Finding[]> {
  const plain = await plaintextByUnstagedRules(snapshot, found, top, blobs, unstagedRules);
  // By the rules that it has here it is just plaintext, and one finding is enough.
  const isPlain = new Set(plain.map(({ path }) => path));
  const rest = found.filter(({ kind, path }) => kind !== 'plaintext-without-rule' || !isPlain.has(path));
  const findings = [...rest, ...plain];
  const bare = findings.filter(({ kind }) => kind === 'no-rule' || kind === 'missing-attribute');
  if (bare.length === 0) return findings;
  const { unknown, changed } = await unstagedSetUp(top, blobs);
  const unstaged = [...unknown, ...changed];
  if (unstaged.length === 0) return findings;
  const protectedHere = await protectedBy(unstaged, new Set(bare.map(({ path }) => path)), top, blobs);
  // `git commit FILE` leaves out what is staged besides.
  const mend = `git add ${unstaged.map(shellPath).join(' ')}, and commit ${unstaged.length === 1 ? 'it' : 'them'} with the file`;
  return findings.map((finding) => {
    const { kind, path, oid } = finding;
    if (!bare.includes(finding) || !protectedHere[kind === 'no-rule' ? 'rule' : 'attribute'].has(path)) return finding;
    return { kind: 'unstaged-protection', path, oid, detail: unstaged.join(', '), mend };
  });
}

/** @param unstaged other rules and attributes are the user's own on purpose */
async function protectedBy(unstaged: readonly GitPath[], paths: ReadonlySet<GitPath>, top: string, blobs: BlobReader) {
  const attributes = unstaged.some((path) => !isRulesPath(path));
  const attribute = attributes ? await filteredInWorktree([...paths]) : new Set<GitPath>();
  const rules = createRuleFinder(worktreeReader(top, blobs));
  const rule = new Set<GitPath>();
  for (const path of paths) {
    try {
      const found = await rules.find(path);
      if (found !== null && unstaged.includes(found.configPath)) rule.add(path);
    } catch (error) {
      // Rules that somebody is just writing are no reason to judge what is staged by them.
      if (!(error instanceof GitSopsError)) throw error;
    }
  }
  return { rule, attribute };
}
