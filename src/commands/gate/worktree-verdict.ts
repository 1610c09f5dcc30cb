import type { Finding } from '../../document/finding.ts';
import { mayBeEncrypted } from '../../document/sops-file.ts';
import { GitSopsError } from '../../errors.ts';
import { type BlobReader, indexObject, treeObject } from '../../git/blob-reader.ts';
import { listIndex } from '../../git/index-entries.ts';
import { listedReader } from '../../git/listed-reader.ts';
import { type GitPath, splitPaths } from '../../git/path.ts';
import { runGit } from '../../git/run.ts';
import { readWorkFile } from '../../git/work-file.ts';
import type { Keyring } from '../../keys/keyring.ts';
import { shellPath } from '../../quote.ts';
import type { Io } from '../io.ts';
import { filteredInWorktree } from '../repository/filtered.ts';
import { isUnder } from '../repository/under.ts';
import { worktreeReader } from '../repository/worktree-reader.ts';
import { filtersHere, lockedHere } from '../set-up/set-up.ts';
import { candidatesOf } from './candidates.ts';
import { judgeSnapshot, type Verdict } from './gate.ts';
import { earlierIn } from './snapshots.ts';
import { searching } from './suspects.ts';

/**
 * Plaintext is at home in a working tree, as long as `git add` would encrypt it: what is judged is the rest. In a locked
 * one it is not.
 */
export async function worktreeVerdict(
  paths: readonly GitPath[],
  blobs: BlobReader,
  keyring: Keyring,
  io: Io,
): Promise<Verdict> {
  const args = ['ls-files', '-z', '--cached', '--others', '--exclude-standard', '--deduplicate'];
  const listed = splitPaths((await runGit(args)).stdout).filter((path) => isUnder(path, paths));
  const filtered = await filteredInWorktree(listed);
  const verdict = await judgeSnapshot(
    {
      candidates: candidatesOf(listed.map((path) => ({ path, mode: '100644', oid: '' }))),
      whole: paths.length === 0,
      unmerged: [],
      read: listedReader(worktreeReader(io.cwd, blobs), async () =>
        (await listIndex()).filter(({ stage }) => stage === 0),
      ),
      content: async ({ path }) => regularFile(io.cwd, path),
      filtered: async () => filtered,
      suspects: searching('worktree', blobs),
      earlier: earlierIn(blobs, 'HEAD'),
    },
    keyring,
  );
  const findings = await withoutEncrypted(verdict.findings, filtered, blobs);
  if (await lockedHere()) {
    for (const path of filtered) {
      const content = regularFile(io.cwd, path);
      if (content === null || content.length === 0 || mayBeEncrypted(content)) continue;
      findings.push({ kind: 'plaintext-left', path, mend: `git sops lock -- ${shellPath(path)}` });
    }
  }
  return { files: verdict.files, findings };
}

/** Without plaintext that `git add` would encrypt: by its rule, or as the file that it is in Git. */
async function withoutEncrypted(
  findings: readonly Finding[],
  filtered: ReadonlySet<GitPath>,
  blobs: BlobReader,
): Promise<Finding[]> {
  const isPlain = ({ kind, path }: Finding) =>
    filtered.has(path) && (kind === 'plaintext-file' || kind === 'plaintext-without-rule');
  if (!findings.some(isPlain)) return [...findings];
  const filters = await filtersHere();
  const left: Finding[] = [];
  for (const finding of findings) {
    if (!isPlain(finding)) left.push(finding);
    else if (!filters) {
      const detail = 'the filter is not set up in this clone, so that git add would store the file as it is';
      left.push({ ...finding, detail, mend: 'git sops init' });
    } else if (finding.kind !== 'plaintext-file' && !(await isEncryptedInGit(finding.path, blobs))) left.push(finding);
  }
  return left;
}

async function isEncryptedInGit(path: GitPath, blobs: BlobReader): Promise<boolean> {
  for (const name of [indexObject(path), indexObject(path, 2), treeObject('HEAD', path)]) {
    const blob = await blobs.read(name);
    if (blob !== null && mayBeEncrypted(blob.content)) return true;
  }
  return false;
}

/** Of a link Git stores where it leads to, and no filter sees that. */
export function regularFile(top: string, path: GitPath): Uint8Array | null {
  try {
    return readWorkFile(top, path)?.content ?? null;
  } catch (error) {
    if (error instanceof GitSopsError && error.code.startsWith('file-')) return null;
    throw error;
  }
}
