import { valueTokens } from '../../document/value-tokens.ts';
import { GitSopsError } from '../../errors.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import { listTree } from '../../git/index-entries.ts';
import type { GitPath } from '../../git/path.ts';
import { isShallow } from '../../git/revision.ts';
import type { Io } from '../io.ts';
import { coveredAmong } from '../repository/covered-files.ts';
import { isUnder } from '../repository/under.ts';
import type { CommittedFile } from './last-changes.ts';

/** The encrypted files of a commit: those that are covered now, and whatever was named by its very path. */
export async function committedFiles(
  head: string,
  under: readonly GitPath[],
  io: Io,
  blobs: BlobReader,
): Promise<CommittedFile[]> {
  const entries = (await listTree(head)).filter(({ path }) => isUnder(path, under));
  const covered = new Set((await coveredAmong(io, blobs, entries)).map(({ path }) => path));
  const files: CommittedFile[] = [];
  for (const { path, oid, kind } of entries) {
    if (kind !== 'file' || !(covered.has(path) || under.includes(path))) continue;
    const blob = (await blobs.read(oid))?.content ?? null;
    try {
      const values = blob === null ? [] : await valueTokens(path, blob);
      if (values.length > 0) files.push({ path, values });
    } catch (error) {
      if (!(error instanceof GitSopsError)) throw error;
      io.report(error.with({ file: path }));
    }
  }
  return files;
}

/** In a shallow clone history ends where it was cut, and what is older looks as if it were made there. */
export async function warnIfShallow(io: Io): Promise<void> {
  if (!(await isShallow())) return;
  io.stderr.write(
    'git-sops: this clone is shallow: what is older than its history shows with the oldest commit that is here\n',
  );
  io.stderr.write('  try: git fetch --unshallow\n');
}
