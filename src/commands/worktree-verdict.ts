import type { BlobReader } from '../git/blob-reader.ts';
import { type GitPath, splitPaths } from '../git/path.ts';
import { runGit } from '../git/run.ts';
import { readWorkFile } from '../git/work-file.ts';
import type { Keyring } from '../keys/keyring.ts';
import { judgeSnapshot, type Verdict } from './gate.ts';
import type { Io } from './io.ts';
import { filteredInWorktree } from './snapshots.ts';
import { isUnder } from './under.ts';
import { worktreeReader } from './worktree-reader.ts';

/** Plaintext is at home in a working tree, as long as `git add` would encrypt it: what is judged is the rest. */
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
      candidates: listed.map((path) => ({ path, mode: '100644', oid: '' })),
      unmerged: [],
      read: worktreeReader(io.cwd, blobs),
      content: async ({ path }) => readWorkFile(io.cwd, path)?.content ?? null,
      filtered: async () => filtered,
    },
    keyring,
  );
  const findings = verdict.findings.filter(({ kind, path }) => kind !== 'plaintext-file' || !filtered.has(path));
  return { files: verdict.files, findings };
}
