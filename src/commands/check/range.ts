import type { BlobReader } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import type { Keyring } from '../../keys/keyring.ts';
import type { Verdict } from '../gate/gate.ts';
import { collectPush } from '../push/collect.ts';
import { Deadline } from '../push/deadline.ts';
import { judgeCommits } from '../push/judge-steps.ts';
import { isUnder } from '../repository/under.ts';

/**
 * Judges a range as a push of it would be: what each commit brings in, by the rules of that very commit and by those at the end. A
 * leak that a later commit of the range takes out again is in history all the same.
 */
export async function rangeVerdict(
  range: { readonly from: string; readonly to: string },
  paths: readonly GitPath[],
  blobs: BlobReader,
  keyring: Keyring,
): Promise<Verdict> {
  const deadline = new Deadline(null);
  const tip = { commit: range.to, allowList: null, agreed: null };
  const { files, steps } = await collectPush([tip], [`^${range.from}`], blobs, deadline);
  const named = files.filter(({ path }) => isUnder(path, paths));
  const verdict = await judgeCommits({ files: named, steps }, blobs, { keyring, deadline });
  const findings = verdict.findings.filter(({ path }) => isUnder(path, paths));
  return { files: verdict.files, findings };
}
