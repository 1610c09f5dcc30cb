import { mayBeEncrypted } from '../../document/sops-file.ts';
import type { BlobReader } from '../../git/blob-reader.ts';
import type { GitPath } from '../../git/path.ts';
import { rawLog } from '../../git/raw-log.ts';
import { headCommit } from '../../git/revision.ts';
import { runGit } from '../../git/run.ts';
import { isOldCiphertext, type OldSetup } from './old-setup.ts';

/** What all that is reachable still holds of the files, whatever is done now. */
export interface OldHistory {
  /** Versions that the other tool encrypted. */
  readonly ciphertexts: number;
  /** Versions in the clear, the first commit of each. */
  readonly leaks: readonly { readonly path: GitPath; readonly commit: string; readonly date: string }[];
  /** Refs in which Git keeps plaintext for `diff` drivers that ask for it (`cachetextconv`). */
  readonly caches: readonly string[];
}

export async function oldHistory(setup: OldSetup, blobs: BlobReader): Promise<OldHistory> {
  const stored = new Map(setup.files.flatMap(({ path, stored }) => [[path, path] as const, [stored, path] as const]));
  const head = await headCommit();
  const seen = new Set<string>();
  const leaks: OldHistory['leaks'][number][] = [];
  let ciphertexts = 0;
  if (head !== null) {
    for await (const { commit, authorDate, changes } of rawLog(['--all', head])) {
      for (const { path, after } of changes) {
        const own = stored.get(path);
        if (own === undefined || after?.kind !== 'file' || seen.has(`${after.oid} ${own}`)) continue;
        seen.add(`${after.oid} ${own}`);
        const content = (await blobs.read(after.oid))?.content;
        if (content === undefined || content.length === 0) continue;
        if (isOldCiphertext(setup.tool, content)) ciphertexts++;
        else if (!mayBeEncrypted(content)) leaks.push({ path, commit, date: authorDate });
      }
    }
  }
  return { ciphertexts, leaks, caches: await textCaches(setup.filters) };
}

async function textCaches(filters: readonly string[]): Promise<string[]> {
  const { stdout } = await runGit(['for-each-ref', '--format=%(refname)', 'refs/notes/textconv/']);
  return stdout
    .toString()
    .split('\n')
    .filter((ref) => filters.includes(ref.replace('refs/notes/textconv/', '')));
}
