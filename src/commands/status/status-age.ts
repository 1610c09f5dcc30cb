import { BlobReader } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { headCommit } from '../../git/revision.ts';
import { escapeText, quotePath } from '../../quote.ts';
import { parseAge, showAge } from '../history/age.ts';
import { committedFiles, warnIfShallow } from '../history/committed-files.ts';
import { type LastChange, lastChanges } from '../history/last-changes.ts';
import type { Io } from '../io.ts';
import { commitFacts, shownKey } from '../log.ts';
import { alignColumns } from '../terminal/table.ts';

export interface AgeOptions {
  readonly under: readonly GitPath[];
  /** As typed; null for all values. */
  readonly olderThan: string | null;
  readonly json: boolean;
}

/** The encrypted values of the last commit, oldest first: what to rotate next. A value that was re-encrypted is older than it looks. */
export async function statusAge({ under, olderThan, json }: AgeOptions, io: Io): Promise<number> {
  const least = olderThan === null ? 0 : parseAge(olderThan);
  const now = io.now();
  const blobs = new BlobReader({ lazyFetch: true });
  try {
    await warnIfShallow(io);
    const head = await headCommit();
    const files = head === null ? [] : await committedFiles(head, under, io, blobs);
    const found = head === null ? [] : await lastChanges(head, files, blobs);
    const old = found
      .filter(({ commit }) => now.getTime() - Date.parse(commit.date) >= least)
      .sort((a, b) => Date.parse(a.commit.date) - Date.parse(b.commit.date) || (a.path < b.path ? -1 : 1));
    io.stdout.write(json ? asJson(old, olderThan) : asTable(old, olderThan, now));
    return 0;
  } finally {
    await blobs.close();
  }
}

function asJson(found: readonly LastChange[], olderThan: string | null): string {
  const values = found.map(({ path, keyPath, document, commit, reencrypted }) => ({
    path,
    keyPath,
    document,
    ...commitFacts(commit),
    reencrypted,
  }));
  return `${JSON.stringify({ version: 1, olderThan, values }, null, 2)}\n`;
}

function asTable(found: readonly LastChange[], olderThan: string | null, now: Date): string {
  if (found.length === 0)
    return olderThan === null ? 'No encrypted value is committed.\n' : `No value is older than ${olderThan}.\n`;
  return alignColumns([
    ['AGE', 'SINCE', 'FILE', 'VALUE', 'COMMIT', 'AUTHOR', ''],
    ...found.map(({ path, keyPath, document, commit, reencrypted }) => [
      showAge(commit.date, now),
      commit.date.slice(0, 10),
      quotePath(path),
      shownKey(keyPath, document),
      commit.oid.slice(0, 10),
      escapeText(commit.author.name),
      reencrypted ? 're-encrypted, may be older' : '',
    ]),
  ]);
}
