import type { Finding } from '../../document/finding.ts';
import { createRuleFinder, type RuleFinder } from '../../document/rule-finder.ts';
import { GitSopsError } from '../../errors.ts';
import { type BlobReader, treeObject } from '../../git/blob-reader.ts';
import type { FileState } from '../../git/file-states.ts';
import { noLongerEncrypted } from '../gate/no-longer-encrypted.ts';
import type { Collected, Step } from './collect.ts';
import { type JudgeOptions, judgeFiles, type PushedVerdict } from './judge-files.ts';

/** Judges the files that a push brings, and then what each of its commits takes out of encryption. */
export async function judgeCommits(
  { files, steps }: Pick<Collected, 'files' | 'steps'>,
  blobs: BlobReader,
  options: JudgeOptions,
): Promise<PushedVerdict> {
  // Most of what a commit changes another one brought: it was read already.
  const maySeal = new Map<string, boolean>();
  const verdict = await judgeFiles(files, blobs, { ...options, read: (oid, may) => maySeal.set(oid, may) });
  const rulesOf = rulesByState(blobs);
  const told = new Set(verdict.findings.map(({ path, oid }) => `${oid} ${path}`));
  for (const step of steps) {
    options.deadline.check();
    const rules = rulesOf(step.state);
    const found = await noLongerEncrypted(step.changes, blobs, {
      // Rules that cannot be read cover nothing, and were told of.
      isCovered: async (path) => (await rules.find(path).catch(quietly)) !== null,
      keyring: options.keyring,
      maySeal: (oid) => maySeal.get(oid) ?? null,
    });
    for (const finding of found) {
      const { path, oid } = finding;
      // What the rules at the end of the push cover was told of as theirs.
      if (told.has(`${oid} ${path}`) || (await isKnown(finding, step, blobs))) continue;
      told.add(`${oid} ${path}`);
      verdict.findings.push({ ...finding, foundIn: step.foundIn });
    }
  }
  return verdict;
}

function quietly(error: unknown): null {
  if (error instanceof GitSopsError) return null;
  throw error;
}

function rulesByState(blobs: BlobReader): (state: FileState) => RuleFinder {
  const known = new Map<FileState, RuleFinder>();
  return (state) => {
    const rules =
      known.get(state) ??
      createRuleFinder(async (path) => {
        const oid = state.get(path);
        return oid === undefined ? null : ((await blobs.read(oid))?.content ?? null);
      });
    known.set(state, rules);
    return rules;
  };
}

/** Whether a merge brings in what another parent has, and the other side with it. */
async function isKnown({ path, oid }: Finding, { known }: Step, blobs: BlobReader): Promise<boolean> {
  for (const parent of known) if ((await blobs.stat(treeObject(parent, path)))?.oid === oid) return true;
  return false;
}
